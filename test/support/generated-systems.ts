import fc from "fast-check";
import type { DesiredState } from "../../src/model/desired-state.ts";
import type { TimerSpec } from "../../src/model/timer.ts";
import type { ContainerSpec, WorkloadSpec } from "../../src/model/workload.ts";
import {
  desiredState,
  job,
  network,
  onNetworks,
  replicas,
  timedJob,
  volume,
  volumeMount,
  workload,
} from "./builders.ts";
import type { SimulatedEngine } from "./simulated-engine.ts";

/** Random configurations that the compiler would accept, and random histories of them. */

const keys = ["api", "db", "edge", "shop/cart", "web", "worker@1"] as const;
const healthcheck = {
  kind: "command",
  test: ["CMD", "ok"],
  intervalMs: 1_000,
  timeoutMs: 1_000,
  retries: 2,
} as const;

interface Draft {
  readonly present: boolean;
  readonly version: number;
  readonly kind: number;
  readonly count: number;
  readonly port: number;
  readonly address: number;
  readonly name: number;
  readonly share: number;
  readonly volume: number;
  readonly networks: number;
  readonly alias: number;
  readonly memory: number;
  readonly env: number;
  readonly order: number;
  readonly health: boolean;
  readonly needs: readonly number[];
  readonly needsKind: number;
  readonly timer: number;
}

const small = (max: number) => fc.nat({ max });

const draft: fc.Arbitrary<Draft> = fc.record({
  present: fc.nat({ max: 9 }).map((value) => value < 8),
  version: small(2),
  kind: small(9),
  count: small(9),
  port: small(5),
  address: small(8),
  name: small(7),
  share: small(14),
  volume: small(5),
  networks: small(3),
  alias: small(2),
  memory: small(3),
  env: small(2),
  order: small(9),
  health: fc.boolean(),
  needs: fc.array(small(keys.length - 1), { maxLength: 2 }),
  needsKind: small(3),
  timer: small(4),
});

const drafts = fc.array(draft, { minLength: keys.length, maxLength: keys.length });

