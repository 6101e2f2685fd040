/** Debian packages: installs what is missing, and unpacks a package set of any suite into a folder. */
import { setTimeout as delay } from "node:timers/promises";
import { runCommand } from "./command.ts";

/** Told what is being done, one line at a time. */
export type Report = (line: string) => void;

const LOCK_DEADLINE_MS = 240_000;

let listsUpdated: Promise<void> | undefined;
let installing: Promise<void> = Promise.resolve();

/** Makes sure that the packages are installed; says what it installs; throws with apt's words when it cannot. */
export function ensurePackages(packages: readonly string[], report: Report): Promise<void> {
  // One after the other: two installs at a time only wait for each other's lock.
  installing = installing.catch(() => {}).then(() => installMissing(packages, report));
  return installing;
}

async function installMissing(packages: readonly string[], report: Report): Promise<void> {
  const missing: string[] = [];
  for (const name of packages) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Error(`Debian packages are missing (${missing.join(", ")}) and only root can install them`);
  }
  report(`installing Debian packages: ${missing.join(" ")}`);
  listsUpdated ??= apt(["update"]);
  await listsUpdated;
  await apt(["install", "-y", "--no-install-recommends", ...missing]);
}

async function isInstalled(name: string): Promise<boolean> {
  try {
    const { stdout } = await runCommand("dpkg-query", ["-W", "-f=${db:Status-Status}", name]);
    return stdout === "installed";
  } catch {
    return false;
  }
}

/** Another apt on the machine holds the lock for a while: wait for it instead of failing. */
async function apt(args: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
  const end = performance.now() + LOCK_DEADLINE_MS;
  for (;;) {
    try {
      await runCommand("apt-get", ["-o", "DPkg::Lock::Timeout=120", "-qq", ...args], { env });
      return;
    } catch (error) {
      const locked = /Could not get lock|Unable to lock|is another process using it/.test(String(error));
      if (!locked || performance.now() > end) throw new Error(`apt-get ${args[0]} failed`, { cause: error });
      await delay(500);
    }
  }
}

/**
 * Unpacks packages of a Debian suite with their dependencies into a new folder, without configuring them. The
 * mirror is the one that this machine's own apt uses.
 */
export async function unpackSuite(
  suite: string,
  packages: readonly string[],
  target: string,
  report: Report,
): Promise<void> {
  await bootstrap(["--variant=extract", "--format=directory"], { suite, packages, target }, report);
}

/** Installs a minimal Debian with these packages, configured as on a machine, into a new tar. */
export async function installSuite(
  suite: string,
  packages: readonly string[],
  tarFile: string,
  report: Report,
): Promise<void> {
  await bootstrap(["--variant=minbase", "--format=tar"], { suite, packages, target: tarFile }, report);
}

interface Installation {
  readonly suite: string;
  readonly packages: readonly string[];
  readonly target: string;
}

async function bootstrap(
  form: readonly string[],
  { suite, packages, target }: Installation,
  report: Report,
): Promise<void> {
  await ensurePackages(["mmdebstrap"], report);
  const options = [
    ...["--quiet", ...form, "--skip=output/dev"],
    '--aptopt=Acquire::Check-Valid-Until "false"',
    `--include=${packages.join(",")}`,
  ];
  const argv = [...options, suite, target, await debianMirror()];
  // Some 200 packages: a minute on a calm machine, many on a busy one with a slow mirror.
  await runCommand("mmdebstrap", argv, { timeoutMs: 1_200_000 });
}

async function debianMirror(): Promise<string> {
  listsUpdated ??= apt(["update"]);
  await listsUpdated;
  const { stdout } = await runCommand("apt-get", [
    "indextargets",
    "--format",
    "$(ORIGIN) $(LABEL) $(REPO_URI)",
  ]);
  const found = /^Debian Debian (\S+)$/m.exec(stdout)?.[1];
  if (found === undefined) throw new Error("this machine's apt configuration names no Debian mirror");
  return found;
}
