import { describe, expect, test } from "vitest";
import { toActualContainer } from "../../../src/docker/actual-container.ts";
import { offlinePreview } from "../../../src/docker/preview.ts";
import { droppedFields } from "../../../src/docker/verify-created.ts";
import { type ContainerSpec, defaultUpdatePolicy } from "../../../src/model/workload.ts";
import { rows } from "../../integration/docker/rows.ts";
import { inspectOf, request, spec, surroundings } from "./support.ts";

const attachments = [
  { network: "front", aliases: ["api"], ipv4: "10.0.0.5" },
  { network: "back", aliases: [] },
] as const;
const networks = { network: { kind: "networks", attachments } } as const;
const gpus = { count: -1, capabilities: [["gpu"]], options: {} };
const rate = { path: "/dev/sda", rate: 1024 };
const fileSet = "mysysconfig-shop-develop-files-0123456789abcdef";

describe("the body of a create call", () => {
  test("must be minimal for a minimal spec", () => {
    expect(request()).toEqual({
      name: "web",
      body: {
        Image: "myrepo/web:58-develop",
        Env: [],
        Labels: {},
        HostConfig: { RestartPolicy: { Name: "no", MaximumRetryCount: 0 }, NetworkMode: "default" },
      },
      connectAfter: [],
    });
  });

  test("must sort the environment and add our labels to the user's", () => {
    const { body } = request(
      { environment: { B: "2", A: "1" }, labels: { mine: "x" } },
      { labels: { "mysysconfig.txn": "0" } },
    );
    expect(body.Env).toEqual(["A=1", "B=2"]);
    expect(body.Labels).toEqual({ mine: "x", "mysysconfig.txn": "0" });
  });

  test("must expose what it publishes, because the Engine drops a binding without", () => {
    const ports = [
      { containerPort: 80, protocol: "tcp", hostIp: "", hostPort: "8080" },
      { containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1", hostPort: "" },
    ] as const;
    const { body } = request({ ports, expose: ["9090"] });
    expect(body.ExposedPorts).toEqual({ "80/tcp": {}, "9090/tcp": {} });
    expect(body.HostConfig.PortBindings).toEqual({
      "80/tcp": [
        { HostIp: "", HostPort: "8080" },
        { HostIp: "127.0.0.1", HostPort: "" },
      ],
    });
  });

  test("must attach every network at once from API 1.44 on, and the others afterwards before", () => {
    const modern = request(networks, { apiVersion: "1.44" });
    expect(Object.keys(modern.body.NetworkingConfig?.EndpointsConfig ?? {})).toEqual(["front", "back"]);
    expect(modern.connectAfter).toEqual([]);
    const old = request(networks, { apiVersion: "1.43" });
    expect(old.body.HostConfig.NetworkMode).toBe("front");
    expect(old.body.NetworkingConfig?.EndpointsConfig).toEqual({
      front: { Aliases: ["api", "web"], IPAMConfig: { IPv4Address: "10.0.0.5" } },
    });
    expect(old.connectAfter).toEqual([{ network: "back", endpoint: { Aliases: ["web"] } }]);
  });

  test("must hold aliases, the canonical name and addresses back from a replacement that has not passed its gate", () => {
    const { body } = request(networks, { aliases: "withheld", name: "web.next-0123abcd" });
    expect(body.NetworkingConfig?.EndpointsConfig).toEqual({ front: {}, back: {} });
  });

  test("must give a replacement that serves from the start the canonical name", () => {
    const { body } = request(networks, { name: "web.next-0123abcd" });
    expect(body.NetworkingConfig?.EndpointsConfig["back"]?.Aliases).toEqual(["web"]);
  });

  test.for([
    ["container:<id>", { kind: "container", container: "db" }, "abc", "container:abc"],
    ["a workload's container", { kind: "workload", workload: "shop/db" }, "abc", "container:abc"],
    ["a name in a preview", { kind: "workload", workload: "shop/db" }, undefined, "container:shop/db"],
  ] as const)("must share the network of %s", ([, network, sharedContainer, mode]) => {
    const context = sharedContainer === undefined ? {} : { sharedContainer };
    expect(request({ network }, context).body.HostConfig.NetworkMode).toBe(mode);
  });

  test("must send the mac address where this API version reads it", () => {
    const fields = { macAddress: "02:00:00:00:00:01", ...networks };
    expect(request(fields, { apiVersion: "1.43" }).body.MacAddress).toBe("02:00:00:00:00:01");
    const modern = request(fields, { apiVersion: "1.44" }).body;
    expect(modern.MacAddress).toBeUndefined();
    expect(modern.NetworkingConfig?.EndpointsConfig["front"]?.MacAddress).toBe("02:00:00:00:00:01");
  });

  test("must mount a file of the repository by subpath, on old Engines by its path on the host", () => {
    const mounts = [{ kind: "files", fileSet, path: "a/b.yml", target: "/etc/b.yml" }] as const;
    expect(request({ mounts }).body.HostConfig.Mounts).toEqual([
      {
        Type: "volume",
        Source: fileSet,
        Target: "/etc/b.yml",
        ReadOnly: true,
        VolumeOptions: { NoCopy: true, Subpath: "a/b.yml" },
      },
    ]);
    expect(request({ mounts }, { apiVersion: "1.44" }).body.HostConfig.Mounts).toEqual([
      {
        Type: "bind",
        Source: `/var/lib/docker/volumes/${fileSet}/_data/a/b.yml`,
        Target: "/etc/b.yml",
        ReadOnly: true,
      },
    ]);
  });

  test.for([
    [
      "a start interval",
      "1.43",
      { healthcheck: { kind: "command", startIntervalMs: 100 } },
      /API 1\.44, this Engine speaks 1\.43/,
    ],
    [
      "a part of a volume",
      "1.44",
      { mounts: [{ kind: "volume", volume: "v", target: "/x", readOnly: true, subpath: "a" }] },
      /API 1\.45/,
    ],
    [
      "a created path with a colon",
      "1.51",
      { mounts: [{ kind: "bind", source: "/a:b", target: "/x", readOnly: true, createSource: true }] },
      /colon/,
    ],
    [
      "relabelling a path that must exist",
      "1.51",
      { mounts: [{ kind: "bind", source: "/a", target: "/x", readOnly: true, selinux: "z" }] },
      /SELinux/,
    ],
  ] as [string, string, Partial<ContainerSpec>, RegExp][])(
    "must refuse %s rather than create something else",
    ([, apiVersion, fields, words]) => {
      expect(() => request(fields, { apiVersion })).toThrow(words);
    },
  );

  test("must be previewed without an Engine, with names for ids", () => {
    const preview = offlinePreview().previewCreate({
      key: "shop/web",
      kind: "service",
      containerNames: ["shop-web-1"],
      container: spec(networks),
      dependsOn: [],
      update: defaultUpdatePolicy,
      origin: { file: "units/shop.compose.yaml", line: 1, column: 1 },
      positions: {},
    });
    expect(preview).toMatchObject({
      Image: "myrepo/web:58-develop",
      HostConfig: { NetworkMode: "front" },
      NetworkingConfig: { EndpointsConfig: { front: { Aliases: ["api", "shop-web-1"] } } },
    });
  });
});

describe("a created container that is read back", () => {
  const byJson = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

  test.for(rows.filter((row) => row.live === undefined))("must be what was declared: $name", ({ fields }) => {
    const { spec: actual } = toActualContainer(
      inspectOf(request(fields, { name: "under-test" })),
      surroundings,
    );
    const wanted = spec(fields);
    const network = actual.network.kind === "networks" ? new Set(actual.network.attachments) : actual.network;
    const wantedNetwork =
      wanted.network.kind === "networks" ? new Set(wanted.network.attachments) : wanted.network;
    expect({ ...actual, mounts: actual.mounts.toSorted(byJson), network }).toEqual({
      ...wanted,
      mounts: wanted.mounts.toSorted(byJson),
      network: wantedNetwork,
    });
  });

  test.for(rows)("must not count as changed by the Engine: $name", ({ fields }) => {
    const sent = request(fields);
    expect(droppedFields(sent.body, inspectOf(sent))).toEqual([]);
  });

  test.for(rows.flatMap(({ since, ...row }) => (since === undefined ? [] : [{ ...row, since }])))(
    "must not be asked of an Engine that would drop it: $name",
    ({ fields, since }) => {
      const apiVersion = `1.${since - 1}`;
      expect(() => request(fields, { apiVersion })).toThrow(`needs Engine API 1.${since}`);
      expect(() => request(fields, { apiVersion: `1.${since}` })).not.toThrow();
    },
  );

  test.for([
    ["HostConfig.Privileged", { privileged: true }, { Privileged: false }],
    ["HostConfig.CapDrop", { capDrop: ["ALL"] }, { CapDrop: null }],
    ["HostConfig.ReadonlyRootfs", { readOnlyRootfs: true }, { ReadonlyRootfs: undefined }],
    [
      "HostConfig.SecurityOpt",
      { securityOpt: ["no-new-privileges", "seccomp=x"] },
      { SecurityOpt: ["seccomp=x"] },
    ],
    [
      "HostConfig.Mounts",
      { mounts: [{ kind: "volume", volume: "v", target: "/x", readOnly: true }] },
      { Mounts: [{ Type: "volume", Source: "v", Target: "/x" }] },
    ],
    [
      "HostConfig.PortBindings",
      { ports: [{ containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1", hostPort: "80" }] },
      { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "80" }] } },
    ],
    ["HostConfig.Annotations", { annotations: { a: "b" } }, { Annotations: undefined }],
    ["HostConfig.DeviceRequests", { deviceRequests: [gpus] }, { DeviceRequests: [] }],
    ["HostConfig.BlkioDeviceReadBps", { deviceReadBps: [rate] }, { BlkioDeviceReadBps: null }],
    ["HostConfig.NetworkMode", { network: { kind: "none" } }, { NetworkMode: "bridge" }],
    ["HostConfig.Memory", { memory: 2 ** 26 }, { Memory: 0 }],
  ] as [string, Partial<ContainerSpec>, object][])(
    "must be found out when the Engine drops %s",
    ([name, fields, change]) => {
      const sent = request(fields);
      const inspect = inspectOf(sent);
      expect(
        droppedFields(sent.body, { ...inspect, HostConfig: { ...inspect.HostConfig, ...change } }),
      ).toEqual([name]);
    },
  );

  test("must be found out when a network or its address is missing", () => {
    const sent = request(networks);
    const inspect = inspectOf(sent);
    const Networks = { front: { Aliases: ["api", "web"] } };
    expect(droppedFields(sent.body, { ...inspect, NetworkSettings: { Networks } })).toEqual([
      "network back",
      "network front",
    ]);
  });
});
