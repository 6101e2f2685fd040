import { describe, expect, test } from "vitest";
import { type EngineSurroundings, toActualContainer } from "../../../src/docker/actual-container.ts";
import {
  toActualImage,
  toActualNetwork,
  toActualVolume,
  toEngineFacts,
} from "../../../src/docker/actual-objects.ts";
import type {
  ContainerInspect,
  InspectConfig,
  InspectHostConfig,
} from "../../../src/docker/inspect-types.ts";
import { containerId, inspectOf, request, surroundings } from "./support.ts";

interface Changes {
  readonly top?: Partial<ContainerInspect>;
  readonly config?: InspectConfig;
  readonly host?: InspectHostConfig;
  readonly around?: Partial<EngineSurroundings>;
}

function read({ top = {}, config = {}, host = {}, around = {} }: Changes) {
  const base = inspectOf(request());
  const inspect = {
    ...base,
    ...top,
    Config: { ...base.Config, ...config },
    HostConfig: { ...base.HostConfig, ...host },
  };
  return toActualContainer(inspect, { ...surroundings, ...around });
}

describe("the Engine's spelling", () => {
  test.for([
    {
      name: "a host name made of the id",
      config: { Hostname: containerId.slice(0, 12) },
      field: "hostname",
      value: undefined,
    },
    { name: "a host name of its own", config: { Hostname: "box" }, field: "hostname", value: "box" },
    {
      name: "the host's own name on its network",
      config: { Hostname: "prod-1" },
      host: { NetworkMode: "host" },
      field: "hostname",
      value: undefined,
    },
    {
      name: "swap at twice the memory",
      host: { Memory: 64, MemorySwap: 128 },
      field: "memorySwap",
      value: undefined,
    },
    { name: "unlimited swap", host: { Memory: 64, MemorySwap: -1 }, field: "memorySwap", value: -1 },
    { name: "no swappiness", host: { MemorySwappiness: -1 }, field: "memorySwappiness", value: undefined },
    { name: "no process limit (null)", host: { PidsLimit: null }, field: "pidsLimit", value: undefined },
    { name: "no process limit (0)", host: { PidsLimit: 0 }, field: "pidsLimit", value: undefined },
    { name: "no process limit (-1)", host: { PidsLimit: -1 }, field: "pidsLimit", value: undefined },
    {
      name: "a working directory with a slash",
      config: { WorkingDir: "/app/" },
      field: "workingDir",
      value: "/app",
    },
    { name: "the root as working directory", config: { WorkingDir: "/" }, field: "workingDir", value: "/" },
    {
      name: "no restart policy",
      host: { RestartPolicy: { Name: "", MaximumRetryCount: 0 } },
      field: "restart",
      value: { name: "no" },
    },
    {
      name: "a label option of privileged",
      host: { Privileged: true, SecurityOpt: ["label=disable", "seccomp=x"] },
      field: "securityOpt",
      value: ["seccomp=x"],
    },
    {
      name: "a label option of its own",
      host: { SecurityOpt: ["label=disable"] },
      field: "securityOpt",
      value: ["label=disable"],
    },
    {
      name: "lower-case capabilities",
      host: { CapAdd: ["net_admin", "ALL"] },
      field: "capAdd",
      value: ["CAP_NET_ADMIN", "ALL"],
    },
    { name: "an empty entrypoint", config: { Entrypoint: null }, field: "entrypoint", value: undefined },
    {
      name: "a check switched off with intervals left",
      config: { Healthcheck: { Test: ["NONE"], Interval: 3e10 } },
      field: "healthcheck",
      value: { kind: "none" },
    },
    { name: "an init that is not set", host: { Init: null }, field: "init", value: undefined },
    { name: "an init switched off", host: { Init: false }, field: "init", value: false },
    { name: "a stop timeout of zero", config: { StopTimeout: 0 }, field: "stopTimeoutSeconds", value: 0 },
    { name: "links of old", host: { Links: ["/db:/web/database"] }, field: "links", value: ["db:database"] },
    {
      name: "a bare variable",
      config: { Env: ["A=1", "BARE", "=x", "B="] },
      field: "environment",
      value: { A: "1", B: "" },
    },
    {
      name: "an unbound port",
      host: { PortBindings: { "80/tcp": null } },
      field: "ports",
      value: [{ containerPort: 80, protocol: "tcp", hostIp: "", hostPort: "" }],
    },
    {
      name: "exposed ports of image and spec",
      config: { ExposedPorts: { "80/tcp": {}, "53/udp": {} } },
      field: "expose",
      value: ["53/udp", "80/tcp"],
    },
    { name: "the daemon's defaults", host: { ShmSize: 67108864 }, field: "shmSize", value: 67108864 },
  ] as (Changes & { name: string; field: string; value: unknown })[])(
    "must be read right: $name",
    ({ field, value, ...changes }) => {
      const spec = read(changes).spec as unknown as Record<string, unknown>;
      expect(spec[field]).toEqual(value);
      if (value === undefined) expect(Object.keys(spec)).not.toContain(field);
    },
  );
});

