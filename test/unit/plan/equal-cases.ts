import type { ActualImage } from "../../../src/model/actual-state.ts";
import type { ContainerSpec, Healthcheck } from "../../../src/model/workload.ts";
import { onNetworks, port } from "../../support/builders.ts";

const MiB = 1024 ** 2;

export interface Case {
  readonly name: string;
  readonly want?: Partial<ContainerSpec>;
  /** What the Engine says about the container that was made of it. */
  readonly live?: Partial<ContainerSpec>;
  readonly image?: Partial<ActualImage>;
}

const curl = ["CMD", "curl", "localhost"];
/** A health check of `curl localhost`. */
export const check = (fields: Partial<Extract<Healthcheck, { kind: "command" }>> = {}): Healthcheck => ({
  kind: "command",
  test: curl,
  ...fields,
});
const bind = { kind: "bind", source: "/srv/data", target: "/data", readOnly: false } as const;
const cache = { kind: "tmpfs", target: "/tmp", options: "size=64m,mode=1777" } as const;

/** What the Engine says in other words than the configuration, and means the same. */
export const equalCases: readonly Case[] = [
  {
    name: "an environment that the image adds to, in another order",
    want: { environment: { B: "2", A: "1" } },
    live: { environment: { A: "1", B: "2", PATH: "/bin" } },
    image: { environment: { PATH: "/bin", A: "0" } },
  },
  {
    name: "a variable that only the image defines",
    live: { environment: { LOG: "info" } },
    image: { environment: { LOG: "info" } },
  },
  {
    name: "labels of the image, ours among them",
    want: { labels: { tier: "front" } },
    live: { labels: { tier: "front", maintainer: "me" } },
    image: { labels: { maintainer: "me", "mysysconfig.project": "shop" } },
  },
  {
    name: "a memory limit whose swap limit the Engine doubled",
    want: { memory: 64 * MiB },
    live: { memorySwap: 128 * MiB },
  },
  {
    name: "a swap limit that says what the Engine would choose",
    want: { memory: 64 * MiB, memorySwap: 128 * MiB },
  },
  {
    name: "swappiness -1 that the Engine dropped",
    want: { memorySwappiness: -1 },
    live: { memorySwappiness: undefined as never },
  },
  { name: "swappiness that the Engine reports as -1", live: { memorySwappiness: -1 } },
  ...[0, -1].flatMap((pidsLimit): Case[] => [
    {
      name: `a process limit of ${pidsLimit} that the Engine dropped`,
      want: { pidsLimit },
      live: { pidsLimit: undefined as never },
    },
    { name: `no process limit, which the Engine reports as ${pidsLimit}`, live: { pidsLimit } },
  ]),
  {
    name: "limits of zero",
    want: { cpuShares: 0, nanoCpus: 0 },
    live: { memory: 0, cpuQuota: 0, blkioWeight: 0, cpusetCpus: "" },
  },
  {
    name: "Engine defaults for what is not declared",
    live: {
      shmSize: 64 * MiB,
      ipcMode: "private",
      cgroupnsMode: "host",
      runtime: "runc",
      init: true,
      logging: { driver: "json-file", options: { "max-size": "10m" } },
      ulimits: [{ name: "nofile", soft: 1024, hard: 2048 }],
      oomKillDisable: false,
    },
  },
  {
    name: "security labels that the Engine turns off for a privileged container",
    want: { privileged: true, securityOpt: ["seccomp=unconfined"] },
    live: { securityOpt: ["label=disable", "seccomp=unconfined"] },
  },
  {
    name: "security labels that the Engine turns off in the host's process space",
    want: { pidMode: "host" },
    live: { securityOpt: ["label:disable"] },
  },
  {
    name: "capabilities in another spelling and order",
    want: { capAdd: ["net_admin", "CAP_SYS_TIME"], capDrop: ["mknod"] },
    live: { capAdd: ["CAP_SYS_TIME", "CAP_NET_ADMIN"], capDrop: ["CAP_MKNOD", "MKNOD"] },
  },
  {
    name: "a part of a health check, filled up from the image's",
    want: { healthcheck: { kind: "command", intervalMs: 5_000, retries: 0 } },
    live: { healthcheck: check({ intervalMs: 5_000, retries: 7, timeoutMs: 2_000 }) },
    image: { healthcheck: check({ intervalMs: 60_000, retries: 7, timeoutMs: 2_000 }) },
  },
  { name: "the image's health check", live: { healthcheck: check() }, image: { healthcheck: check() } },
  {
    name: "a health check with Docker's defaults spelled out",
    want: { healthcheck: check() },
    live: { healthcheck: check({ intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startPeriodMs: 0 }) },
  },
  {
    name: "a health check that is switched off",
    want: { healthcheck: { kind: "none" } },
    image: { healthcheck: check() },
  },
  {
    name: "an image that switches the health check off",
    live: { healthcheck: { kind: "none" } },
    image: { healthcheck: { kind: "none" } },
  },
  {
    name: "settings inherited from the image",
    live: { user: "www", workingDir: "/app", stopSignal: "SIGINT", entrypoint: ["/run"], expose: ["80/tcp"] },
    image: {
      user: "www",
      workingDir: "/app",
      stopSignal: "SIGINT",
      entrypoint: ["/run"],
      exposedPorts: ["80/tcp"],
    },
  },
  {
    name: "a working directory with a closing slash",
    want: { workingDir: "/app/" },
    live: { workingDir: "/app" },
  },
  {
    name: "mounts in another order and with closing slashes",
    want: { mounts: [{ ...bind, source: "/srv/data/", target: "/data/" }, cache] },
    live: { mounts: [{ ...cache, options: "mode=1777,size=64m" }, bind] },
  },
  {
    name: "a bind with a label mode and the usual propagation",
    want: { mounts: [{ ...bind, selinux: "z", createSource: true }] },
    live: { mounts: [{ ...bind, propagation: "rprivate" }] },
  },
  {
    name: "anonymous volumes of the image, one of them covered",
    want: { mounts: [bind] },
    live: { mounts: [bind, { kind: "anonymous", target: "/cache" }] },
    image: { volumes: ["/data", "/cache/"] },
  },
  {
    name: "aliases in another order, doubled, with the container's own name",
    want: { network: onNetworks({ network: "front", aliases: ["b", "a", "a"] }) },
    live: { network: onNetworks({ network: "front", aliases: ["a", "web", "b"] }) },
  },
  {
    name: "the host name that an old Engine makes an alias",
    want: { hostname: "box", network: onNetworks({ network: "front", aliases: ["a"] }) },
    live: { hostname: "box", network: onNetworks({ network: "front", aliases: ["a", "box"] }) },
  },
  {
    name: "the host name that is declared as an alias too",
    want: { hostname: "box", network: onNetworks({ network: "front", aliases: ["a", "box"] }) },
    live: { hostname: "box", network: onNetworks({ network: "front", aliases: ["a", "box"] }) },
  },
  {
    name: "a port on every address, however that is spelled",
    want: { ports: [port("80:80"), port("0.0.0.0:81:81"), port("443:443"), port("443:443")] },
    live: { ports: [port("443:443"), port("0.0.0.0:80:80"), port("81:81")] },
  },
  {
    name: "a port that the Engine chooses",
    want: { ports: [port("80")] },
    live: { ports: [{ ...port("80"), hostPort: "0" }] },
  },
  { name: "an exposed port without a protocol", want: { expose: ["9000"] }, live: { expose: ["9000/tcp"] } },
  {
    name: "the usual stop timeout spelled out",
    want: { stopTimeoutSeconds: 10 },
    live: { stopTimeoutSeconds: undefined as never },
  },
  {
    name: "on-failure without a limit",
    want: { restart: { name: "on-failure" } },
    live: { restart: { name: "on-failure", maximumRetryCount: 0 } },
  },
  {
    name: "log options for the default driver",
    want: { logging: { options: { tag: "web" } } },
    live: { logging: { driver: "journald", options: { tag: "web" } } },
  },
  {
    name: "lists whose order means nothing",
    want: {
      extraHosts: ["a:1", "b:2"],
      groupAdd: ["1", "2"],
      dnsOptions: ["x", "y"],
      securityOpt: ["a", "b"],
    },
    live: {
      extraHosts: ["b:2", "a:1"],
      groupAdd: ["2", "1", "1"],
      dnsOptions: ["y", "x"],
      securityOpt: ["b", "a"],
    },
  },
];
