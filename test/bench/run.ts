/**
 * `npm run bench`: the bars of the design that exist by now, each measured against its peer in the same run on a private
 * Engine, and printed as passed or missed. It is no test: absolute times belong to the machine.
 */
import { measureColdStart } from "./cold-start.ts";
import { measureDaemon } from "./daemon.ts";
import { measureFromNothing, measureNoOp, measureOneTag } from "./hundred.ts";
import { openLab } from "./lab.ts";
import { measureParsing } from "./parse.ts";
import { measureRelease } from "./release.ts";
import { type Finding, formatFinding } from "./report.ts";
import { measureScale } from "./scale.ts";
import { measureSwarm } from "./swarm.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

await using lab = await openLab((line) => say(`lab: ${line}`));
say(`lab: Docker Engine ${lab.version}, Node ${process.version}`);
const findings: Finding[] = [];
const measurements = [
  () => measureScale(),
  () => measureParsing(),
  () => measureColdStart(lab),
  () => measureRelease(lab),
  () => measureDaemon(lab),
  () => measureSwarm(lab),
  async () => [await measureNoOp(lab)],
  async () => [await measureOneTag(lab)],
  async () => [await measureFromNothing(lab)],
];
for (const measure of measurements) {
  for (const finding of await measure()) {
    findings.push(finding);
    process.stdout.write(`${formatFinding(finding)}\n`);
  }
}
const missed = findings.filter(({ kept }) => kept === false).length;
process.stdout.write(`\n${findings.length - missed} bars passed, ${missed} missed\n`);
