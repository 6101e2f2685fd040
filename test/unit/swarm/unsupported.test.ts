import { describe, expect, test } from "vitest";
import type { ClusterSettings } from "../../../src/model/cluster.ts";
import type { ContainerSpec, WorkloadSpec } from "../../../src/model/workload.ts";
import { unsupportedOnSwarm } from "../../../src/swarm/unsupported.ts";
import { unsupportedFields } from "../../../src/swarm/unsupported-table.ts";
import { onNetworks, port, volumeMount, workload } from "../../support/builders.ts";

const newest = "1.51";

function messages(one: WorkloadSpec, apiVersion = newest): readonly string[] {
  return unsupportedOnSwarm(one, apiVersion).map(({ severity, message }) =>
    severity === "error" ? message : `${severity}: ${message}`,
  );
}

/** A value for each field that asks for what a service cannot have, and one that does not. */
const values: Readonly<
  Record<string, readonly [asks: Partial<ContainerSpec>, harmless: Partial<ContainerSpec>]>
> = {
  privileged: [{ privileged: true }, { privileged: false }],
  devices: [
    { devices: [{ hostPath: "/dev/fuse", containerPath: "/dev/fuse", permissions: "rwm" }] },
    { devices: [] },
  ],
  deviceCgroupRules: [{ deviceCgroupRules: ["c 1:3 mr"] }, { deviceCgroupRules: [] }],
  macAddress: [{ macAddress: "02:42:ac:11:00:02" }, {}],
  domainname: [{ domainname: "example.org" }, { domainname: "" }],
  links: [{ links: ["db"] }, { links: [] }],
  volumesFrom: [{ volumesFrom: ["db"] }, {}],
  publishAll: [{ publishAll: true }, { publishAll: false }],
  pidMode: [{ pidMode: "host" }, {}],
  ipcMode: [{ ipcMode: "host" }, { ipcMode: "private" }],
  utsMode: [{ utsMode: "host" }, {}],
  usernsMode: [{ usernsMode: "host" }, {}],
  cgroupnsMode: [{ cgroupnsMode: "host" }, {}],
  cgroupParent: [{ cgroupParent: "/x" }, {}],
  runtime: [{ runtime: "runsc" }, {}],
  shmSize: [{ shmSize: 67_108_864 }, {}],
  memorySwap: [
    { memory: 64e6, memorySwap: 64e6 },
    { memory: 64e6, memorySwap: 128e6 },
  ],
  memorySwappiness: [{ memorySwappiness: 0 }, { memorySwappiness: -1 }],
  cpuShares: [{ cpuShares: 512 }, { cpuShares: 0 }],
  cpuQuota: [{ cpuQuota: 50_000 }, { cpuQuota: 0 }],
  cpuPeriod: [{ cpuPeriod: 100_000 }, {}],
  cpusetCpus: [{ cpusetCpus: "0,1" }, { cpusetCpus: "" }],
  cpusetMems: [{ cpusetMems: "0" }, {}],
  deviceRequests: [
    { deviceRequests: [{ count: -1, capabilities: [["gpu"]], options: {} }] },
    { deviceRequests: [] },
  ],
  annotations: [{ annotations: { a: "b" } }, { annotations: {} }],
  storageOptions: [{ storageOptions: { size: "1G" } }, { storageOptions: {} }],
  unconfinedSystemPaths: [{ unconfinedSystemPaths: true }, { unconfinedSystemPaths: false }],
  cpuRealtimePeriod: [{ cpuRealtimePeriod: 1_000_000 }, {}],
  cpuRealtimeRuntime: [{ cpuRealtimeRuntime: 950_000 }, { cpuRealtimeRuntime: 0 }],
  blkioWeightDevices: [
    { blkioWeightDevices: [{ path: "/dev/sda", weight: 200 }] },
    { blkioWeightDevices: [] },
  ],
  deviceReadBps: [{ deviceReadBps: [{ path: "/dev/sda", rate: 1024 }] }, { deviceReadBps: [] }],
  deviceWriteBps: [{ deviceWriteBps: [{ path: "/dev/sda", rate: 1024 }] }, { deviceWriteBps: [] }],
  deviceReadIops: [{ deviceReadIops: [{ path: "/dev/sda", rate: 100 }] }, { deviceReadIops: [] }],
  deviceWriteIops: [{ deviceWriteIops: [{ path: "/dev/sda", rate: 100 }] }, { deviceWriteIops: [] }],
  blkioWeight: [{ blkioWeight: 300 }, { blkioWeight: 0 }],
  oomKillDisable: [{ oomKillDisable: true }, { oomKillDisable: false }],
};

