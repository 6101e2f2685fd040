/** How long the bundled command takes to do nearly nothing, against Node itself. */
import { unit } from "../support/texts.ts";
import type { BenchLab } from "./lab.ts";
import { interleave, peakMemory, run } from "./measure.ts";
import { type Finding, mb, ms, times } from "./report.ts";
import { settings } from "./settings.ts";

const rounds = 21;
const helpBar = 1.5;
const engineBar = 3;

export async function measureColdStart(lab: BenchLab): Promise<Finding[]> {
  const folder = await lab.writeRepository("cold", {
    "mysysconfig.yaml": settings("cold"),
    "units/web.service": unit("lab/idle:1"),
  });
  const node = { file: process.execPath, args: ["-e", "0"] };
  const help = lab.program("--help");
  const plan = lab.program("plan", "--config", folder);
  // Two runs fill the compile cache: one compiles, and both write.
  for (const command of [help, plan, help, plan]) await run(command, [0, 2]);
  const median = await interleave(rounds, {
    node: async () => (await run(node)).ms,
    help: async () => (await run(help)).ms,
    plan: async () => (await run(plan, [2])).ms,
  });
  const memory = {
    node: await peakMemory(node),
    help: await peakMemory(help),
    plan: await peakMemory(plan, [2]),
  };
  const finding = (command: "help" | "plan", bar: number, name: string): Finding => ({
    bar: `cold start of ${name}: at most ${bar} times node -e 0`,
    measured: `${times(median[command] / median.node)}: ${ms(median[command])} against ${ms(median.node)} (medians of ${rounds}); peak ${mb(memory[command])} against ${mb(memory.node)}`,
    kept: median[command] <= bar * median.node,
  });
  return [finding("help", helpBar, "--help"), finding("plan", engineBar, "plan, which asks the Engine")];
}
