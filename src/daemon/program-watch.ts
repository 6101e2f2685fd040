import { programVersionVariable } from "../model/baked-image.ts";
import { isReconcilerError } from "../model/errors.ts";
import type { ConnectedBackend } from "../ports.ts";
import type { Configuration } from "./configuration-watch.ts";
import type { Followed } from "./daemon-app.ts";
import type { Listener } from "./daemon-event.ts";

export interface ProgramWatchOptions {
  /** Of this program. */
  readonly version: string;
  readonly listener: Listener;
}

/**
 * Tells when the image that this daemon was started from and follows has another version of the program. The
 * configuration of that image is applied all the same; who replaces the program is the host.
 */
export class ProgramWatch {
  private readonly options: ProgramWatchOptions;
  private compared: string | undefined;

  constructor(options: ProgramWatchOptions) {
    this.options = options;
  }

  /** Only a new revision can have come with a new program. What goes wrong here is tried again after the next run. */
  async compare(
    backend: ConnectedBackend,
    {
      followed,
      configuration,
    }: { readonly followed: Followed | undefined; readonly configuration: Configuration },
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = configuration.revision;
    if (this.compared === id || followed?.kind !== "image" || !followed.isOwn) return;
    try {
      const image = await backend.imageStore().inspect(followed.reference, signal);
      this.compared = id;
      this.tell(image?.environment[programVersionVariable] ?? "");
    } catch (error) {
      if (!isReconcilerError(error)) throw error;
    }
  }

  private tell(wanted: string): void {
    const { version: running, listener } = this.options;
    if (wanted !== "" && wanted !== running) listener({ kind: "program-behind", running, wanted });
  }
}
