/** A whole Debian with systemd as an image: a host that boots in a container, for units that hosts run. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { installSuite, type Report } from "./apt.ts";
import type { EngineApi } from "./engine-api.ts";
import { hasImage, importImage } from "./image-import.ts";
import { labDir } from "./paths.ts";

const PACKAGES = ["systemd", "systemd-sysv", "dbus"];

/** Makes the image in the Engine when it is missing, and answers its reference. It runs `/sbin/init`. */
export async function ensureSystemdImage(api: EngineApi, report: Report): Promise<string> {
  const reference = "lab/systemd:bookworm";
  const config = {
    cmd: ["/sbin/init"],
    // systemd then knows that it is in a container; the others are for who asks it something there.
    env: { container: "docker", SYSTEMD_PAGER: "cat", SYSTEMD_COLORS: "0" },
    stopSignal: "SIGRTMIN+3",
  };
  if (!(await hasImage(api, reference)))
    await importImage(api, await ensureSystemdTar(report), reference, config);
  return reference;
}

let made: Promise<string> | undefined;

/** The tar of the image; made once and kept in the lab's folder. */
export function ensureSystemdTar(report: Report): Promise<string> {
  made ??= findOrMake(report);
  made.catch(() => {
    made = undefined;
  });
  return made;
}

async function findOrMake(report: Report): Promise<string> {
  const digest = createHash("sha256").update(PACKAGES.join(" ")).digest("hex").slice(0, 12);
  const tarFile = join(labDir(), "images", `systemd-${digest}.tar`);
  if (existsSync(tarFile)) return tarFile;
  report("making the image of a host from Debian packages");
  const draft = `${tarFile}.${process.pid}.draft`;
  await mkdir(dirname(tarFile), { recursive: true });
  try {
    await installSuite("bookworm", PACKAGES, draft, report);
    await rename(draft, tarFile);
  } finally {
    await rm(draft, { force: true });
  }
  return tarFile;
}
