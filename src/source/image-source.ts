import { bakedRevision, configPath, type LocalImage, treeBelow } from "../model/baked-image.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { Revision } from "../model/revision.ts";
import type { ConfigSource, ImageStore } from "../ports.ts";

/** Connects to the Engine for as long as the images are used. */
export type WithImages = <T>(use: (store: ImageStore) => Promise<T>, signal: AbortSignal) => Promise<T>;

/**
 * The configuration that was baked into an image, read without running it. The image is pulled first, unless the Engine
 * has one by this name that came from no registry; when it cannot be, the one that the Engine has does.
 */
export class ImageSource implements ConfigSource {
  private readonly reference: string;
  private readonly withImages: WithImages;
  private readonly warn: (text: string) => void;
  private readonly isPulled: boolean;
  private found: LocalImage | undefined;
  private standIn: ReconcilerError | undefined;

  /**
   * @param warn is told why the image could not be pulled when a local one stands in
   * @param isPulled false: only one that the Engine lacks is
   */
  constructor(reference: string, withImages: WithImages, warn: (text: string) => void, isPulled = true) {
    this.reference = reference;
    this.isPulled = isPulled;
    this.withImages = withImages;
    this.warn = warn;
  }

  async resolveRevision(signal: AbortSignal): Promise<Revision> {
    const found = await this.withImages((store) => this.latest(store, signal), signal);
    this.found = found;
    return bakedRevision(found);
  }

  standInReason(): ReconcilerError | undefined {
    return this.standIn;
  }

  async readTree(_revision: Revision, signal: AbortSignal): Promise<ManifestTree> {
    return await this.withImages(async (store) => {
      const found = this.found ?? (await this.latest(store, signal));
      const folder = found.environment["MYSYSCONFIG_CONFIG_DIR"] || configPath;
      // By id: the tag may have moved since the revision was resolved.
      return treeBelow(await store.readFiles(found.id, folder, signal));
    }, signal);
  }

  private async latest(store: ImageStore, signal: AbortSignal): Promise<LocalImage> {
    this.standIn = undefined;
    const local = await store.inspect(this.reference, signal);
    // Built here and in no registry: by this name a public registry would have somebody else's.
    if (local !== undefined && (local.digest === undefined || !this.isPulled)) return local;
    const failure = await this.pull(store, signal);
    const found = await store.inspect(this.reference, signal);
    if (found === undefined) throw failure ?? notThere(this.reference);
    if (failure !== undefined) {
      this.standIn = standInFor(failure);
      this.warn(this.standIn.message);
    }
    return found;
  }

  private async pull(store: ImageStore, signal: AbortSignal): Promise<ReconcilerError | undefined> {
    try {
      await store.pull(this.reference, () => {}, signal);
      return undefined;
    } catch (error) {
      if (signal.aborted || !isReconcilerError(error)) throw error;
      return error;
    }
  }
}

function standInFor({ code, message, hint, cause }: ReconcilerError): ReconcilerError {
  return new ReconcilerError(code, `${message}; taking the one that is on the Engine`, { hint, cause });
}

function notThere(reference: string): ReconcilerError {
  const message = `image "${reference}" is not on the Engine`;
  return new ReconcilerError("configuration-unreadable", message, { hint: "build or pull it first" });
}
