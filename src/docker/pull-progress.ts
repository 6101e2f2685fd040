import type { Progress } from "../model/run-event.ts";

/** One message of `POST /images/create` (Docker Engine API, "ImageCreate"). */
export interface PullMessage {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

interface Layer {
  status: string;
  current: number;
  total: number;
}

/** Sums the layers of one pull. A layer counts from the moment its size is known. */
export class PullProgress {
  private readonly layers = new Map<string, Layer>();
  private best = 0;

  /**
   * Takes a message in.
   *
   * @returns whether it shows progress: a new state or more bytes, but not another announcement of a retry
   */
  add(message: PullMessage): boolean {
    const { id, status = "" } = message;
    if (id === undefined) return status !== "";
    const layer = this.layers.get(id) ?? { status: "", current: 0, total: 0 };
    this.layers.set(id, layer);
    const before = { ...layer };
    layer.status = status;
    const { current = 0, total = 0 } = message.progressDetail ?? {};
    if (status === "Downloading") {
      layer.current = current;
      layer.total = Math.max(total, layer.total);
    } else if (/^(?:Download complete|Pull complete)$/.test(status)) layer.current = layer.total;
    if (/^Retrying in/.test(status)) return false;
    return before.status !== status || layer.current > before.current || status === "Extracting";
  }

  /** `pulling 12 of 34 MB`; the share never goes back when another layer's size becomes known. */
  progress(): Progress {
    const layers = [...this.layers.values()];
    const total = sum(layers.map((layer) => layer.total));
    if (total === 0) return { text: "pulling" };
    const current = sum(layers.map((layer) => layer.current));
    this.best = Math.max(this.best, Math.min(1, current / total));
    const unit = total < 1e6 ? { size: 1e3, name: "kB" } : { size: 1e6, name: "MB" };
    const [done, all] = [current, total].map((bytes) => Math.round(bytes / unit.size));
    return { text: `pulling ${done} of ${all} ${unit.name}`, fraction: this.best };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