describe("a field without a counterpart", () => {
  test.each(unsupportedFields)(
    "$field is refused where it is declared, by its flag or its key",
    ({ field, flag, key }) => {
      const [asks = {}, harmless = {}] = values[field] ?? [];
      const place = { file: "units/web.service", line: 3, column: 40 };
      const options = { positions: { [field]: place } };
      const [found, ...more] = unsupportedOnSwarm(workload("web", asks, options), newest);
      expect(more).toEqual([]);
      expect(found).toMatchObject({
        severity: "error",
        code: "swarm-unsupported",
        position: place,
        message: `a Swarm's service cannot have ${flag}`,
      });
      expect(found?.hint).toBeTruthy();
      expect(messages(workload("shop/web", asks))).toEqual([`a Swarm's service cannot have ${key || flag}`]);
      expect(messages(workload("web", harmless))).toEqual([]);
    },
  );

  test("every row is tried", () => {
    expect(unsupportedFields.map(({ field }) => field).sort()).toEqual(Object.keys(values).sort());
  });
});

const hostPort = { ...port("8080:80"), mode: "host" as const };

test.each<[string, Partial<ContainerSpec>, ClusterSettings, readonly string[]]>([
  ["no network", { network: { kind: "none" } }, {}, ["a Swarm's service cannot have --network none"]],
  [
    "another's network",
    { network: { kind: "container", container: "db" } },
    {},
    ["a Swarm's service cannot have --network container:…"],
  ],
  ["the bridge", { network: { kind: "default" } }, {}, []],
  ["the host's network", { network: { kind: "host" } }, {}, []],
  [
    "a fixed address",
    { network: onNetworks({ network: "front", ipv4: "10.0.0.5" }) },
    {},
    [`a Swarm's service cannot have a fixed address (10.0.0.5 on network "front")`],
  ],
  [
    "a link-local address, a MAC address and a gateway",
    {
      network: onNetworks(
        { network: "front", linkLocalIps: ["169.254.1.1"] },
        { network: "back", macAddress: "02:42:ac:11:00:02", gatewayPriority: 2 },
      ),
    },
    {},
    [
      `a Swarm's service cannot choose its gateway (priority 2 on network "back")`,
      `a Swarm's service cannot have a fixed address (02:42:ac:11:00:02 on network "back")`,
      `a Swarm's service cannot have a fixed address (169.254.1.1 on network "front")`,
    ],
  ],
  [
    "options on the bridge",
    { network: { kind: "default", driverOptions: { a: "b" } } },
    {},
    ["a Swarm's service has no options on a node's bridge"],
  ],
  [
    "a port of one address",
    { ports: [port("127.0.0.1:8080:80")] },
    {},
    ["a Swarm's service cannot publish port 80/tcp on one address (127.0.0.1)"],
  ],
  ["a port of all addresses", { ports: [port("0.0.0.0:8080:80")] }, {}, []],
  [
    "a choice of ports",
    { ports: [port("8000-8010:80")] },
    {},
    ["a Swarm's service cannot choose a host port for 80/tcp out of 8000-8010"],
  ],
  [
    "a port of the ingress and no address",
    { ports: [port("8080:80")] },
    { endpointMode: "dnsrr" },
    ["port 80/tcp needs mode host, because endpoint mode dnsrr has no part in the ingress network"],
  ],
  ["a port of the hosts and no address", { ports: [hostPort] }, { endpointMode: "dnsrr" }, []],
  [
    "a relabelled path",
    { mounts: [{ kind: "bind", source: "/srv", target: "/srv", readOnly: false, selinux: "Z" }] },
    {},
    [`a Swarm's service cannot relabel the host path "/srv" for SELinux (:Z)`],
  ],
  [
    "a relabelled volume",
    { mounts: [{ kind: "volume", volume: "data", target: "/data", readOnly: false, selinux: "z" }] },
    {},
    [`a Swarm's service cannot relabel the volume "data" for SELinux (:z)`],
  ],
  [
    "an image",
    { mounts: [{ kind: "image", image: "busybox:1", target: "/tools" }] },
    {},
    [`a Swarm's service cannot mount the image "busybox:1"`],
  ],
  [
    "options of a tmpfs",
    { mounts: [{ kind: "tmpfs", target: "/run", options: "size=1m,uid=5,exec" }] },
    {},
    ["a Swarm's service cannot have the options uid=5,exec of the tmpfs on /run"],
  ],
  [
    "a profile of the host",
    { securityOpt: ["apparmor=mine"] },
    {},
    [`a Swarm's service cannot have the security option "apparmor=mine"`],
  ],
  [
    "an endless stop",
    { stopTimeoutSeconds: -1 },
    {},
    ["a Swarm's service cannot wait without end for a container to stop"],
  ],
])("%s", (_what, container, cluster, expected) => {
  expect(messages(workload("web", container, { cluster }))).toEqual(expected);
});

