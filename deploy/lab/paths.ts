/** Where the repository and the lab's cached parts lie. */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const repositoryRoot = resolve(import.meta.dirname, "../..");

/**
 * The cache of everything that costs seconds to make: unpacked Engines, base images. It may be deleted at any
 * time. `MYSYSCONFIG_LAB_DIR` lets several clones on one machine share one.
 */
export function labDir(): string {
  return process.env["MYSYSCONFIG_LAB_DIR"] || join(repositoryRoot, ".lab");
}

/**
 * A short folder for the socket of whatever lives in `dir`: the path of a Unix socket may have 107 characters at
 * most, and a clone may lie deeper than that.
 */
export function shortRunDir(dir: string): string {
  const digest = createHash("sha256").update(resolve(dir)).digest("hex").slice(0, 10);
  return join(tmpdir(), `mysysconfig-lab-${digest}`);
}
