import { compareText } from "../lib/records.ts";
import type { StoredContent } from "../model/step.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { deliveriesOf, type FilesOf } from "./delivered-files.ts";

/** Configs and secrets that must be in the cluster's store before the workload's service refers to them, by name. */
export function storedContents(workload: WorkloadSpec, desired: FilesOf): readonly StoredContent[] {
  const byName = new Map<string, StoredContent>();
  for (const { kind, name, file } of deliveriesOf(workload, desired))
    if (!byName.has(`${kind} ${name}`))
      byName.set(`${kind} ${name}`, { kind, name, path: file.path, content: file.content });
  return [...byName.values()].sort((a, b) => compareText(a.kind, b.kind) || compareText(a.name, b.name));
}
