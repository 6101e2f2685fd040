/** Ten rollouts of a service behind an alias, under constant requests: no request fails for clients that retry once. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject } from "vitest";
import { expectTidy } from "../support/checks.ts";
import { type LoadReport, startNetworkLoad } from "../support/load-probe.ts";
import { type System, test } from "../support/scenario.ts";
import { compose, unit } from "../support/texts.ts";
import { closeSocket, runImage } from "./run-image.ts";

const rollouts = 10;
const clients = 8;
const firstBuild = 58;

/** The server is a file of the repository, mounted into an image that has only Node. */
async function writeServer({ p, write }: System, build: number, delayMs: number): Promise<void> {
  await write({
    [`units/${p}front.compose.yaml`]: compose({ networks: { front: { name: `${p}front` } } }),
    "units/server.ts": await readFile(join(import.meta.dirname, "load-server.ts"), "utf8"),
    [`units/${p}web.service`]: unit(
      [
        `--network ${p}front --network-alias web -e DELAY_MS=${delayMs}`,
        "-v ./server.ts:/srv/server.ts:ro",
        "--health-cmd 'test -e /tmp/ready' --health-interval 200ms --health-retries 50",
        `${p}server:${build}-develop node /srv/server.ts`,
      ].join(" "),
      { service: ["Restart=always", "TimeoutStopSec=5"] },
    ),
  });
}

async function makeBuilds({ engine, p }: System): Promise<void> {
  for (let build = firstBuild; build <= firstBuild + rollouts; build += 1) {
    const changes = [`ENV BUILD=${build}-develop`, "ENTRYPOINT []"];
    await engine.deriveImage(inject("project").base, `${p}server`, `${build}-develop`, changes);
  }
}

async function removeBuilds({ engine, p }: System): Promise<void> {
  for (let build = firstBuild; build <= firstBuild + rollouts; build += 1) {
    await engine.api.call("DELETE", `/images/${p}server:${build}-develop`, { query: { force: "1" } });
  }
}

function describeLoad({ total, raw, failed, longestGapMs }: LoadReport, delayMs: number): string {
  const counts = Object.entries(raw).map(([code, count]) => `${count} ${code}`);
  const first = counts.length === 0 ? "0" : counts.join(", ");
  return `${rollouts} rollouts, ${clients} clients, handler of ${delayMs} ms: ${total} requests, ${first} failed at first, ${failed} after one retry, longest gap ${Math.round(longestGapMs)} ms`;
}

test.for([0, 300])("ten rollouts must fail no request of a handler of %i ms", async (delayMs, { system }) => {
  const { step, p } = system;
  const { image, base } = inject("project");
  const apply = () =>
    runImage(system, image, ["apply"], { volumes: [`${system.repository.dir}:/config:ro`] });
  await closeSocket(system);
  await makeBuilds(system);
  await writeServer(system, firstBuild, delayMs);
  expect((await step("the service is applied", apply)).exitCode).toBe(0);
  const load = await step("clients ask its alias without a pause", () =>
    startNetworkLoad(system, `${p}front`, base, { url: "http://web/", clients }),
  );
  const exitCodes: number[] = [];
  for (let build = firstBuild + 1; build <= firstBuild + rollouts; build += 1) {
    await writeServer(system, build, delayMs);
    exitCodes.push((await step(`build ${build} is rolled out`, apply)).exitCode);
  }
  const seen = await load.stop();
  process.stderr.write(`e2e: ${describeLoad(seen, delayMs)}\n`);
  const containers = await system.containers();
  expect(containers.get("web")?.Config.Image).toBe(`${p}server:${firstBuild + rollouts}-develop`);
  expectTidy(containers);
  expect(exitCodes).toEqual(Array(rollouts).fill(0));
  expect({ failed: seen.failed, failures: seen.failures }).toEqual({ failed: 0, failures: [] });
  expect(Object.keys(seen.answers).sort()).toEqual(
    Array.from({ length: rollouts + 1 }, (_, index) => `${firstBuild + index}-develop`),
  );
  await system.engine.remove(`${p}web`);
  await removeBuilds(system);
});
