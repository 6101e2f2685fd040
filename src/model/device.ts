/** Devices of the host in a container. */
export interface Device {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly permissions: string;
}

/** At least one of `count` and `ids` says how many. */
export interface DeviceRequest {
  /** Absent when any driver with the capabilities will do. */
  readonly driver?: string;
  /** -1 is all of them. */
  readonly count?: number;
  readonly ids?: readonly string[];
  /** Alternatives, each a list of what a device must be capable of. */
  readonly capabilities: readonly (readonly string[])[];
  readonly options: Readonly<Record<string, string>>;
}

export interface DeviceWeight {
  readonly path: string;
  readonly weight: number;
}

export interface DeviceRate {
  readonly path: string;
  readonly rate: number;
}
