/** Chooses what the image of this repository is built from: the published Node image, or one made here. */
import type { Report } from "../lab/apt.ts";
import { ensureBaseImage } from "../lab/base-image.ts";
import type { EngineApi } from "../lab/engine-api.ts";
import { hasImage, splitReference } from "../lab/image-import.ts";
import { buildProjectImage, type ProjectImageOptions } from "../lab/project-image.ts";

const PUBLISHED_BASE = "node:24-bookworm-slim";
/** The longest wait for a sign of life from the registry. A machine without one answers at once. */
const REGISTRY_IDLE_MS = 15_000;

export interface BuiltImage {
  readonly base: string;
}

/** Builds the image from the published base where that can be had, else from the one made of Debian packages. */
export async function buildFromBestBase(
  api: EngineApi,
  options: Omit<ProjectImageOptions, "baseImage">,
  report: Report,
): Promise<BuiltImage> {
  if ((await hasImage(api, PUBLISHED_BASE)) || (await canPull(api, report))) {
    try {
      await buildProjectImage(api, { ...options, baseImage: PUBLISHED_BASE });
      return { base: PUBLISHED_BASE };
    } catch (error) {
      report(`${String(error)}`);
      report("trying again with a base image made here");
    }
  }
  const base = await ensureBaseImage(api, report);
  await buildProjectImage(api, { ...options, baseImage: base });
  return { base };
}

async function canPull(api: EngineApi, report: Report): Promise<boolean> {
  const { repo, tag } = splitReference(PUBLISHED_BASE);
  try {
    await api.progress("POST", "/images/create", {
      query: { fromImage: repo, tag },
      idleMs: REGISTRY_IDLE_MS,
    });
    return true;
  } catch (error) {
    report(`${PUBLISHED_BASE} cannot be pulled (${error instanceof Error ? error.message : String(error)})`);
    return false;
  }
}