describe("networks", () => {
  const endpoint = {
    NetworkID: "n1",
    Aliases: [containerId.slice(0, 12), "web", "api", "api"],
    IPAMConfig: null,
  };
  const attached = (mode: string, networks: Record<string, object>) => ({
    host: { NetworkMode: mode },
    top: { NetworkSettings: { Networks: networks } },
  });

  test.for(["default", "bridge", ""])("must call mode %s the default", (mode) => {
    expect(read({ host: { NetworkMode: mode } }).spec.network).toEqual({ kind: "default" });
  });

  test("must leave out the aliases that the Engine and we add, under any role", () => {
    for (const name of ["/web", "/web.next-0123abcd", "/web.prev-0123abcd"]) {
      const { host, top } = attached("front", { front: endpoint });
      expect(read({ host, top: { ...top, Name: name } }).spec.network).toEqual({
        kind: "networks",
        attachments: [{ network: "front", aliases: ["api"] }],
      });
    }
  });

  test("must put the primary network first, also when the mode names it by id", () => {
    const networks = { a: endpoint, front: endpoint, b: endpoint };
    const { spec } = read({
      ...attached("n9", networks),
      around: { networkIds: new Map([["front", "n9"]]) },
    });
    expect(spec.network).toMatchObject({
      attachments: [{ network: "front" }, { network: "a" }, { network: "b" }],
    });
  });

  test("must give addresses that were asked for, not those that were handed out", () => {
    const fixed = { ...endpoint, IPAMConfig: { IPv4Address: "10.0.0.5" }, IPAddress: "10.0.0.5" };
    const dynamic = { ...endpoint, IPAddress: "10.0.1.7" };
    expect(read(attached("front", { front: fixed, back: dynamic })).spec.network).toEqual({
      kind: "networks",
      attachments: [
        { network: "front", aliases: ["api"], ipv4: "10.0.0.5" },
        { network: "back", aliases: ["api"] },
      ],
    });
  });

  test("must give the ids of networks also before the first start and after their removal", () => {
    const networks = { bridge: endpoint, gone: endpoint, fresh: { ...endpoint, NetworkID: "" } };
    const { networkIds } = read({
      ...attached("gone", networks),
      around: { networkIds: new Map([["fresh", "n2"]]) },
    });
    expect(networkIds).toEqual({ fresh: "n2", gone: "n1" });
  });

  test("must tell a shared namespace by id when the planner sees the other container, else by name", () => {
    const host = { NetworkMode: "container:abc", PidMode: "container:abc" };
    const seen = read({ host, around: { isObserved: () => true, nameOf: () => "db" } }).spec;
    expect(seen.network).toEqual({ kind: "container", container: "abc" });
    expect(seen.pidMode).toBe("container:db");
    const stranger = read({ host, around: { nameOf: () => "db" } }).spec;
    expect(stranger.network).toEqual({ kind: "container", container: "db" });
    expect(read({ host }).spec.network).toEqual({ kind: "container", container: "abc" });
  });
});

describe("mounts", () => {
  const files = "mysysconfig-shop-develop-files-0123456789abcdef";
  const hex = "a".repeat(64);
  test.for([
    [
      "a bind text",
      { Binds: ["/src:/dst:ro,z"] },
      [{ kind: "bind", source: "/src", target: "/dst", readOnly: true, selinux: "z", createSource: true }],
    ],
    [
      "a volume text",
      { Binds: ["data:/data:nocopy"] },
      [{ kind: "volume", volume: "data", target: "/data", readOnly: false, noCopy: true }],
    ],
    [
      "an anonymous volume carried over by Compose",
      { Binds: [`${hex}:/data`] },
      [{ kind: "anonymous", target: "/data" }],
    ],
    [
      "a structured anonymous volume",
      { Mounts: [{ Type: "volume", Target: "/data" }] },
      [{ kind: "anonymous", target: "/data" }],
    ],
    [
      "a volume without a name, with the Engine's own mark",
      {
        Mounts: [
          {
            Type: "volume",
            Source: hex,
            Target: "/data",
            VolumeOptions: { Labels: { "com.docker.volume.anonymous": "", "org.example": "1" } },
          },
        ],
      },
      [{ kind: "anonymous", target: "/data", labels: { "org.example": "1" } }],
    ],
    [
      "a structured tmpfs",
      { Mounts: [{ Type: "tmpfs", Target: "/run", TmpfsOptions: { SizeBytes: 64, Mode: 0o1777 } }] },
      [{ kind: "tmpfs", target: "/run", options: "size=64,mode=1777" }],
    ],
    [
      "a folder of repository files",
      { Mounts: [{ Type: "volume", Source: files, Target: "/conf", ReadOnly: true }] },
      [{ kind: "files", fileSet: files, target: "/conf" }],
    ],
    [
      "a repository file by its path on the host",
      { Mounts: [{ Type: "bind", Source: "/v/files/_data/a/b", Target: "/b", ReadOnly: true }] },
      [{ kind: "files", fileSet: files, path: "a/b", target: "/b" }],
    ],
    [
      "a writable path inside such a volume",
      { Mounts: [{ Type: "bind", Source: "/v/files/_data/a", Target: "/b" }] },
      [{ kind: "bind", source: "/v/files/_data/a", target: "/b", readOnly: false }],
    ],
  ] as [string, InspectHostConfig, object[]][])("must be read right: %s", ([, host, mounts]) => {
    const around = { filesVolumes: new Map([["/v/files/_data", files]]) };
    expect(read({ host, around }).spec.mounts).toEqual(mounts);
  });

  test("must show volumes of the image that nothing covers", () => {
    const config = { Volumes: { "/data": {}, "/log/": {} } };
    expect(read({ config, host: { Binds: ["log:/log"] } }).spec.mounts).toEqual([
      { kind: "anonymous", target: "/data" },
      { kind: "volume", volume: "log", target: "/log", readOnly: false },
    ]);
  });
});

