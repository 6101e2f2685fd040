/**
 * `npm start`: from a clone to a running system. Finds or starts a Docker Engine, bakes this repository into the
 * image `mysysconfig:develop`, and runs that image exactly as it would be run on a server.
 */
import { join } from "node:path";
import { runCommand } from "../lab/command.ts";
import { formatAddress } from "../lab/engine-api.ts";
import { ensureExampleImages } from "../lab/example-images.ts";
import { engineVersion } from "../lab/find-engine.ts";
import { repositoryRoot } from "../lab/paths.ts";
import { findOrStartEngine, type QuickstartEngine } from "./host-engine.ts";
import { heading, say, step } from "./progress.ts";
import { buildFromBestBase } from "./project-base.ts";
import { revisionArgs } from "./revision.ts";
import { equivalentCommand, runImage } from "./run-image.ts";
import { firstLineOf, formatSystem, listOwned, publishes } from "./show-system.ts";

const BRANCH = "develop";
const IMAGE = `mysysconfig:${BRANCH}`;
/** The example service with a fixed port. */
const SERVICE_PORT = 3000;
/** Exit code of `plan` when there is something to do. */
const CHANGES_PENDING = 2;

async function main(): Promise<number> {
  heading("Getting ready");
  const { engine } = await step("Docker Engine", async (report) => {
    const engine = await findOrStartEngine(process.env, report);
    const { version } = await engineVersion(engine.api);
    return { engine, detail: `${version}, ${engine.description}` };
  });
  await step("program", async () => {
    await runCommand(process.execPath, [join(repositoryRoot, "deploy/build/bundle.ts")], {
      cwd: repositoryRoot,
    });
    return { detail: "bundled into dist/mysysconfig.cjs" };
  });
  await step("image", async (report) => {
    const buildArgs = await revisionArgs(BRANCH);
    const { base } = await buildFromBestBase(engine.api, { reference: IMAGE, buildArgs }, report);
    return { detail: `${IMAGE}, on ${base}` };
  });
  await step("example images", async (report) => {
    const made = await ensureExampleImages(engine.api, report);
    const detail =
      made.length === 0 ? "all present" : `${made.length} made here, because no registry has them`;
    return { detail };
  });

  const plan = await runStep(engine, ["plan"]);
  if (plan.exitCode !== 0 && plan.exitCode !== CHANGES_PENDING) return plan.exitCode;
  const apply = await runStep(engine, []);
  const answers = await showSystem(engine);
  heading(`Verdict of the run (exit ${apply.exitCode})`);
  say(apply.verdict);
  if (apply.exitCode === 0) showWhatNext(engine);
  return answers ? apply.exitCode : apply.exitCode || 1;
}

async function runStep(engine: QuickstartEngine, args: readonly string[]) {
  heading(`$ ${equivalentCommand(engine.api, IMAGE, args)}`);
  return runImage(engine.api, IMAGE, args);
}

/** Answers false when the example service should be there and does not answer. */
async function showSystem({ api }: QuickstartEngine): Promise<boolean> {
  heading(`What runs on ${formatAddress(api.address)}`);
  const containers = await listOwned(api);
  say(formatSystem(containers));
  if (!publishes(containers, SERVICE_PORT)) return true;
  const host = api.address.kind === "unix" ? "127.0.0.1" : api.address.host;
  const url = `http://${host}:${SERVICE_PORT}/`;
  heading(`$ curl ${url}`);
  try {
    say(await firstLineOf(url));
    return true;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return false;
  }
}

function showWhatNext({ api, isPrivate }: QuickstartEngine): void {
  heading("What to try next");
  const address = formatAddress(api.address);
  if (isPrivate) say(`  export DOCKER_HOST=${address}    for the docker client and the commands below`);
  say("  npm start                                   again: there is nothing to do");
  say("  sed -i s/58-develop/59-develop/ units/myservice.service && npm start");
  say("                                              a new build: exactly one workload is replaced");
  say(`  npx node src/main.ts plan --environment ${BRANCH}`);
  say("                                              what a run would do, from the files as they are");
  say("  npx node src/main.ts --help");
  say(
    `  npm stop                                    ${isPrivate ? "ends the private Engine" : "tells how to remove the workloads"}`,
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  say(`\n${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof Error && error.cause !== undefined) say(String(error.cause));
  process.exitCode = 1;
}
