import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { ContainerSpec, WorkloadSpec } from "../../../src/model/workload.ts";
import { assumedState } from "../../../src/plan/assumed-state.ts";
import { buildPlan } from "../../../src/plan/build-plan.ts";
import { formatPlan } from "../../../src/plan/format-plan.ts";
import {
  desiredState,
  fileSet,
  job,
  network,
  onNetworks,
  port,
  replicas,
  txn,
  volume,
  volumeMount,
  workload,
} from "../../support/builders.ts";
import { history } from "../../support/generated-systems.ts";
import { costGrowth } from "../../support/growth.ts";
import { changeOf, fieldTexts } from "./planning.ts";

function planBetween(from: DesiredState, to: DesiredState): Plan {
  return buildPlan(to, assumedState(from, to), { adopt: new Set(), txn });
}

function lines(from: readonly WorkloadSpec[], to: readonly WorkloadSpec[]): readonly string[] {
  return planBetween(desiredState(from), desiredState(to))
    .changes.filter(({ kind }) => kind !== "unchanged")
    .map(({ key, kind, cause }) => `${kind} ${key}: ${cause}`);
}

/** Keys of the workloads that do not run in the same way in both, by their declarations alone. */
function differing(from: DesiredState, to: DesiredState): readonly string[] {
  const facts = ({ kind, container, containerNames }: WorkloadSpec) =>
    JSON.stringify([kind, container, containerNames]);
  const before = new Map(from.workloads.map((found) => [found.key, facts(found)]));
  const after = new Map(to.workloads.map((found) => [found.key, facts(found)]));
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.filter((key) => before.get(key) !== after.get(key));
}

