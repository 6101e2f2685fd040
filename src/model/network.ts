import type { Position } from "../lib/diagnostic.ts";

/** A network as declared; `external` ones are used as they are found and never created or removed. */
export interface NetworkSpec {
  /** The name on the Engine, `shop_default`. */
  readonly name: string;
  readonly external: boolean;
  readonly driver?: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly enableIpv6?: boolean;
  readonly ipam?: Ipam;
  readonly origin: Position;
}

export interface Ipam {
  readonly driver?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly pools: readonly IpamPool[];
}

export interface IpamPool {
  readonly subnet?: string;
  readonly ipRange?: string;
  readonly gateway?: string;
  readonly auxAddresses?: Readonly<Record<string, string>>;
}
