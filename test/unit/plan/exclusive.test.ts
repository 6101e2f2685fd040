import { describe, expect, test } from "vitest";
import type { ContainerSpec, Mount } from "../../../src/model/workload.ts";
import { conflictsBetween } from "../../../src/plan/exclusive.ts";
import { onNetworks, port, runningContainer, volumeMount, workload } from "../../support/builders.ts";
import { changeOf, planOf } from "./planning.ts";

function conflicts(older: Partial<ContainerSpec>, newer = older, refused = false): readonly string[] {
  return conflictsBetween(workload("web", older).container, workload("web", newer).container, refused);
}

function bind(source: string, readOnly = false): { mounts: readonly Mount[] } {
  return { mounts: [{ kind: "bind", source, target: "/data", readOnly }] };
}

const endpoint = { network: "back", macAddress: "02:42:ac:11:00:02", linkLocalIps: ["169.254.1.1"] };

const device = (hostPath: string) => ({
  devices: [{ hostPath, containerPath: "/dev/x", permissions: "rwm" }],
});

describe("host ports", () => {
  test.for<[string, readonly string[], readonly string[], readonly string[]]>([
    ["the same port", ["80:80"], ["80:80"], ["80"]],
    ["the same host port of other container ports", ["80:80"], ["80:8080"], ["80"]],
    ["every address and a certain one", ["80:80"], ["127.0.0.1:80:80"], ["80"]],
    ["0.0.0.0 and a certain address", ["10.0.0.1:80:80"], ["0.0.0.0:80:80"], ["80"]],
    [":: and a certain address", [":::80:80"], ["127.0.0.1:80:80"], ["80"]],
    ["the same certain address", ["10.0.0.1:80:80"], ["10.0.0.1:80:80"], ["80"]],
    ["a number with a leading zero", ["080:80"], ["80:80"], ["80"]],
    ["the same port of udp", ["53:53/udp"], ["53:53/udp"], ["53/udp"]],
    [
      "one of several, each named once",
      ["81:81", "80:80", "80:80/udp"],
      ["80:80", "80:80", "82:82", "80:1/udp"],
      ["80", "80/udp"],
    ],
    ["different ports", ["80:80"], ["81:80"], []],
    ["different addresses", ["127.0.0.1:80:80"], ["10.0.0.1:80:80"], []],
    ["tcp and udp", ["53:53"], ["53:53/udp"], []],
    ["ports that the Engine chooses", ["80"], ["80"], []],
    ["port 0, which the Engine chooses", ["0:80"], ["0:80"], []],
    ["a range that the Engine chooses from", ["8000-8010:80"], ["8000-8010:80"], []],
    ["a range and a fixed port in it", ["8000-8010:80"], ["8005:80"], []],
  ])("must be weighed by address and protocol: %s", ([, older, newer, ports]) => {
    const found = conflicts({ ports: older.map(port) }, { ports: newer.map(port) });
    expect(found).toEqual(ports.map((text) => `host port ${text}`));
  });
});

