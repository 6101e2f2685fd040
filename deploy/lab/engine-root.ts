/**
 * Docker Engines of several Debian suites side by side: each is unpacked with all it needs into a folder of its
 * own, which later becomes the root of its mount namespace. Nothing is installed on the machine itself.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type Report, unpackSuite } from "./apt.ts";
import { labDir } from "./paths.ts";

export type EngineRelease = "20.10" | "newest";

interface EngineSuite {
  readonly suite: string;
  readonly packages: readonly string[];
}

const ENGINE_PACKAGES = ["docker.io", "iptables", "busybox-static", "ca-certificates"] as const;
const WITH_CLIENT = [...ENGINE_PACKAGES, "docker-cli", "docker-compose", "docker-buildx"] as const;

/** In order of preference. Debian 12's docker.io holds the client too; later suites split it off. */
const SUITES: Readonly<Record<EngineRelease, readonly EngineSuite[]>> = {
  "20.10": [{ suite: "bookworm", packages: ENGINE_PACKAGES }],
  newest: [
    { suite: "sid", packages: WITH_CLIENT },
    { suite: "trixie", packages: WITH_CLIENT },
  ],
};

const unpacked = new Map<EngineRelease, Promise<string>>();

/** The folder with the Engine; made when it is missing. A suite that does not install that day is reported. */
export function ensureEngineRoot(release: EngineRelease, report: Report): Promise<string> {
  const known = unpacked.get(release);
  if (known !== undefined) return known;
  const root = findOrUnpack(release, report);
  unpacked.set(release, root);
  root.catch(() => unpacked.delete(release));
  return root;
}

async function findOrUnpack(release: EngineRelease, report: Report): Promise<string> {
  const failures: unknown[] = [];
  for (const candidate of SUITES[release]) {
    const root = rootOf(candidate);
    if (existsSync(root)) return root;
    try {
      report(`unpacking the Docker Engine of Debian ${candidate.suite}`);
      await unpack(candidate, root, report);
      return root;
    } catch (error) {
      report(`Debian ${candidate.suite}'s Docker Engine could not be unpacked: ${String(error)}`);
      failures.push(error);
    }
  }
  throw new AggregateError(
    failures,
    `no Docker Engine "${release}" could be unpacked from Debian's packages`,
  );
}

function rootOf({ suite, packages }: EngineSuite): string {
  const digest = createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 8);
  return join(labDir(), "engines", `${suite}-${digest}`);
}

async function unpack(suite: EngineSuite, root: string, report: Report): Promise<void> {
  const draft = `${root}.${process.pid}.draft`;
  await mkdir(join(labDir(), "engines"), { recursive: true });
  try {
    await unpackSuite(suite.suite, suite.packages, draft, report);
    await finishRoot(draft);
    await rename(draft, root);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process may have been faster: its folder is as good as ours.
    if (!existsSync(root)) throw error;
  }
}

/** What the packages' install scripts would have made, and the folders that the mount namespace needs. */
async function finishRoot(root: string): Promise<void> {
  const present = new Set(await readdir(root));
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    if (!present.has(name)) await symlink(`usr/${name}`, join(root, name));
  }
  for (const tables of ["iptables", "ip6tables"]) {
    for (const suffix of ["", "-save", "-restore"]) {
      await symlink("xtables-nft-multi", join(root, "usr/sbin", `${tables}${suffix}`));
    }
  }
  for (const folder of ["proc", "sys", "dev", "run", "tmp", "etc/docker", "oldroot", "var/lib/docker"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
}