describe("labels and state", () => {
  test("must become ownership and record, and leave the user's labels alone", () => {
    const Labels = {
      "mysysconfig.project": "shop",
      "mysysconfig.environment": "develop",
      "mysysconfig.workload": "shop/web",
      "mysysconfig.replica": "2",
      "mysysconfig.kind": "job",
      "mysysconfig.spec": "v1:abc",
      "mysysconfig.set": "logging,init",
      "mysysconfig.needs": "shop/db",
      mine: "x",
    };
    const { ownership, record, spec } = read({ config: { Labels } });
    expect(ownership).toEqual({ kind: "owned" });
    expect(record).toEqual({
      workload: "shop/web",
      replica: 2,
      kind: "job",
      fingerprint: "v1:abc",
      setFields: ["logging", "init"],
      needs: ["shop/db"],
    });
    expect(spec.labels).toEqual({ mine: "x" });
    expect(read({}).ownership).toEqual({ kind: "unmanaged" });
  });

  test("must not take a missing health check for one", () => {
    const State = { Status: "running", Health: { Status: "none" } };
    expect(read({ top: { State } }).state.health).toBeUndefined();
    expect(read({ top: { State: { ...State, Health: { Status: "unhealthy" } } } }).state.health).toBe(
      "unhealthy",
    );
  });
});

describe("other objects", () => {
  const owner = surroundings.owner;
  test.for([
    [{}, "inactive"],
    [{ LocalNodeState: "inactive" }, "inactive"],
    [{ LocalNodeState: "active", ControlAvailable: true }, "manager"],
    [{ LocalNodeState: "active" }, "worker"],
    [{ LocalNodeState: "locked" }, "locked"],
    [{ LocalNodeState: "pending" }, "error"],
    [{ LocalNodeState: "error" }, "error"],
  ] as const)("must never take a broken swarm for none: %o", ([Swarm, role]) => {
    expect(toEngineFacts({ Swarm }, "1.51").swarm).toBe(role);
  });

  test.for([
    [{ LocalNodeState: "active", ControlAvailable: true }, undefined],
    [
      { LocalNodeState: "active", ControlAvailable: true, Error: "The swarm does not have a leader." },
      "The swarm does not have a leader.",
    ],
    [
      { LocalNodeState: "active", RemoteManagers: [{ Addr: "10.0.0.2:2377" }, { Addr: "10.0.0.1:2377" }] },
      "this Engine is a worker of its Swarm; its managers: 10.0.0.1:2377, 10.0.0.2:2377",
    ],
    [{ LocalNodeState: "locked" }, "the Swarm is locked"],
    [{ LocalNodeState: "pending" }, "the node is pending in its Swarm"],
    [{ LocalNodeState: "error", Error: "cannot bind" }, "cannot bind"],
  ] as const)("must say why a swarm cannot be used: %o", ([Swarm, problem]) => {
    expect(toEngineFacts({ Swarm }, "1.51").swarmProblem).toBe(problem);
  });

  test("must be read from answers full of null", () => {
    expect(
      toActualNetwork({ Id: "1", Name: "n", Options: null, Labels: null, IPAM: null }, owner),
    ).toMatchObject({ options: {}, labels: {}, ipam: { pools: [] } });
    expect(toActualVolume({ Name: "v", Labels: null, Options: null }, owner)).toMatchObject({
      driverOptions: {},
      holdsFiles: false,
    });
    expect(toActualImage({ Id: "sha256:1" })).toMatchObject({
      environment: {},
      command: [],
      exposedPorts: [],
      volumes: [],
    });
    expect(
      toActualImage({ Id: "sha256:1", Config: { Env: ["A=b=c", "BARE"], Cmd: null } }).environment,
    ).toEqual({ A: "b=c", BARE: "" });
  });
});
