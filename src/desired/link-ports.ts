import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { Target } from "../model/actual-state.ts";
import type { PortBinding, WorkloadSpec } from "../model/workload.ts";
import { formatPlace, placeOf } from "./places.ts";

/** A host port, or one of a range, that a workload asks for. */
interface Claim {
  readonly workload: WorkloadSpec;
  readonly binding: PortBinding;
  readonly first: number;
  readonly last: number;
}

/**
 * A host port can be held once for each protocol and address. A fixed port that two ask for is a mistake; so is a range
 * that more ask for than it has ports. On a cluster all replicas of a service share its port, and two services that
 * publish on their own nodes only may be on different ones.
 */
export function checkPorts(workloads: readonly WorkloadSpec[], target: Target, sink: DiagnosticSink): void {
  const fixed = new Map<string, Claim[]>();
  const ranges: Claim[] = [];
  for (const workload of workloads) {
    for (const claim of claimsOf(workload)) {
      if (claim.first < claim.last) {
        ranges.push(claim);
        continue;
      }
      const key = `${claim.first}/${claim.binding.protocol}`;
      const others = fixed.get(key) ?? [];
      const rival = others.find((other) => isRival(other, claim, target));
      if (rival) reportRival(claim, rival, key, sink);
      else fixed.set(key, [...others, claim]);
    }
    if (target === "engine") reportReplicas(workload, sink);
  }
  if (target === "engine") checkRanges(ranges, fixed, sink);
}

function isRival(a: Claim, b: Claim, target: Target): boolean {
  const areApart =
    target === "swarm" && a.workload !== b.workload && a.binding.mode === "host" && b.binding.mode === "host";
  return !areApart && isSameAddress(a.binding.hostIp, b.binding.hostIp);
}

function claimsOf(workload: WorkloadSpec): Claim[] {
  const { ports, network } = workload.container;
  if (network.kind === "host" || workload.containerNames.length === 0) return [];
  const seen = new Set<string>();
  return ports.flatMap((binding) => {
    const key = JSON.stringify(binding);
    const [first, last = first] = binding.hostPort.split("-").map(Number);
    if (binding.hostPort === "" || first === undefined || last === undefined || seen.has(key)) return [];
    seen.add(key);
    return { workload, binding, first, last };
  });
}

function reportRival(claim: Claim, rival: Claim, port: string, sink: DiagnosticSink): void {
  const { workload } = claim;
  const message =
    rival.workload === workload
      ? `host port ${port} is published twice`
      : `host port ${port} is taken by workload "${rival.workload.key}" in ${formatPlace(rival.workload.origin)}`;
  sink.error(
    placeOf(workload, "ports"),
    "port-conflict",
    message,
    "publish another port or on another address",
  );
}

function reportReplicas(workload: WorkloadSpec, sink: DiagnosticSink): void {
  const count = workload.containerNames.length;
  const claim = count > 1 ? claimsOf(workload).find(({ first, last }) => first === last) : undefined;
  if (!claim) return;
  const message = `${count} replicas cannot all publish host port ${claim.first}`;
  const hint = `publish a range (${claim.first}-${claim.first + count - 1}:${claim.binding.containerPort}) or no host port`;
  sink.error(placeOf(workload, "ports"), "port-conflict", message, hint);
}

/** A range is large enough when it has a port for each fixed claim in it and each replica that may choose from it. */
function checkRanges(
  ranges: readonly Claim[],
  fixed: ReadonlyMap<string, readonly Claim[]>,
  sink: DiagnosticSink,
): void {
  for (const range of ranges) {
    const { first, last, binding, workload } = range;
    const isNear = (other: Claim) =>
      other.binding.protocol === binding.protocol && isSameAddress(other.binding.hostIp, binding.hostIp);
    let wanted = 0;
    for (let port = first; port <= last; port++) {
      if (fixed.get(`${port}/${binding.protocol}`)?.some(isNear)) wanted++;
    }
    for (const other of ranges) {
      if (isNear(other) && other.first >= first && other.last <= last)
        wanted += other.workload.containerNames.length;
    }
    const size = last - first + 1;
    if (wanted <= size) continue;
    const message = `host ports ${first}-${last}/${binding.protocol} are ${size}, but the configuration needs ${wanted} of them`;
    sink.error(placeOf(workload, "ports"), "port-conflict", message, "publish a larger range");
  }
}

/** Whether two host addresses collide: `""` is every address, `0.0.0.0` every IPv4 and `::` every IPv6 address. */
function isSameAddress(a: string, b: string): boolean {
  const [left, right] = [a, b].map((address) => address.replace(/^\[|\]$/g, "").toLowerCase());
  if (left === undefined || right === undefined || left === "" || right === "") return true;
  const isV6 = left.includes(":");
  if (isV6 !== right.includes(":")) return false;
  const every = isV6 ? "::" : "0.0.0.0";
  return left === right || left === every || right === every;
}
