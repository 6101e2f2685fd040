/**
 * A workload image of 2 MB: one static busybox under all its names and the scripts in `workload/`. What makes it a
 * web server, a failing build or a database-like service is its configuration alone, so all share one layer.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensurePackages, type Report } from "./apt.ts";
import { runCommand } from "./command.ts";
import type { EngineApi } from "./engine-api.ts";
import { type ImageConfig, importImage } from "./image-import.ts";
import { labDir } from "./paths.ts";

const SCRIPTS = join(import.meta.dirname, "workload");
const PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n";

export interface WorkloadImage {
  readonly reference: string;
  readonly config?: ImageConfig;
  /** Path in the image → content, beside busybox itself. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Makes the image in the Engine, replacing one of the same name, and answers its id. */
export async function makeWorkloadImage(
  api: EngineApi,
  image: WorkloadImage,
  report: Report = () => {},
): Promise<string> {
  return importImage(api, await workloadTar(image.files ?? {}, report), image.reference, image.config);
}

const tars = new Map<string, Promise<string>>();

/** The tar of the image's root folder; equal content gives the same bytes and so the same layer. */
async function workloadTar(files: Readonly<Record<string, string>>, report: Report): Promise<string> {
  const digest = createHash("sha256").update(JSON.stringify(files));
  for (const script of await readdir(SCRIPTS, { recursive: true, withFileTypes: true })) {
    if (script.isFile())
      digest.update(script.name).update(await readFile(join(script.parentPath, script.name)));
  }
  const tarFile = join(labDir(), "images", `workload-${digest.digest("hex").slice(0, 12)}.tar`);
  const known = tars.get(tarFile);
  if (known !== undefined) return known;
  const made = existsSync(tarFile) ? Promise.resolve(tarFile) : makeTar(tarFile, files, report);
  tars.set(tarFile, made);
  made.catch(() => tars.delete(tarFile));
  return made;
}

async function makeTar(
  tarFile: string,
  files: Readonly<Record<string, string>>,
  report: Report,
): Promise<string> {
  await ensurePackages(["busybox-static"], report);
  await mkdir(dirname(tarFile), { recursive: true });
  const root = await mkdtemp(`${tarFile}.`);
  try {
    await cp(SCRIPTS, root, { recursive: true });
    await chmod(root, 0o755);
    for (const folder of ["etc", "root", "tmp", "var/lib"]) {
      await mkdir(join(root, folder), { recursive: true });
    }
    await chmod(join(root, "tmp"), 0o1777);
    await copyFile("/bin/busybox", join(root, "bin/busybox"));
    const { stdout } = await runCommand("/bin/busybox", ["--list"]);
    for (const applet of stdout.split("\n").filter((name) => name !== "" && name !== "busybox")) {
      await symlink("busybox", join(root, "bin", applet));
    }
    await writeFile(join(root, "etc/passwd"), PASSWD);
    await writeFile(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content, { mode: content.startsWith("#!") ? 0o755 : 0o644 });
    }
    await packFolder(root, tarFile);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return tarFile;
}

/** Packs a folder so that the same content always gives the same bytes; the file appears only when complete. */
export async function packFolder(root: string, tarFile: string): Promise<void> {
  const draft = `${tarFile}.${process.pid}.draft`;
  const stable = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  await runCommand("tar", [...stable, "-C", root, "-cf", draft, "."]);
  await rename(draft, tarFile);
}
