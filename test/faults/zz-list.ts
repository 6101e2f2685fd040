import { everything, listCases } from "./campaign.ts";
import { programFromSource } from "./program.ts";
import { startSwarmLab } from "./swarm/lab.ts";
import { rollouts } from "./swarm/rollouts.ts";

await using lab = await startSwarmLab("newest", programFromSource, console.error);
for (const rollout of rollouts) {
  const t = performance.now();
  try {
    const cases = await listCases(lab, [rollout], everything);
    const calls = cases.filter(({ fault }) => fault === "500");
    console.log(
      rollout.name,
      cases.length,
      "cases",
      calls.length,
      "calls",
      calls.filter(({ call }) => !call.isPoll && !call.id.startsWith("GET")).length,
      "mutating",
      Math.round(performance.now() - t),
    );
    for (const { call } of calls) console.log("   ", call.id, call.isPoll ? "poll" : "");
  } catch (e) {
    console.log((e as Error).message);
  }
}
