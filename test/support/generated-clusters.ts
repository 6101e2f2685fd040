import fc from "fast-check";
import type { DesiredState } from "../../src/model/desired-state.ts";
import type { NetworkMode, PortBinding, WorkloadSpec } from "../../src/model/workload.ts";
import { fileSet, job, network, onNetworks, port, timedJob, volumeMount, workload } from "./builders.ts";
import { clusterState, quickCheck, replicaNames } from "./clusters.ts";

/** Random configurations for a cluster that the compiler would accept, and random histories of them. */

const keys = ["api", "db", "edge", "shop/cart", "web"] as const;

interface Draft {
  readonly present: boolean;
  readonly version: number;
  readonly kind: number;
  readonly count: number;
  readonly port: number;
  readonly network: number;
  readonly volume: number;
  readonly file: number;
  readonly label: number;
  readonly env: number;
  readonly order: number;
  readonly health: boolean;
  readonly constraint: number;
  readonly needs: readonly number[];
  readonly needsKind: number;
}

const small = (max: number) => fc.nat({ max });

const draft: fc.Arbitrary<Draft> = fc.record({
  present: small(9).map((value) => value < 8),
  version: small(2),
  kind: small(11),
  count: small(3),
  port: small(6),
  network: small(2),
  volume: small(5),
  file: small(4),
  label: small(2),
  env: small(2),
  order: small(5),
  health: fc.boolean(),
  constraint: small(5),
  needs: fc.array(small(keys.length - 1), { maxLength: 2 }),
  needsKind: small(3),
});

const drafts = fc.array(draft, { minLength: keys.length, maxLength: keys.length });

/** A change is more telling than another random configuration: most drafts stay as they were. */
export const clusterHistory: fc.Arbitrary<readonly DesiredState[]> = fc
  .record({
    first: drafts,
    edits: fc.array(
      fc.array(fc.tuple(small(keys.length - 1), draft, small(17)), { minLength: 1, maxLength: 3 }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ first, edits }) => {
    const states = [first];
    for (const edit of edits) {
      const next = [...(states.at(-1) ?? first)];
      for (const [index, fresh, field] of edit) next[index] = mix(next[index] ?? fresh, fresh, field);
      states.push(next);
    }
    return describing(states.map(toDesired));
  });

/** A failed property shows what matters in a few lines. */
function describing(states: readonly DesiredState[]): readonly DesiredState[] {
  const describe = () =>
    states
      .map(({ workloads }, index) => [`\n--- state ${index}`, ...workloads.map(describeWorkload)].join("\n"))
      .join("");
  return Object.defineProperty(states, fc.toStringMethod, { value: describe });
}

function describeWorkload({
  key,
  kind,
  containerNames,
  container,
  dependsOn,
  update,
  cluster,
}: WorkloadSpec) {
  const { image, network: mode, ports, mounts, environment, healthcheck } = container;
  const needs = dependsOn.map(
    (need) => `${need.workload}${need.required ? "!" : ""}${need.restart ? "*" : ""}`,
  );
  const networks = mode.kind === "networks" ? mode.attachments.map((one) => one.network) : [];
  const facts = [
    networks.join("+"),
    ...ports.map((one) => `${one.hostPort}${one.mode ?? ""}`),
    ...mounts.map((mount) => (mount.kind === "files" ? mount.fileSet.slice(-4) : mount.kind)),
    JSON.stringify({ ...environment, ...cluster?.labels }),
    cluster?.mode ?? "",
    ...(cluster?.placement?.constraints ?? []),
    healthcheck === undefined ? "" : "checked",
  ].filter((fact) => fact !== "" && fact !== "{}");
  return `${kind} ${key} x${containerNames.length} ${image} [${facts.join(", ")}] needs ${needs} ${update.order}`;
}

/** One field of the draft changes, or all of them. */
function mix(old: Draft, fresh: Draft, field: number): Draft {
  const name = (Object.keys(old) as (keyof Draft)[])[field];
  return name === undefined ? fresh : { ...old, [name]: fresh[name] };
}

function toDesired(all: readonly Draft[]): DesiredState {
  const taken = new Set<string>();
  const workloads: WorkloadSpec[] = [];
  for (const [index, found] of all.entries())
    if (found.present) workloads.push(toWorkload(keys[index] ?? "web", found, workloads, taken));
  return clusterState(workloads, {
    networks: [network("front"), network("back")],
    fileSets: fileSets,
    stabilityMs: 2_000,
  });
}

const fileSets = [1, 2, 3].map((number) => fileSet({ "app.conf": `content ${number}` }));

function toWorkload(
  key: string,
  found: Draft,
  earlier: readonly WorkloadSpec[],
  taken: Set<string>,
): WorkloadSpec {
  const isTimed = found.kind === 1;
  const isJob = found.kind === 0 || isTimed;
  const isGlobal = found.kind === 2;
  const base = key.replace(/\W/g, "-");
  const set = fileSets[found.file];
  const container = {
    image: `myrepo/${base}${isJob ? "-job" : ""}:${found.version + 1}-develop`,
    environment: (found.env > 0 ? { MODE: String(found.env) } : {}) as Record<string, string>,
    ports: isJob ? [] : portsOf(found.port, taken),
    mounts: [
      ...(found.volume === 0 ? [volumeMount("data")] : []),
      ...(set === undefined
        ? []
        : [{ kind: "files" as const, fileSet: set.name, path: "app.conf", target: "/etc/app.conf" }]),
    ],
    network: networkOf(found.network),
    ...(found.health && !isJob ? { healthcheck: quickCheck } : {}),
  };
  const dependsOn = [...new Set(found.needs)]
    .flatMap((need) => earlier[need] ?? [])
    .map((need) => ({
      workload: need.key,
      required: found.needsKind !== 0,
      restart: found.needsKind === 1,
      condition: need.kind === "job" ? ("completed" as const) : ("started" as const),
    }));
  const constraints = found.constraint === 0 ? ["node.role==manager"] : [];
  const cluster = {
    ...(isGlobal ? { mode: "global" as const } : {}),
    ...(found.label > 0 ? { labels: { team: `team-${found.label}` } } : {}),
    placement: { constraints, spread: [] },
  };
  const order = found.order === 0 ? ({ order: "stop-first" } as const) : {};
  const hasNone = found.count === 0 && !isJob && !isGlobal && key.includes("/");
  // Two tasks with the same port of a node need two nodes.
  const isAlone = isJob || isGlobal || container.ports.some(({ mode }) => mode === "host");
  const count = isAlone ? 1 : Math.max(1, found.count);
  const containerNames = hasNone ? [] : replicaNames(count, base);
  const options = {
    containerNames,
    dependsOn,
    cluster,
    update: { ...order, parallelism: 1 + (found.order % 2) },
  };
  if (isTimed) return timedJob(key, { calendars: ["*-*-* 04:00:00"] }, container, options);
  return isJob ? job(key, container, options) : workload(key, container, options);
}

/** Two ports of the mesh, and one of the nodes. */
function portsOf(choice: number, taken: Set<string>): readonly PortBinding[] {
  const text = ["80:80", "81:80", "82:80"][choice];
  if (text === undefined || taken.has(text)) return [];
  taken.add(text);
  return [choice === 2 ? { ...port(text), mode: "host" } : port(text)];
}

function networkOf(choice: number): NetworkMode {
  if (choice === 0) return onNetworks("front", "back");
  return onNetworks(choice === 1 ? "front" : "back");
}
