import type { Position } from "../lib/diagnostic.ts";

/** A named volume as declared. Volumes are created when missing and never removed by default. */
export interface VolumeSpec {
  /** The name on the Engine, `shop_data`. */
  readonly name: string;
  readonly external: boolean;
  readonly driver?: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: Position;
}
