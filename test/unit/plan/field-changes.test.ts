import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import {
  fileSet,
  onNetworks,
  port,
  runningContainer,
  volumeMount,
  workload,
} from "../../support/builders.ts";
import { changeOf, fieldTexts, type PlanningOptions, planOf } from "./planning.ts";

const MiB = 1024 ** 2;

type Spec = Partial<ContainerSpec>;

/** The change when the declaration goes from `before` to `after`. */
function changeBetween(before: Spec, after: Spec, setFields: readonly string[] = []) {
  const live = runningContainer(workload("web", before), { record: { setFields } });
  return changeOf(planOf([workload("web", after)], [live]));
}

/** The change when somebody gave the container other settings. */
function changeByHand(declared: Spec, live: Spec, options: PlanningOptions = {}) {
  const wanted = workload("web", declared);
  return changeOf(planOf([wanted], [runningContainer(wanted, { spec: live })], options));
}

describe("a change of the declaration", () => {
  test.for<[string, Spec, Spec, string]>([
    ["a raised memory limit", { memory: 64 * MiB }, { memory: 128 * MiB }, "memory: 64 MiB → 128 MiB"],
    [
      "a memory reservation",
      { memoryReservation: 8 * MiB },
      { memoryReservation: 16 * MiB },
      "memory reservation: 8 MiB → 16 MiB",
    ],
    [
      "unlimited swap",
      { memory: 64 * MiB },
      { memory: 64 * MiB, memorySwap: -1 },
      "memory and swap: - → unlimited",
    ],
    [
      "the usual swap again",
      { memory: 64 * MiB, memorySwap: -1 },
      { memory: 64 * MiB },
      "memory and swap: unlimited → -",
    ],
    ["a share of the processors", { nanoCpus: 5e8 }, { nanoCpus: 15e8 }, "cpus: 0.5 → 1.5"],
    ["processor shares", { cpuShares: 512 }, { cpuShares: 1024 }, "cpu shares: 512 → 1024"],
    ["a set of processors", { cpusetCpus: "0" }, { cpusetCpus: "0-1" }, "cpuset cpus: 0 → 0-1"],
    ["a process limit", { pidsLimit: 100 }, { pidsLimit: 200 }, "pids limit: 100 → 200"],
    ["a block io weight", { blkioWeight: 100 }, { blkioWeight: 200 }, "block io weight: 100 → 200"],
    [
      "a restart policy",
      { restart: { name: "always" } },
      { restart: { name: "no" } },
      "restart policy: always → no",
    ],
    [
      "the tries of a restart policy",
      { restart: { name: "on-failure", maximumRetryCount: 3 } },
      { restart: { name: "on-failure", maximumRetryCount: 5 } },
      "restart policy: on-failure:3 → on-failure:5",
    ],
  ])("must be made in place when it is %s", ([, before, after, text]) => {
    const change = changeBetween(before, after);
    expect([change.kind, ...fieldTexts(change)]).toEqual(["in-place", text]);
  });

  test.for<[string, Spec, Spec, readonly string[]]>([
    ["a memory limit taken away", { memory: 64 * MiB }, {}, ["memory: 64 MiB → -"]],
    ["a first memory limit", {}, { memory: 64 * MiB }, ["memory: - → 64 MiB"]],
    ["a process limit taken away", { pidsLimit: 100 }, { pidsLimit: -1 }, ["pids limit: 100 → -"]],
    ["swappiness 0, which is not unset", {}, { memorySwappiness: 0 }, ["swappiness: - → 0"]],
    [
      "a label",
      { labels: { a: "1", c: "3" } },
      { labels: { a: "2", b: "1" } },
      ["label a: 1 → 2", "label b: - → 1", "label c: 3 → -"],
    ],
    [
      "a variable",
      { environment: { A: "1", B: "1" } },
      { environment: { A: "2" } },
      ["env A: 1 → 2", "env B: 1 → -"],
    ],
    [
      "an address of a port",
      { ports: [port("80:80")] },
      { ports: [port("127.0.0.1:80:80")] },
      ["ports: 80:80/tcp → 127.0.0.1:80:80/tcp"],
    ],
    [
      "the protocol of a port",
      { ports: [port("53:53")] },
      { ports: [port("53:53/udp")] },
      ["ports: 53:53/tcp → 53:53/udp", "exposed ports: 53/tcp → 53/udp"],
    ],
    [
      "a fixed instead of a random port",
      { ports: [port("80")] },
      { ports: [port("80:80")] },
      ["ports: 80/tcp → 80:80/tcp"],
    ],
    [
      "write access to a volume",
      { mounts: [volumeMount("data", "/data", true)] },
      { mounts: [volumeMount("data")] },
      ["mount /data: volume data (read-only) → volume data"],
    ],
    [
      "another source of a bind",
      { mounts: [{ kind: "bind", source: "/a", target: "/data", readOnly: false }] },
      { mounts: [{ kind: "bind", source: "/b", target: "/data", readOnly: false }] },
      ["mount /data: host path /a → host path /b"],
    ],
    [
      "another network mode",
      {},
      { network: { kind: "host" } },
      ["network mode: user-defined networks → host", "network front: attached → -"],
    ],
    [
      "an added capability",
      { capAdd: ["NET_ADMIN"] },
      { capAdd: ["CAP_NET_ADMIN", "sys_time"] },
      ["added capabilities: NET_ADMIN → NET_ADMIN SYS_TIME"],
    ],
    [
      "another order of name servers",
      { dns: ["1.1.1.1", "8.8.8.8"] },
      { dns: ["8.8.8.8", "1.1.1.1"] },
      ["dns: 1.1.1.1 8.8.8.8 → 8.8.8.8 1.1.1.1"],
    ],
    ["a host entry", { extraHosts: ["a:1"] }, { extraHosts: ["a:2"] }, ["extra hosts: a:1 → a:2"]],
    ["a stop timeout", {}, { stopTimeoutSeconds: 30 }, ["stop timeout: - → 30 s"]],
    [
      "a health check switched off",
      { healthcheck: { kind: "command", test: ["CMD", "true"] } },
      { healthcheck: { kind: "none" } },
      ['health check: "true" every 30 s, timeout 30 s, 3 tries → none'],
    ],
  ])("must take a new container when it is %s", ([, before, after, texts]) => {
    const change = changeBetween(before, after);
    expect([change.kind, ...fieldTexts(change)]).toEqual(["replace", ...texts]);
    expect(change.cause).toBe("the configuration changed");
  });

  test("must take a new container for a limit in place and a label together", () => {
    const change = changeBetween({ memory: 64 * MiB }, { memory: 128 * MiB, labels: { a: "1" } });
    expect([change.kind, ...fieldTexts(change)]).toEqual([
      "replace",
      "label a: - → 1",
      "memory: 64 MiB → 128 MiB",
    ]);
  });

  test.for<[string, string, Spec, string]>([
    ["shared memory", "shared memory", { shmSize: 1024 * MiB }, "shared memory: 1 GiB → -"],
    ["the runtime", "runtime", { runtime: "kata" }, "runtime: kata → -"],
    ["the IPC mode", "ipc", { ipcMode: "host" }, "ipc: host → -"],
    [
      "the cgroup namespace",
      "cgroup namespace",
      { cgroupnsMode: "private" },
      "cgroup namespace: private → -",
    ],
    ["an init process", "init", { init: true }, "init: true → -"],
    ["logging", "logging", { logging: { driver: "none", options: {} } }, "logging: none → -"],
    [
      "resource limits",
      "ulimits",
      { ulimits: [{ name: "core", soft: 0, hard: 0 }] },
      "ulimits: core=0:0 → -",
    ],
  ])("must go back to the Engine's default when %s is no longer set", ([, name, before, text]) => {
    const change = changeBetween(before, {}, [name]);
    expect([change.kind, ...fieldTexts(change)]).toEqual(["replace", text]);
    expect(changeBetween(before, {}).kind, "what we did not set is the Engine's own").toBe("unchanged");
  });

  test("must deliver changed files, which show as another version", () => {
    const mounts = (text: string) => [
      {
        kind: "files" as const,
        fileSet: fileSet({ "nginx.conf": text }).name,
        path: "nginx.conf",
        target: "/etc/nginx.conf",
      },
    ];
    const change = changeBetween({ mounts: mounts("old") }, { mounts: mounts("new") });
    expect(change.kind).toBe("replace");
    expect(fieldTexts(change)).toEqual([
      expect.stringMatching(
        /^mount \/etc\/nginx\.conf: files nginx\.conf @[0-9a-f]{7} → files nginx\.conf @[0-9a-f]{7}$/,
      ),
    ]);
    expect(change.fields[0]?.before).not.toBe(change.fields[0]?.after);
  });

  test("must point at the line of the field, or else at the workload", () => {
    const place = { file: "units/web.service", line: 9, column: 4 };
    const wanted = workload("web", { labels: { a: "1" }, user: "www" }, { positions: { labels: place } });
    const { fields } = changeOf(planOf([wanted], [runningContainer(workload("web"))]));
    expect(fields.map(({ position }) => position)).toEqual([place, wanted.origin]);
  });
});

