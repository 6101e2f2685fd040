/**
 * How many times as much a run costs for a larger input as for a smaller one, in time that this thread computed: the
 * machine may be busy beside. The best of three counts, and the smaller one counts as 2 ms at least.
 */
export function costGrowth(run: (size: number) => void, from: number, to: number): number {
  const cost = (size: number) => {
    const before = process.threadCpuUsage();
    run(size);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  };
  const best = (size: number) => Math.min(cost(size), cost(size), cost(size));
  // The first time is spent on code that is not compiled yet.
  run(from);
  return best(to) / Math.max(best(from), 2);
}