/** A change is more telling than another random configuration: most drafts stay as they were. */
export const history: fc.Arbitrary<readonly DesiredState[]> = fc
  .record({
    first: drafts,
    /** What is replaced is kept for a rollback, or goes at once. */
    isRetained: fc.boolean(),
    edits: fc.array(
      fc.array(fc.tuple(small(keys.length - 1), draft, small(17)), { minLength: 1, maxLength: 3 }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  })
  .map(({ first, edits, isRetained }) => {
    const states = [first];
    for (const edit of edits) {
      const next = [...(states.at(-1) ?? first)];
      for (const [index, fresh, field] of edit) next[index] = mix(next[index] ?? fresh, fresh, field);
      states.push(next);
    }
    return describing(states.map((all) => toDesired(all, isRetained)));
  });

/** A failed property shows what matters in a few lines. */
function describing(states: readonly DesiredState[]): readonly DesiredState[] {
  const describe = () =>
    states
      .map(({ workloads }, index) => [`\n--- state ${index}`, ...workloads.map(describeWorkload)].join("\n"))
      .join("");
  return Object.defineProperty(states, fc.toStringMethod, { value: describe });
}

function describeWorkload(spec: WorkloadSpec): string {
  const { key, kind, containerNames, container, dependsOn, update, timer } = spec;
  const { image, network: mode, ports, mounts, memory, environment, healthcheck: check } = container;
  const facts = {
    mode,
    ports: ports.map(({ hostPort }) => hostPort),
    mounts: mounts.length,
    memory,
    environment,
  };
  const needs = dependsOn.map(
    (need) => `${need.workload}${need.required ? "!" : ""}${need.restart ? "*" : ""}`,
  );
  return `${kind} ${key} [${containerNames}] ${image} ${JSON.stringify(facts)} ${check ? "checked" : ""} needs ${needs} ${update.order} ${timer === undefined ? "" : JSON.stringify(timer)}`;
}

/** One field of the draft changes, or all of them. */
function mix(old: Draft, fresh: Draft, field: number): Draft {
  const names = Object.keys(old) as (keyof Draft)[];
  const name = names[field];
  return name === undefined ? fresh : { ...old, [name]: fresh[name] };
}

function toDesired(all: readonly Draft[], isRetained: boolean): DesiredState {
  const taken = { names: new Set<string>(), ports: new Set<string>(), addresses: new Set<string>() };
  const workloads: WorkloadSpec[] = [];
  for (const [index, found] of all.entries()) {
    if (!found.present) continue;
    workloads.push(toWorkload(index, found, workloads, taken));
  }
  return desiredState(workloads, {
    networks: [network("front"), network("back")],
    volumes: [volume("shop_data")],
    stabilityMs: 2_000,
    maxShare: 1,
    retentionMs: isRetained ? 100 * 60 * 60_000 : 0,
  });
}

interface Taken {
  readonly names: Set<string>;
  readonly ports: Set<string>;
  readonly addresses: Set<string>;
}

function toWorkload(
  index: number,
  found: Draft,
  earlier: readonly WorkloadSpec[],
  taken: Taken,
): WorkloadSpec {
  const key = keys[index] ?? "web";
  const isTimed = found.kind === 1;
  const isJob = found.kind === 0 || isTimed;
  const count = !isJob && found.count < 2 ? found.count + 2 : 1;
  const names = count > 1 ? replicas(count, key.replace(/\W/g, "-")) : [freeName(key, found.name, taken)];
  for (const name of names) taken.names.add(name);
  const single = count === 1 && !isJob;
  const share = single ? earlier[found.share] : undefined;
  const owner = share?.kind === "service" && share.containerNames.length === 1 ? share : undefined;
  const container = {
    image: `myrepo/${key.replace(/\W/g, "-")}${isTimed && found.timer > 2 ? "-slow" : ""}${isJob ? "-job" : ""}:${found.version + 1}-develop`,
    environment: (found.env > 0 ? { MODE: String(found.env) } : {}) as Record<string, string>,
    ports: single && owner === undefined ? portsOf(found.port, taken) : [],
    mounts: found.volume === 0 ? [volumeMount("shop_data")] : [],
    network: owner ? ({ kind: "workload", workload: owner.key } as const) : networksOf(found, single, taken),
    ...(found.memory > 0 ? { memory: found.memory * 2 ** 26 } : {}),
    ...(found.health && !isJob ? { healthcheck } : {}),
  };
  const dependsOn = [...new Set(found.needs)]
    .flatMap((need) => earlier[need] ?? [])
    .map((need) => ({
      workload: need.key,
      required: found.needsKind !== 0,
      restart: found.needsKind === 1,
      condition: need.kind === "job" ? ("completed" as const) : ("started" as const),
    }));
  const order = found.order === 0 ? ({ order: "stop-first" } as const) : {};
  const options = { containerNames: names, dependsOn, update: { ...order, delayMs: 500 } };
  if (isTimed) return timedJob(key, timers[found.timer] ?? {}, container, options);
  return isJob ? job(key, container, options) : workload(key, container, options);
}

/** None of them elapses again within the minutes that a run takes. */
const timers: readonly Partial<TimerSpec>[] = [
  { calendars: ["hourly"] },
  { calendars: ["*-*-* 00/2:30:00"], overlap: "wait" },
  { onActiveMs: [0], onUnitActiveMs: [90 * 60_000] },
  { calendars: ["hourly"], overlap: "wait" },
  { onActiveMs: [60_000], onUnitInactiveMs: [45 * 60_000] },
];

/** A few workloads share a pool of names, so that they swap and inherit them. */
function freeName(key: string, choice: number, taken: Taken): string {
  const pooled = `pool-${choice}`;
  return choice < 3 && !taken.names.has(pooled) ? pooled : key.replace(/\W/g, "-");
}

function portsOf(choice: number, taken: Taken): ContainerSpec["ports"] {
  const hostPort = String(8000 + choice);
  if (choice > 2 || taken.ports.has(hostPort)) return [];
  taken.ports.add(hostPort);
  return [{ containerPort: 80, protocol: "tcp", hostIp: "", hostPort }];
}

function networksOf(found: Draft, single: boolean, taken: Taken): ContainerSpec["network"] {
  const names = [["front"], ["back"], ["front", "back"], ["front"]][found.networks] ?? ["front"];
  const address = `10.0.0.${found.address + 10}`;
  const isStatic = single && found.address < 3 && names[0] === "front" && !taken.addresses.has(address);
  if (isStatic) taken.addresses.add(address);
  return onNetworks(
    ...names.map((name) => ({
      network: name,
      aliases: found.alias > 0 ? [`alias-${found.alias}`] : [],
      ...(isStatic && name === "front" ? { ipv4: address } : {}),
    })),
  );
}

/** Things that people do to a running system. */
export const drift: fc.Arbitrary<{ readonly which: number; readonly what: number }> = fc.record({
  which: fc.nat({ max: 50 }),
  what: fc.nat({ max: 7 }),
});

export function makeDrift(engine: SimulatedEngine, { which, what }: { which: number; what: number }): void {
  const ours = [...engine.containers.values()].filter(
    ({ labels }) => labels["mysysconfig.project"] === "shop",
  );
  const container = ours[which % Math.max(1, ours.length)];
  if (container === undefined) return;
  const isService = container.labels["mysysconfig.kind"] === "service";
  const [name] = container.endpoints.keys();
  if (what === 0 && container.isUp) container.end(137);
  if (what === 1 && container.state().status === "running") container.status = "paused";
  if (what === 2 && engine.byName(`${container.name}-renamed`) === undefined) container.name += "-renamed";
  if (what === 3 && name !== undefined) container.endpoints.delete(name);
  if (what === 4) container.limits = { memory: 2 ** 25 };
  if (what === 5) container.restart = { name: "unless-stopped" };
  if (what === 6) engine.containers.delete(container.id);
  if (what === 7 && isService) container.status = "dead";
}