test("another static address must be taken in place, by attaching again", () => {
  const at = (ipv4: string) => ({ network: onNetworks({ network: "front", ipv4 }) });
  const change = changeBetween(at("10.1.0.8"), at("10.1.0.9"));
  expect([change.kind, ...fieldTexts(change)]).toEqual(["in-place", "network front: 10.1.0.8 → 10.1.0.9"]);
});

describe("a change by hand", () => {
  test.for<[string, Spec, Spec, string]>([
    ["a variable", { environment: { A: "1" } }, { environment: { A: "9" } }, "env A: 9 → 1"],
    ["a variable too many", {}, { environment: { A: "9" } }, "env A: 9 → -"],
    ["a label", { labels: { a: "1" } }, { labels: {} }, "label a: - → 1"],
    ["the image's own command", {}, { command: ["sleep"] }, "command: sleep → serve"],
  ])("must be found although the hash label is equal: %s", ([, declared, live, text]) => {
    const change = changeByHand(declared, live);
    expect([change.kind, ...fieldTexts(change)]).toEqual(["replace", text]);
    expect(change.cause).toBe("changed by hand on the Engine");
  });

  test("must be taken back in place where the Engine can", () => {
    const change = changeByHand({ memory: 64 * MiB }, { memory: 256 * MiB, memorySwap: 512 * MiB });
    expect([change.kind, ...fieldTexts(change)]).toEqual(["in-place", "memory: 256 MiB → 64 MiB"]);
  });

  test("must be named, but left alone, when it is one more network", () => {
    const change = changeByHand(
      {},
      { network: onNetworks("front", "debug") },
      { actual: { networks: ["debug", "front"] } },
    );
    expect([change.kind, ...fieldTexts(change)]).toEqual(["unchanged"]);
    expect(change.notes).toEqual(['also attached to network "debug", which the configuration does not name']);
  });
});

describe("values of the environment", () => {
  test("must be masked, and nothing else", () => {
    const { fields } = changeBetween(
      { environment: { A: "1", B: "2" }, labels: { a: "1" } },
      { environment: { A: "2", C: "3" }, labels: { a: "2" }, user: "www" },
    );
    expect(fields.map(({ field, masked }) => [field, masked])).toEqual([
      ["env A", true],
      ["env B", true],
      ["env C", true],
      ["label a", false],
      ["user", false],
    ]);
  });
});