/** Keys of the workloads that the plan is about; what follows from another change is told apart by its cause. */
function named(plan: Plan): { readonly own: ReadonlySet<string>; readonly following: readonly string[] } {
  const changes = plan.changes.filter(({ kind, subject }) => kind !== "unchanged" && subject === "workload");
  const follows = /^(?:shares a namespace of|depends on) .+, which is /;
  const keyOf = (key: string) => key.replace(/#\d+$| \(.+\)$/, "");
  const predecessors = changes.flatMap(({ cause }) => /^takes over from ([^,]+),/.exec(cause)?.[1] ?? []);
  const own = changes.filter(({ cause }) => !follows.test(cause)).map(({ key }) => keyOf(key));
  return {
    own: new Set([...own, ...predecessors]),
    following: changes.filter(({ cause }) => follows.test(cause)).map(({ key }) => keyOf(key)),
  };
}

describe("for any configurations", () => {
  test("the plan from a state to itself must be empty", () => {
    fc.assert(
      fc.property(history, (states) => {
        for (const state of states) {
          const plan = planBetween(state, state);
          expect(plan.steps, formatPlan(plan)).toEqual([]);
          expect(plan.changes.filter(({ kind }) => kind !== "unchanged")).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("the plan from one to another must name exactly the workloads that differ", () => {
    fc.assert(
      fc.property(history, (states) => {
        for (const [index, to] of states.entries()) {
          const from = states[index - 1];
          if (from === undefined) continue;
          const plan = planBetween(from, to);
          const { own, following } = named(plan);
          const expected = differing(from, to);
          const unexpected = [...own].filter((key) => !expected.includes(key));
          expect(unexpected, formatPlan(plan)).toEqual([]);
          const all = new Set([...own, ...following]);
          const missing = expected.filter((key) => !all.has(key));
          expect(missing, formatPlan(plan)).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("from an Engine that runs what one side declares", () => {
  const full = (): Partial<ContainerSpec> => ({
    command: ["serve", "--fast"],
    entrypoint: ["/init"],
    user: "app",
    workingDir: "/srv/",
    stopTimeoutSeconds: 3,
    init: true,
    healthcheck: { kind: "command", test: ["CMD", "ok"], startIntervalMs: 500 },
    ports: [port("8080:80"), port("9000-9010:90")],
    expose: ["70"],
    mounts: [volumeMount("data"), { kind: "anonymous", target: "/cache" }],
    volumesFrom: ["db"],
    network: onNetworks({ network: "front", aliases: ["www"], ipv4: "10.0.0.5" }, "outer"),
    ulimits: [{ name: "nofile", soft: 1, hard: 2 }],
    logging: { options: { "max-size": "1m" } },
    memory: 2 ** 26,
    memorySwap: 2 ** 27,
    platform: "linux/arm64",
    labels: { team: "a" },
  });

  test("every declared field must be taken as it is", () => {
    const state = desiredState([workload("web", full()), workload("db"), job("init")], {
      networks: [network("front", { driver: "overlay", options: { mtu: "9000" }, internal: true })],
      volumes: [volume("data", { driver: "nfs", driverOptions: { host: "a" } })],
    });
    const plan = planBetween(state, state);
    expect(plan.steps).toEqual([]);
    expect(plan.changes.map(({ kind }) => kind)).toEqual(["unchanged", "unchanged", "unchanged"]);
  });

  test.for([
    ["command", { command: ["serve"] }],
    ["entrypoint", { entrypoint: ["/init", "-v"] }],
    ["user", { user: "root" }],
    ["stop timeout", { stopTimeoutSeconds: 4 }],
    ["init", { init: false }],
    ["memory", { memory: 2 ** 27, memorySwap: 2 ** 28 }],
    ["label team", { labels: { team: "b" } }],
    ["label team", { labels: {} }],
    ["ulimits", { ulimits: [] }],
  ] as const)("a changed %s must be seen: %o", ([field, change]) => {
    const plan = planBetween(
      desiredState([workload("web", full())]),
      desiredState([workload("web", { ...full(), ...change })]),
    );
    expect(changeOf(plan).fields.map((found) => found.field)).toContain(field);
  });

  test("a setting that is taken away must be seen as well", () => {
    const plan = planBetween(
      desiredState([workload("web", { environment: { A: "1", B: "2" }, user: "app", command: ["x"] })]),
      desiredState([workload("web", { environment: { A: "1" } })]),
    );
    expect(fieldTexts(changeOf(plan))).toEqual(["command: x → -", "env B: 2 → -", "user: app → -"]);
  });

  test("a new tag must be pulled, one that runs already must not", () => {
    const from = [workload("web"), workload("api", { image: "myrepo/web:2-develop" })];
    const pulls = (image: string) =>
      planBetween(desiredState(from), desiredState([workload("web", { image }), from[1] as WorkloadSpec]))
        .steps.filter(({ kind }) => kind === "pull-image")
        .map(({ id }) => id);
    expect(pulls("myrepo/web:3-develop")).toEqual(["pull myrepo/web:3-develop"]);
    expect(pulls("myrepo/web:2-develop")).toEqual([]);
  });

  test("what comes from outside the configuration must be taken to be there", () => {
    const outside: Partial<ContainerSpec> = {
      network: onNetworks("corporate", "unmentioned"),
      mounts: [volumeMount("archive")],
    };
    const to = desiredState(
      [workload("web", outside), workload("vpn", { network: { kind: "container", container: "wireguard" } })],
      {
        networks: [network("corporate", { external: true })],
        volumes: [volume("archive", { external: true })],
      },
    );
    const kinds = planBetween(desiredState([], { networks: [] }), to).changes.map(
      ({ key, kind }) => `${kind} ${key}`,
    );
    expect(kinds).toEqual(["create vpn", "create web"]);
  });

  test("networks, volumes and files that come and go must be told", () => {
    const files = [{ a: "1" }, { a: "2" }].map((found) => fileSet(found));
    const [one, two] = files.map((set) =>
      desiredState(
        [workload("web", { mounts: [{ kind: "files", fileSet: set.name, target: "/etc/web" }] })],
        {
          fileSets: [set],
          networks: [network("front"), network(`net-${set.name.slice(-4)}`)],
          volumes: [volume(`vol-${set.name.slice(-4)}`)],
        },
      ),
    );
    if (one === undefined || two === undefined) throw new Error("two states are needed");
    const plan = planBetween(one, two);
    const suffix = (set: (typeof files)[number] | undefined) => set?.name.slice(-4) ?? "";
    expect(plan.changes.map(({ kind, key }) => `${kind} ${key}`).sort()).toEqual(
      [
        `create network net-${suffix(files[1])}`,
        `create volume vol-${suffix(files[1])}`,
        `remove files ${files[0]?.name}`,
        `remove network net-${suffix(files[0])}`,
        "replace web",
      ].sort(),
    );
    expect(plan.volumesKept).toEqual([`vol-${suffix(files[0])}`]);
  });

  test("a network that changed must be blocked, as on a real Engine", () => {
    const options = (internal: boolean) => ({ networks: [network("front", { internal })] });
    const plan = planBetween(
      desiredState([workload("web")], options(false)),
      desiredState([workload("web")], options(true)),
    );
    expect(changeOf(plan, "network front")).toMatchObject({ kind: "blocked" });
  });

  test("a container in another one's network must follow it, and only then", () => {
    const sidecar = workload("sidecar", { network: { kind: "workload", workload: "web" } });
    expect(lines([workload("web"), sidecar], [workload("web"), sidecar])).toEqual([]);
    const changed = workload("web", { image: "myrepo/web:2-develop" });
    expect(lines([workload("web"), sidecar], [changed, sidecar])).toEqual([
      "replace sidecar: shares a namespace of web, which is replaced",
      "replace web: the configuration changed",
    ]);
  });

  test("replicas and removals must be told one by one", () => {
    const scaled = (count: number) => workload("web", {}, { containerNames: replicas(count, "web") });
    expect(lines([scaled(2), workload("old")], [scaled(3)])).toEqual([
      "remove old: no longer in the configuration",
      "create web#3: not there yet",
    ]);
  });

  test("a port that changes hands must be seen", () => {
    const on = (key: string, text: string) => workload(key, { ports: [port(text)] });
    expect(lines([on("a", "80:80"), on("b", "81:80")], [on("a", "81:80"), on("b", "80:80")])).toEqual([
      "replace a: the configuration changed",
      "replace b: the configuration changed",
    ]);
  });
});

test("a difference must be planned in time that grows with the number of workloads, not faster", () => {
  const system = (count: number, version: number) =>
    desiredState(
      Array.from({ length: count }, (_, index) =>
        workload(
          `w${index}`,
          {
            image: `myrepo/w:${version}-develop`,
            ports: index % 5 === 0 ? [port(`${10_000 + index}:80`)] : [],
            environment: Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`NAME_${n}`, `${n}`])),
          },
          { dependsOn: index === 0 ? [] : [{ workload: `w${Math.floor(index / 2)}` }] },
        ),
      ),
    );
  const systems = new Map(
    [100, 1_000].map((count) => [count, [system(count, 1), system(count, 2)] as const]),
  );
  const planAll = (count: number) => {
    const [from, to] = systems.get(count) ?? [system(0, 1), system(0, 2)];
    const plan = planBetween(from, to);
    expect(plan.changes.filter(({ kind }) => kind === "replace")).toHaveLength(count);
  };
  // Quadratic were a hundred times as much.
  expect(costGrowth(planAll, 100, 1_000)).toBeLessThan(50);
});
