import { describe, expect, test } from "vitest";
import type { ActualImage } from "../../../src/model/actual-state.ts";
import type { ContainerSpec, NetworkAttachment } from "../../../src/model/workload.ts";
import { engineDefaultsSet } from "../../../src/plan/fields.ts";
import {
  actualState,
  desiredState,
  engineFacts,
  image,
  network,
  onNetworks,
  port,
  runningContainer,
  workload,
} from "../../support/builders.ts";
import { planOf } from "../../support/plan-text.ts";

interface Row {
  readonly name: string;
  readonly wanted?: Partial<ContainerSpec>;
  /** What the Engine reports beyond that. */
  readonly live?: Partial<ContainerSpec>;
  readonly image?: Partial<ActualImage>;
  /** Fields that differ; none unless given. */
  readonly differs?: readonly string[];
  readonly setFields?: readonly string[];
  readonly apiVersion?: string;
  /** The container was made from another spec than the desired one. */
  readonly otherSpec?: boolean;
}

function differencesOf(row: Row): readonly string[] {
  const web = workload("web", row.wanted);
  const inherited = image(web.container.image, row.image);
  const record = {
    setFields: row.setFields ?? engineDefaultsSet(web.container),
    ...(row.otherSpec ? { fingerprint: "v1:other" } : {}),
  };
  const live = runningContainer(web, { spec: { command: inherited.command, ...row.live }, record });
  const actual = actualState([live], {
    images: new Map([[web.container.image, inherited]]),
    networks: ["front", "back"],
  });
  const engine = { ...engineFacts, apiVersion: row.apiVersion ?? engineFacts.apiVersion };
  const { changes } = planOf(desiredState([web], { networks: [network("front"), network("back")] }), {
    ...actual,
    engine,
  });
  return changes.flatMap(({ fields }) => fields.map(({ field }) => field));
}

const check = { kind: "command", test: ["CMD", "curl", "localhost"] } as const;

/** On two networks, each with what is said of it. */
function onTwo(front: Partial<NetworkAttachment>, back: Partial<NetworkAttachment>): Partial<ContainerSpec> {
  return { network: onNetworks({ network: "front", ...front }, { network: "back", ...back }) };
}

const mac = "02:42:ac:11:00:02";
const generated = "be:f3:e2:ca:b8:fc";

