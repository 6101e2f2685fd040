/** Gets everything ready that the tiers with an Engine need, so that no test waits for an installation. */
import { ensurePackages, type Report } from "../../deploy/lab/apt.ts";
import { ensureBaseTar } from "../../deploy/lab/base-image.ts";
import { ensureEngineRoot } from "../../deploy/lab/engine-root.ts";
import { ensureSystemdTar } from "../../deploy/lab/systemd-image.ts";

const PACKAGES = [
  "mmdebstrap",
  "iproute2",
  "util-linux",
  "busybox-static",
  "docker-registry",
  "apache2-utils",
];

export async function prepareEngines(report: Report): Promise<void> {
  await ensurePackages(PACKAGES, report);
  await Promise.all([
    ensureEngineRoot("20.10", report),
    ensureEngineRoot("newest", report),
    ensureBaseTar(report),
    ensureSystemdTar(report),
  ]);
}
