import type { WorkloadSpec } from "../../../src/model/workload.ts";

/** One supported key at work: YAML of the service, and the part of the workload that it makes. */
export interface CorpusCase {
  readonly yaml: string;
  readonly container?: Readonly<Record<string, unknown>>;
  /** Fields that must not be declared. */
  readonly absent?: readonly string[];
  readonly workload?: Readonly<{ [K in keyof WorkloadSpec]?: unknown }>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Top-level sections, or other services, behind the service. */
  readonly rest?: string;
}

/** A second service to refer to. */
export const db = "  db: {image: db:1}\n";