test("each of several mounts and networks is pointed at", () => {
  const at = (column: number) => ({ file: "units/web.service", line: 2, column });
  const positions = { mounts: at(10), "mounts./b": at(20), network: at(30), "network.back": at(40) };
  const image = (target: string) => ({ kind: "image", image: "busybox:1", target }) as const;
  const container = {
    mounts: [image("/a"), image("/b")],
    network: onNetworks({ network: "front", ipv4: "10.0.0.5" }, { network: "back", ipv4: "10.0.1.5" }),
  };
  const found = unsupportedOnSwarm(workload("web", container, { positions }), newest);
  expect(found.map(({ position }) => position.column)).toEqual([10, 20, 30, 40]);
});

describe("a name", () => {
  test.each([
    ["my.service", false],
    ["web_", false],
    ["x".repeat(64), false],
    ["x".repeat(63), true],
    ["Web-1_b", true],
  ])("%s", (name, isPossible) => {
    expect(messages(workload("web", {}, { containerNames: [name] }))).toHaveLength(isPossible ? 0 : 1);
  });
});

describe("start-first", () => {
  const web = (container: Partial<ContainerSpec>) =>
    workload("web", container, { update: { order: "start-first" } });

  test("is impossible with a port of the hosts", () => {
    expect(messages(web({ ports: [hostPort] }))).toEqual([
      "order start-first is impossible with host port 8080: the new task would wait for ever for the port of the old one",
    ]);
  });

  test("may be declared with shared data", () => {
    expect(messages(web({ mounts: [volumeMount("data")] }))).toEqual([]);
  });
});

describe("what an older manager would forget", () => {
  const subpath = { ...volumeMount("data"), subpath: "www" } as const;

  test.each<[string, Partial<ContainerSpec>, string, string, string]>([
    [
      "what is mounted below a read-only path",
      { mounts: [{ kind: "bind", source: "/a", target: "/a", readOnly: true, recursive: "writable" }] },
      "1.43",
      "1.44",
      "a say about what is mounted below /a needs Engine API 1.44, this Swarm's manager speaks 1.43",
    ],
    [
      "no new privileges",
      { securityOpt: ["no-new-privileges"] },
      "1.43",
      "1.44",
      `security option "no-new-privileges" needs Engine API 1.44, this Swarm's manager speaks 1.43`,
    ],
    [
      "a part of a volume",
      { mounts: [subpath] },
      "1.44",
      "1.45",
      "mounting a part of a volume on /data needs Engine API 1.45, this Swarm's manager speaks 1.44",
    ],
    [
      "an OOM score",
      { oomScoreAdj: 100 },
      "1.45",
      "1.46",
      "an OOM score needs Engine API 1.46, this Swarm's manager speaks 1.45",
    ],
    [
      "a start interval",
      { healthcheck: { kind: "command", startIntervalMs: 5 } },
      "1.41",
      "1.44",
      "warning: the health check's start interval needs Engine API 1.44, this Swarm's manager speaks 1.41: it has no effect",
    ],
    ["SELinux, which all know", { securityOpt: ["label=disable"] }, "1.41", "1.41", ""],
  ])("%s", (_what, container, older, newer, expected) => {
    expect(messages(workload("web", container), older)).toEqual(expected === "" ? [] : [expected]);
    expect(messages(workload("web", container), newer)).toEqual([]);
  });
});