const rows: readonly Row[] = [
  {
    name: "MAC addresses that the Engine gave to its endpoints",
    wanted: onTwo({}, {}),
    live: onTwo({ macAddress: generated }, { macAddress: generated }),
  },
  {
    name: "a MAC address of one network beside one that the Engine gave",
    wanted: onTwo({}, { macAddress: mac }),
    live: onTwo({ macAddress: generated }, { macAddress: mac }),
  },
  {
    name: "a MAC address of a container that does not run and has none",
    wanted: onTwo({}, { macAddress: mac }),
    live: onTwo({}, {}),
  },
  {
    name: "another MAC address of one network",
    wanted: onTwo({}, { macAddress: mac }),
    live: onTwo({}, { macAddress: generated }),
    differs: ["endpoint mac addresses"],
  },
  {
    name: "a MAC address of one network that is no longer declared",
    wanted: onTwo({}, {}),
    live: onTwo({}, { macAddress: mac }),
    setFields: ["endpoint mac addresses"],
    differs: ["endpoint mac addresses"],
  },
  {
    name: "a MAC address of the first network, which is the container's",
    wanted: onTwo({ macAddress: mac }, {}),
    live: { ...onTwo({}, {}), macAddress: mac },
  },
  {
    name: "another MAC address of the first network",
    wanted: onTwo({ macAddress: mac }, {}),
    live: { ...onTwo({}, {}), macAddress: generated },
    differs: ["mac address"],
  },
  {
    name: "a MAC address of the container that is no longer declared",
    wanted: onTwo({}, {}),
    live: { ...onTwo({ macAddress: mac }, {}), macAddress: mac },
    differs: ["mac address"],
  },
  {
    name: "a driver's option, a link-local address and the priority of a network",
    wanted: onTwo({ driverOptions: { a: "1" }, linkLocalIps: ["169.254.1.1"] }, { gatewayPriority: 5 }),
    live: onTwo({ driverOptions: { a: "2" }, linkLocalIps: ["169.254.1.1"] }, {}),
    differs: ["network back", "network front"],
  },
  {
    name: "a driver's option on the default bridge",
    wanted: { network: { kind: "default", driverOptions: { a: "1" } } },
    live: { network: { kind: "default" } },
    differs: ["network mode"],
  },
  {
    name: "requests for devices in another order of their ids",
    wanted: { deviceRequests: [{ ids: ["0", "1"], capabilities: [["gpu"]], options: {} }] },
    live: { deviceRequests: [{ ids: ["1", "0"], capabilities: [["gpu"]], options: {} }] },
  },
  {
    name: "fewer devices, another rate, and an annotation that is gone",
    wanted: {
      deviceRequests: [{ count: 2, capabilities: [["gpu"]], options: {} }],
      deviceReadBps: [{ path: "/dev/sda", rate: 1024 }],
      annotations: { a: "b" },
    },
    live: {
      deviceRequests: [{ count: 1, capabilities: [["gpu"]], options: {} }],
      deviceReadBps: [{ path: "/dev/sda", rate: 2048 }],
      annotations: {},
    },
    differs: ["annotation a", "device requests", "read rates of devices"],
  },
  {
    name: "an unnamed volume of the Engine's own driver",
    wanted: { mounts: [{ kind: "anonymous", target: "/x", driver: "local" }] },
    live: { mounts: [{ kind: "anonymous", target: "/x" }] },
  },
  {
    name: "what is mounted below a path, and a part of an image",
    wanted: {
      mounts: [
        { kind: "bind", source: "/a", target: "/a", readOnly: false, recursive: "disabled" },
        { kind: "image", image: "busybox:1", target: "/b", subpath: "bin" },
      ],
    },
    live: {
      mounts: [
        { kind: "bind", source: "/a", target: "/a", readOnly: false },
        { kind: "image", image: "busybox:1", target: "/b" },
      ],
    },
    differs: ["mount /a", "mount /b"],
  },
  {
    name: "95: variables in another order, with those of the image appended",
    wanted: { environment: { B: "2", A: "1" } },
    image: { environment: { PATH: "/bin" } },
    live: { environment: { A: "1", B: "2", PATH: "/bin" } },
  },
  {
    name: "3: a variable changed out of band",
    wanted: { environment: { A: "1" } },
    live: { environment: { A: "2" } },
    differs: ["env A"],
  },
  {
    name: "96: a variable that falls back to the image's value",
    image: { environment: { LEVEL: "info" } },
    live: { environment: { LEVEL: "info" } },
  },
  {
    name: "96: a variable that no longer hides the image's value",
    image: { environment: { LEVEL: "info" } },
    live: { environment: { LEVEL: "debug" } },
    differs: ["env LEVEL"],
  },
  {
    name: "98: swap at twice the memory, declared",
    wanted: { memory: 64, memorySwap: 128 },
    live: { memory: 64 },
  },
  { name: "98: swappiness -1", wanted: { memorySwappiness: -1 } },
  {
    name: "swappiness 0, which is a value",
    wanted: { memorySwappiness: 0 },
    live: { memorySwappiness: 60 },
    differs: ["swappiness"],
  },
  { name: "98: no limit of processes", wanted: { pidsLimit: -1 }, live: {} },
  { name: "98: a limit of processes of 0 after an update", live: { pidsLimit: 0 } },
  {
    name: "99: defaults of the Engine that nobody set",
    live: {
      shmSize: 67_108_864,
      ipcMode: "private",
      cgroupnsMode: "host",
      runtime: "runc",
      init: true,
      logging: { driver: "json-file", options: {} },
      ulimits: [{ name: "nofile", soft: 1024, hard: 2048 }],
    },
  },
  {
    name: "99: a default that was set once and is not any more",
    live: { shmSize: 2 ** 30 },
    setFields: ["shared memory"],
    differs: ["shared memory"],
  },
  {
    name: "99: a default of the Engine that changed later",
    wanted: { shmSize: 2 ** 30 },
    live: { shmSize: 2 ** 30, runtime: "crun" },
  },
  {
    name: "log options without a driver",
    wanted: { logging: { options: { "max-size": "1m" } } },
    live: { logging: { driver: "local", options: { "max-size": "1m" } } },
  },
  {
    name: "log options that the Engine adds by default",
    wanted: { logging: { driver: "json-file", options: { "max-size": "1m" } } },
    live: { logging: { driver: "json-file", options: { "max-size": "1m", "max-file": "5" } } },
  },
  {
    name: "a log option that the configuration dropped",
    wanted: { logging: { driver: "json-file", options: { "max-size": "1m" } } },
    live: { logging: { driver: "json-file", options: { "max-size": "1m", "max-file": "5" } } },
    otherSpec: true,
    differs: ["logging"],
  },
  {
    name: "100: privileged with its security label",
    wanted: { privileged: true, securityOpt: ["label=disable"] },
    live: { securityOpt: [] },
  },
  {
    name: "101: capabilities in other spellings and orders",
    wanted: { capAdd: ["net_admin", "CAP_SYS_TIME"], capDrop: ["all"] },
    live: { capAdd: ["SYS_TIME", "CAP_NET_ADMIN"], capDrop: ["ALL"] },
  },
  {
    name: "102: a partial health check on top of the image's",
    wanted: { healthcheck: { kind: "command", intervalMs: 1_000 } },
    image: { healthcheck: { ...check, intervalMs: 30_000, retries: 5 } },
    live: { healthcheck: { ...check, intervalMs: 1_000, retries: 5 } },
  },
  {
    name: "102: zeros, which inherit",
    wanted: { healthcheck: { ...check, intervalMs: 0, retries: 0 } },
    image: { healthcheck: { ...check, intervalMs: 5_000 } },
    live: { healthcheck: { ...check, intervalMs: 5_000 } },
  },
  {
    name: "28, 102: a health check that is switched off",
    wanted: { healthcheck: { kind: "none" } },
    image: { healthcheck: check },
    live: { healthcheck: { kind: "none" } },
  },
  {
    name: "a health check of the image that somebody switched off",
    image: { healthcheck: check },
    live: { healthcheck: { kind: "none" } },
    differs: ["health check"],
  },
  {
    name: "a start interval that old Engines drop",
    wanted: { healthcheck: { ...check, startIntervalMs: 1_000 } },
    live: { healthcheck: check },
    apiVersion: "1.41",
  },
  {
    name: "103: a trailing slash, and mounts in another order",
    wanted: {
      workingDir: "/app/",
      mounts: [
        { kind: "volume", volume: "b", target: "/b/", readOnly: false },
        { kind: "bind", source: "/srv/a/", target: "/a", readOnly: true, selinux: "z" },
      ],
    },
    live: {
      workingDir: "/app",
      mounts: [
        { kind: "bind", source: "/srv/a", target: "/a", readOnly: true },
        { kind: "volume", volume: "b", target: "/b", readOnly: false },
      ],
    },
  },
  {
    name: "53: a random port that was given out",
    wanted: { ports: [port("80")] },
    live: { ports: [{ ...port("80"), hostPort: "0" }] },
  },
  {
    name: "67: every address in its two spellings",
    wanted: { ports: [port("80:80")] },
    live: { ports: [{ ...port("80:80"), hostIp: "0.0.0.0" }] },
  },
  {
    name: "52: published ports are exposed as well",
    wanted: { ports: [port("80:80")], expose: ["90"] },
    live: { expose: ["80/tcp", "90/tcp"] },
  },
  {
    name: "105: an entrypoint without command drops the image's",
    wanted: { entrypoint: ["run"] },
    image: { entrypoint: ["x"], command: ["y"] },
    live: { entrypoint: ["run"], command: [] },
  },
  {
    name: "105: a reset entrypoint",
    wanted: { entrypoint: [] },
    image: { entrypoint: ["x"], command: ["y"] },
    live: { entrypoint: [], command: [] },
  },
  {
    name: "105: the image's own",
    image: { entrypoint: ["x"], command: ["y"] },
    live: { entrypoint: ["x"], command: ["y"] },
  },
  {
    name: "105: one word is not split",
    wanted: { command: ["echo a"] },
    live: { command: ["echo", "a"] },
    differs: ["command"],
  },
  {
    name: "109: a label that changed",
    wanted: { labels: { tier: "front" } },
    live: { labels: { tier: "back" } },
    differs: ["label tier"],
  },
  {
    name: "106: labels and volumes of the image",
    image: { labels: { v: "1", "mysysconfig.project": "own" }, volumes: ["/cache"] },
    live: { labels: { v: "1" }, mounts: [{ kind: "anonymous", target: "/cache" }] },
  },
  { name: "a stop timeout that is the Engine's own", wanted: { stopTimeoutSeconds: 10 }, live: {} },
  {
    name: "a stop timeout of 0, which is a value",
    wanted: { stopTimeoutSeconds: 0 },
    live: { stopTimeoutSeconds: 30 },
    differs: ["stop timeout"],
  },
  {
    name: "devices and DNS options in another order",
    wanted: {
      devices: [
        { hostPath: "/dev/b", containerPath: "/dev/b", permissions: "r" },
        { hostPath: "/dev/a", containerPath: "/dev/a", permissions: "r" },
      ],
      dnsOptions: ["b", "a"],
    },
    live: {
      devices: [
        { hostPath: "/dev/a", containerPath: "/dev/a", permissions: "r" },
        { hostPath: "/dev/b", containerPath: "/dev/b", permissions: "r" },
      ],
      dnsOptions: ["a", "b"],
    },
  },
  {
    name: "the order of name servers, which matters",
    wanted: { dns: ["1.1.1.1", "9.9.9.9"] },
    live: { dns: ["9.9.9.9", "1.1.1.1"] },
    differs: ["dns"],
  },
  {
    name: "a container that was made privileged by hand",
    live: { privileged: true, capAdd: ["ALL"] },
    differs: ["added capabilities", "privileged"],
  },
];

describe("live state against the declared one", () => {
  test.for(rows)("$name", (row) => {
    expect([...differencesOf(row)].sort()).toEqual(row.differs ?? []);
  });

  test("2: must not replace what is as desired because its label was made by another version", () => {
    const web = workload("web");
    const live = runningContainer(web, { record: { fingerprint: "v0:abcdef" } });
    expect(planOf(desiredState([web]), actualState([live])).steps).toEqual([]);
  });

  test("3: must believe the live container and not its label", () => {
    const web = workload("web", { user: "1000" });
    const live = runningContainer(web, { spec: { user: "0" } });
    expect(planOf(desiredState([web]), actualState([live])).changes[0]).toMatchObject({
      kind: "replace",
      cause: "changed by hand on the Engine",
      fields: [{ field: "user", before: "0", after: "1000" }],
    });
  });
});
