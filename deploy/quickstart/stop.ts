/** `npm stop [-- --purge]`: ends the quick start's private Engine. An Engine that was only found is left alone. */
import { formatAddress } from "../lab/engine-api.ts";
import { findEngine } from "../lab/find-engine.ts";
import { privateDataDir, stopPrivateEngine } from "./host-engine.ts";
import { say } from "./progress.ts";
import { listOwned } from "./show-system.ts";

const args = process.argv.slice(2);
const unknown = args.find((argument) => argument !== "--purge");
if (unknown === undefined) {
  await stop(args.includes("--purge"));
} else {
  say(`unknown argument "${unknown}"; usage: npm stop [-- --purge]`);
  process.exitCode = 64;
}

async function stop(purge: boolean): Promise<void> {
  const started = performance.now();
  if (await stopPrivateEngine(purge)) {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(`the private Docker Engine and its containers are stopped (${seconds} s)`);
  } else {
    say("no private Docker Engine runs");
    await tellAboutFoundEngine();
  }
  const dataDir = privateDataDir();
  if (dataDir !== undefined) say(`its data is kept in ${dataDir}; "npm stop -- --purge" deletes it`);
}

async function tellAboutFoundEngine(): Promise<void> {
  const found = await findEngine(process.env, say);
  if (found === undefined) return;
  const owned = await listOwned(found.api);
  if (owned.length === 0) return;
  say(
    `${owned.length} workloads run on the Engine at ${formatAddress(found.api.address)}; it is left alone.`,
  );
  say("To remove them (their volumes stay):");
  say("  docker ps -aq --filter label=mysysconfig.project | xargs -r docker rm -f");
}
