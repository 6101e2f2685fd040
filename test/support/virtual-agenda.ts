interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** What happens by itself, in the order of virtual time; things of one moment come in the order in which they were planned. */
export class VirtualAgenda {
  nowMs = 0;
  /** Called after each thing that happened. */
  afterEach: () => void = () => {};
  private readonly entries: Entry[] = [];
  private count = 0;

  after(ms: number, run: () => void): void {
    const entry = { atMs: this.nowMs + Math.max(0, ms), order: this.count++, run };
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle]?.atMs ?? 0) <= entry.atMs) low = middle + 1;
      else high = middle;
    }
    this.entries.splice(low, 0, entry);
  }

  /** Lets everything happen that is due by then. */
  runUntil(ms: number): void {
    for (;;) {
      const [next] = this.entries;
      if (next === undefined || next.atMs > ms) break;
      this.entries.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
      this.afterEach();
    }
    this.nowMs = Math.max(this.nowMs, ms);
  }
}
