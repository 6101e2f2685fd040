import type { Dependency, WorkloadSpec } from "../model/workload.ts";

/**
 * Adds the dependencies that a `docker run` line has without saying so: `--link`, `--volumes-from`, `--ipc container:…`
 * and `--pid container:…` need the other container to be there. Containers of others are the Engine's to check.
 */
export function linkContainers(workloads: readonly WorkloadSpec[]): readonly WorkloadSpec[] {
  const owners = new Map(
    workloads.flatMap((workload) => workload.containerNames.map((name) => [name, workload.key] as const)),
  );
  return workloads.map((workload) => {
    const known = new Set([workload.key, ...workload.dependsOn.map((dependency) => dependency.workload)]);
    const added = new Set(
      mentionedContainers(workload)
        .flatMap((name) => owners.get(name) ?? [])
        .filter((key) => !known.has(key)),
    );
    if (added.size === 0) return workload;
    const needs = [...added]
      .sort()
      .map((key): Dependency => ({ workload: key, condition: "started", required: true, restart: false }));
    return { ...workload, dependsOn: [...workload.dependsOn, ...needs] };
  });
}

function mentionedContainers({ container }: WorkloadSpec): string[] {
  const modes = [container.ipcMode, container.pidMode].flatMap(
    (mode) => /^container:(.+)$/.exec(mode ?? "")?.[1] ?? [],
  );
  const first = (text: string) => text.split(":")[0] ?? text;
  return [...(container.links ?? []).map(first), ...(container.volumesFrom ?? []).map(first), ...modes];
}