describe("what only one container can hold", () => {
  test.for<[string, Partial<ContainerSpec>, Partial<ContainerSpec>, readonly string[]]>([
    [
      "a static address",
      { network: onNetworks({ network: "front", ipv4: "10.1.0.9" }) },
      { network: onNetworks({ network: "front", ipv4: "10.1.0.9" }) },
      ["static address 10.1.0.9"],
    ],
    [
      "a static address of IPv6 in capitals",
      { network: onNetworks({ network: "front", ipv6: "fd00::A" }) },
      { network: onNetworks({ network: "front", ipv6: "fd00::a" }) },
      ["static address fd00::a"],
    ],
    [
      "the host's network",
      { network: { kind: "host" } },
      { network: { kind: "host" } },
      ["the host's network"],
    ],
    [
      "the network of another workload",
      { network: { kind: "workload", workload: "vpn" } },
      { network: { kind: "container", container: "vpn" } },
      ["another container's network"],
    ],
    [
      "a hardware address",
      { macAddress: "02:42:ac:11:00:02" },
      { macAddress: "02:42:ac:11:00:02" },
      ["mac address 02:42:ac:11:00:02"],
    ],
    [
      "a hardware address and a link-local one of a network",
      { network: onNetworks(endpoint) },
      { network: onNetworks(endpoint) },
      ["static address 169.254.1.1", "mac address 02:42:ac:11:00:02"],
    ],
    [
      "a volume that both write, wherever it is mounted",
      { mounts: [volumeMount("data", "/a")] },
      { mounts: [volumeMount("data", "/b")] },
      ["read-write volume data"],
    ],
    ["a host folder that both write", bind("/srv/data"), bind("/srv/data"), ["read-write path /srv/data"]],
    ["a device", device("/dev/ttyUSB0"), device("/dev/ttyUSB0"), ["device /dev/ttyUSB0"]],
    [
      "several things, in a fixed order",
      { ports: [port("80:80")], ...bind("/srv/b") },
      { ...bind("/srv/b"), ports: [port("80:80")] },
      ["host port 80", "read-write path /srv/b"],
    ],
  ])("must be named: %s", ([, older, newer, reasons]) => {
    expect(conflicts(older, newer)).toEqual(reasons);
  });

  test.for<[string, Partial<ContainerSpec>, Partial<ContainerSpec>]>([
    [
      "another static address",
      { network: onNetworks({ network: "front", ipv4: "10.1.0.9" }) },
      { network: onNetworks({ network: "front", ipv4: "10.1.0.8" }) },
    ],
    [
      "the same address on another network",
      { network: onNetworks({ network: "front", ipv4: "10.1.0.9" }) },
      { network: onNetworks({ network: "back", ipv4: "10.1.0.9" }) },
    ],
    ["a network without an address", {}, {}],
    ["the host's network given up", { network: { kind: "host" } }, {}],
    ["the host's network taken up", {}, { network: { kind: "host" } }],
    ["no network", { network: { kind: "none" } }, { network: { kind: "none" } }],
    [
      "a volume that the new one only reads",
      { mounts: [volumeMount("data")] },
      { mounts: [volumeMount("data", "/data", true)] },
    ],
    [
      "a volume that the old one only reads",
      { mounts: [volumeMount("data", "/data", true)] },
      { mounts: [volumeMount("data")] },
    ],
    ["another volume at the same place", { mounts: [volumeMount("a")] }, { mounts: [volumeMount("b")] }],
    [
      "anonymous volumes and memory",
      {
        mounts: [
          { kind: "anonymous", target: "/a" },
          { kind: "tmpfs", target: "/b", options: "" },
        ],
      },
      {
        mounts: [
          { kind: "anonymous", target: "/a" },
          { kind: "tmpfs", target: "/b", options: "" },
        ],
      },
    ],
    ["a host folder that one only reads", bind("/srv/data"), bind("/srv/data", true)],
    ["another device", device("/dev/ttyUSB0"), device("/dev/ttyUSB1")],
  ])("must not be seen in %s", ([, older, newer]) => {
    expect(conflicts(older, newer)).toEqual([]);
  });

  test.for([
    "/var/run/docker.sock",
    "/srv/app.sock",
    "/dev",
    "/dev/shm",
    "/proc",
    "/sys/fs/cgroup",
    "/run/dbus",
    "/etc/localtime",
    "/etc/timezone",
  ])("must not be seen in %s, which is meant to be shared", (path) => {
    expect(conflicts(bind(path))).toEqual([]);
  });

  test.for(["/device", "/runtime", "/procure", "/etc/localtime.d", "/srv/app.sock.d", "/srv/dev", "/etc"])(
    "must be seen in %s, which only looks like something shared",
    (path) => {
      expect(conflicts(bind(path))).toEqual([`read-write path ${path}`]);
    },
  );

  test("must be only what the Engine refuses when start-first is declared", () => {
    const everything = {
      ...bind("/srv/data"),
      ...device("/dev/ttyUSB0"),
      macAddress: "02:42:ac:11:00:02",
      ports: [port("80:80")],
      network: onNetworks({ network: "front", ipv4: "10.1.0.9" }),
    };
    expect(conflicts(everything, everything, true)).toEqual(["host port 80", "static address 10.1.0.9"]);
    expect(conflicts({ network: { kind: "host" } }, { network: { kind: "host" } }, true)).toEqual([]);
  });
});

describe("the order of a replacement", () => {
  function rolloutOf(
    spec: Partial<ContainerSpec>,
    order: "auto" | "start-first" | "stop-first",
    status: "running" | "exited" = "running",
  ) {
    const wanted = workload("web", { ...spec, labels: { new: "1" } }, { update: { order } });
    const old = runningContainer(workload("web", spec), { state: { status } });
    const { kind, cause, rollout } = changeOf(planOf([wanted], [old]));
    return kind === "blocked" ? cause : rollout;
  }

  test.for([
    [{}, "auto", { order: "start-first", downtimeMs: 0 }],
    [
      { ports: [port("80:80")] },
      "auto",
      { order: "stop-first", reason: "host port 80 can be held by one container only", downtimeMs: 15_000 },
    ],
    [{}, "stop-first", { order: "stop-first", reason: "declared", downtimeMs: 15_000 }],
    [{ mounts: [volumeMount("data")] }, "start-first", { order: "start-first", downtimeMs: 0 }],
    [
      { ports: [port("80:80")] },
      "start-first",
      "start-first is declared but impossible: host port 80 can be held by one container only; declare stop-first or remove the conflict",
    ],
  ] as const)("of %j declared %s must be %j", ([spec, order, rollout]) => {
    expect(rolloutOf(spec, order)).toEqual(rollout);
  });

  test("must be stop-first without downtime when the old container does not run", () => {
    expect(rolloutOf({}, "auto", "exited")).toEqual({
      order: "stop-first",
      reason: "the old container does not run",
      downtimeMs: 0,
    });
  });
});
