/**
 * Makes every npm script work right after a clone, on any Node from 20 on: installs the dependencies when they are
 * missing or older than the lock file, then runs the given TypeScript file under Node 24. It stands on nothing but
 * Node itself.
 *
 * usage: node deploy/quickstart/bootstrap.mjs SCRIPT.ts [ARGUMENT…]
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const modules = join(root, "node_modules");
const lockFile = join(root, "package-lock.json");
const stampFile = join(modules, ".mysysconfig-lock");
const bundledNode = join(modules, ".bin", "node");

/** The oldest Node that runs TypeScript as it is. */
const NEEDED = [24, 12];

const [script, ...args] = process.argv.slice(2);
if (script === undefined) fail("usage: node deploy/quickstart/bootstrap.mjs SCRIPT.ts [ARGUMENT…]", 64);
const lockHash = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
if (!isInstalled()) await install();
process.exitCode = await run(findNode(), [join(root, script), ...args]);

function isInstalled() {
  if (!existsSync(modules)) return false;
  if (existsSync(stampFile)) return readFileSync(stampFile, "utf8") === lockHash;
  // Installed by hand: npm leaves its own copy of the lock, which is then newer than ours.
  const hidden = join(modules, ".package-lock.json");
  return existsSync(hidden) && statSync(hidden).mtimeMs >= statSync(lockFile).mtimeMs;
}

/**
 * The exact versions of the lock file, which stays as it is. Not "npm ci": that one refuses a lock file in which
 * optional packages of other platforms are missing, as behind a registry that does not carry them.
 */
async function install() {
  const started = performance.now();
  console.error("installing the dependencies");
  const npmArgs = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npmCli = process.env.npm_execpath;
  const viaNode = npmCli?.endsWith(".js") || npmCli?.endsWith(".cjs");
  const code = viaNode
    ? await run(process.execPath, [npmCli, ...npmArgs])
    : await run(process.platform === "win32" ? "npm.cmd" : "npm", npmArgs);
  if (code !== 0)
    fail(`npm could not install the dependencies (exit ${code}); is its registry reachable?`, code);
  writeFileSync(stampFile, lockHash);
  console.error(`dependencies installed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function findNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return process.execPath;
  if (existsSync(bundledNode)) return bundledNode;
  return fail(
    `Node ${NEEDED.join(".")} or newer is needed: this is ${process.versions.node}, and npm has none for this platform`,
    1,
  );
}

/** Runs a program in our place: same terminal, signals passed on, its exit code for ours. */
function run(file, argv) {
  const path = [join(modules, ".bin"), process.env.PATH].join(delimiter);
  const child = spawn(file, argv, { cwd: root, stdio: "inherit", env: { ...process.env, PATH: path } });
  // The terminal gives Ctrl-C to both of us; the child decides what it means.
  const keep = () => {};
  const pass = (signal) => child.kill(signal);
  process.on("SIGINT", keep).on("SIGTERM", pass).on("SIGHUP", pass);
  return new Promise((settle) => {
    child.on("error", (error) => fail(`cannot run "${file}": ${error.message}`, 1));
    child.on("exit", (code, signal) => {
      process.off("SIGINT", keep).off("SIGTERM", pass).off("SIGHUP", pass);
      settle(signal === null ? code : 128 + constants.signals[signal]);
    });
  });
}

function fail(message, code) {
  console.error(message);
  process.exit(code);
}
