import type { ContainerSpec } from "../../../src/model/workload.ts";

/** A field of the spec, its value, and what the Engine makes of it when that is not the same. */
export interface Row {
  readonly name: string;
  readonly fields: Partial<ContainerSpec>;
  readonly live?: Partial<ContainerSpec>;
  /** First API version that can do it. */
  readonly since?: number;
  /** Compared once more while it runs: starting may change what the Engine reports. */
  readonly start?: true;
}

const network = (attachments: ContainerSpec["network"] & { kind: "networks" }) => ({ network: attachments });
const attachment = { network: "rt-front", aliases: ["api", "web"] } as const;

export const rows: readonly Row[] = [
  { name: "nothing but a command", start: true, fields: {} },
  {
    name: "an entrypoint with a command",
    fields: { entrypoint: ["/bin/sh", "-c"], command: ["sleep 1000"] },
  },
  {
    name: "a reset entrypoint",
    start: true,
    fields: { entrypoint: [] },
    live: { entrypoint: undefined as never },
  },
  {
    name: "an environment with odd values",
    fields: {
      environment: { B: "2", A: "x=y z", EMPTY: "", UMLAUT: "äöü €", MULTI: "a\nb", DOLLAR: "${X}" },
    },
  },
  { name: "labels", fields: { labels: { "org.example": "1", empty: "", "a.b/c": "ü" } } },
  { name: "a user", fields: { user: "65534:65534" } },
  { name: "additional groups", fields: { groupAdd: ["1234", "5678"] } },
  { name: "a working directory", fields: { workingDir: "/tmp/x" } },
  { name: "a working directory with a slash", fields: { workingDir: "/tmp/" }, live: { workingDir: "/tmp" } },
  { name: "a host name and a domain", start: true, fields: { hostname: "box", domainname: "example.org" } },
  { name: "a mac address", start: true, fields: { macAddress: "02:42:ac:11:00:99" } },
  { name: "a stop signal and timeout", fields: { stopSignal: "SIGUSR1", stopTimeoutSeconds: 7 } },
  { name: "a stop timeout of zero", fields: { stopTimeoutSeconds: 0 } },
  { name: "an init", start: true, fields: { init: true } },
  { name: "no init on purpose", fields: { init: false } },
  { name: "a terminal", fields: { tty: true, stdinOpen: true } },
  { name: "restart always", fields: { restart: { name: "always" } } },
  { name: "restart on failure without limit", fields: { restart: { name: "on-failure" } } },
  {
    name: "restart on failure with a limit",
    fields: { restart: { name: "on-failure", maximumRetryCount: 3 } },
  },
  {
    name: "a health check",
    start: true,
    fields: {
      healthcheck: {
        kind: "command",
        test: ["CMD", "/bin/true"],
        intervalMs: 1500,
        timeoutMs: 2000,
        startPeriodMs: 250,
        retries: 2,
      },
    },
  },
  {
    name: "a health check by shell",
    fields: { healthcheck: { kind: "command", test: ["CMD-SHELL", "true && true"] } },
  },
  {
    name: "a health check's start interval",
    fields: {
      healthcheck: { kind: "command", test: ["CMD", "/bin/true"], startPeriodMs: 5000, startIntervalMs: 100 },
    },
    since: 44,
  },
  { name: "no health check on purpose", fields: { healthcheck: { kind: "none" } } },
  {
    name: "published ports",
    start: true,
    fields: {
      ports: [
        { containerPort: 80, protocol: "tcp", hostIp: "", hostPort: "18080" },
        { containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1", hostPort: "18081" },
        { containerPort: 53, protocol: "udp", hostIp: "0.0.0.0", hostPort: "15353" },
        { containerPort: 81, protocol: "tcp", hostIp: "", hostPort: "" },
        { containerPort: 82, protocol: "tcp", hostIp: "", hostPort: "18100-18105" },
      ],
    },
    live: { expose: ["53/udp", "80/tcp", "81/tcp", "82/tcp"] },
  },
  {
    name: "an IPv6 host address",
    fields: { ports: [{ containerPort: 80, protocol: "tcp", hostIp: "::1", hostPort: "18090" }] },
    live: { expose: ["80/tcp"] },
  },
  { name: "exposed ports", fields: { expose: ["8080/tcp", "9090/udp"] } },
  { name: "publish all", start: true, fields: { publishAll: true, expose: ["8080/tcp"] } },
  {
    name: "volumes",
    start: true,
    fields: {
      mounts: [
        { kind: "volume", volume: "rt-data", target: "/data", readOnly: false },
        { kind: "volume", volume: "rt-data", target: "/data-ro", readOnly: true, noCopy: true },
        { kind: "anonymous", target: "/scratch" },
        { kind: "tmpfs", target: "/run", options: "size=64m,mode=1777" },
        { kind: "tmpfs", target: "/run2", options: "" },
      ],
    },
  },
  {
    name: "a target with a slash",
    fields: { mounts: [{ kind: "volume", volume: "rt-data", target: "/slash/", readOnly: false }] },
  },
  {
    name: "binds",
    fields: {
      mounts: [
        { kind: "bind", source: "/etc", target: "/host-etc", readOnly: true },
        { kind: "bind", source: "/tmp/rt-made/", target: "/made", readOnly: false, createSource: true },
        { kind: "bind", source: "/tmp", target: "/prop", readOnly: false, propagation: "rslave" },
        { kind: "bind", source: "/tmp", target: "/z", readOnly: true, selinux: "z", createSource: true },
      ],
    },
  },
  { name: "no network", start: true, fields: { network: { kind: "none" } } },
  { name: "the host's network", start: true, fields: { network: { kind: "host" } } },
  { name: "the host's network with a host name", fields: { network: { kind: "host" }, utsMode: "host" } },
  {
    name: "a network with aliases",
    start: true,
    fields: network({ kind: "networks", attachments: [attachment] }),
  },
  {
    name: "two networks with static addresses",
    start: true,
    fields: network({
      kind: "networks",
      attachments: [
        { network: "rt-front", aliases: ["api"], ipv4: "10.123.1.20" },
        { network: "rt-back", aliases: [], ipv4: "10.123.2.20", ipv6: "fd00:123::20" },
      ],
    }),
  },
  {
    name: "three networks",
    start: true,
    fields: network({
      kind: "networks",
      attachments: [
        { network: "rt-z", aliases: ["z"] },
        { network: "rt-back", aliases: [] },
        { network: "rt-front", aliases: ["api"] },
      ],
    }),
  },
  {
    name: "a mac address on a network",
    start: true,
    fields: { macAddress: "02:42:ac:11:00:98", ...network({ kind: "networks", attachments: [attachment] }) },
  },
  { name: "extra hosts", fields: { extraHosts: ["db:10.0.0.1", "gw:host-gateway"] } },
  {
    name: "dns",
    fields: { dns: ["9.9.9.9", "1.1.1.1"], dnsSearch: ["example.org"], dnsOptions: ["ndots:2"] },
  },
  { name: "privileged", fields: { privileged: true } },
  {
    name: "privileged with a label option",
    fields: { privileged: true, securityOpt: ["no-new-privileges"] },
  },
  { name: "a read-only root", fields: { readOnlyRootfs: true } },
  {
    name: "capabilities",
    start: true,
    fields: { capAdd: ["net_admin", "CAP_SYS_TIME"], capDrop: ["ALL"] },
    live: { capAdd: ["CAP_NET_ADMIN", "CAP_SYS_TIME"] },
  },
  { name: "security options", fields: { securityOpt: ["no-new-privileges:true", "seccomp=unconfined"] } },
  {
    name: "devices",
    fields: {
      devices: [{ hostPath: "/dev/null", containerPath: "/dev/xnull", permissions: "rwm" }],
      deviceCgroupRules: ["c 1:3 rwm"],
    },
  },
  {
    name: "ulimits",
    fields: {
      ulimits: [
        { name: "nofile", soft: 1024, hard: 2048 },
        { name: "core", soft: -1, hard: -1 },
      ],
    },
  },
  { name: "sysctls", start: true, fields: { sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" } } },
  {
    name: "logging",
    start: true,
    fields: { logging: { driver: "json-file", options: { "max-size": "1m", "max-file": "2" } } },
  },
  { name: "no logging", fields: { logging: { driver: "none", options: {} } } },
  { name: "a runtime", fields: { runtime: "runc" } },
  {
    name: "namespaces",
    start: true,
    fields: { ipcMode: "shareable", pidMode: "host", utsMode: "host", cgroupnsMode: "host" },
  },
  { name: "the host's ipc", fields: { ipcMode: "host" } },
  { name: "a cgroup parent", fields: { cgroupParent: "/rt-parent" } },
  {
    name: "memory limits",
    start: true,
    fields: { memory: 64 * 2 ** 20, memoryReservation: 32 * 2 ** 20, memorySwap: 96 * 2 ** 20 },
  },
  { name: "memory without swap", fields: { memory: 64 * 2 ** 20 } },
  { name: "unlimited swap", fields: { memory: 64 * 2 ** 20, memorySwap: -1 } },
  {
    name: "swap at twice the memory",
    fields: { memory: 2 ** 26, memorySwap: 2 ** 27 },
    live: { memorySwap: undefined as never },
  },
  { name: "cpus", start: true, fields: { nanoCpus: 500_000_000 } },
  {
    name: "cpu shares, period and quota",
    fields: { cpuShares: 512, cpuPeriod: 50_000, cpuQuota: 25_000, cpusetCpus: "0", cpusetMems: "0" },
  },
  { name: "a process limit", start: true, fields: { pidsLimit: 200 } },
  { name: "no process limit", fields: { pidsLimit: -1 }, live: { pidsLimit: undefined as never } },
  { name: "swappiness", fields: { memorySwappiness: 60 } },
  {
    name: "default swappiness",
    fields: { memorySwappiness: -1 },
    live: { memorySwappiness: undefined as never },
  },
  { name: "no oom killer", fields: { memory: 2 ** 26, oomKillDisable: true } },
  { name: "user namespace of the host", fields: { usernsMode: "host" } },
  { name: "links", start: true, fields: { links: ["rt-other:db"] } },
  {
    name: "links on a network",
    fields: { links: ["rt-other:db"], ...network({ kind: "networks", attachments: [attachment] }) },
  },
  { name: "volumes of another container", start: true, fields: { volumesFrom: ["rt-other:ro"] } },
  { name: "another container's pids", start: true, fields: { pidMode: "container:rt-other" } },
  { name: "another container's ipc", fields: { ipcMode: "container:rt-other" } },
  {
    name: "another container's network",
    start: true,
    fields: { network: { kind: "container", container: "rt-other" } },
  },
  {
    name: "an unnamed volume of a driver",
    start: true,
    fields: {
      mounts: [
        {
          ...{ kind: "anonymous", target: "/scratch", noCopy: true, driver: "local" },
          ...{ driverOptions: { type: "tmpfs", device: "tmpfs" }, labels: { "org.example": "1" } },
        },
      ],
    },
  },
  {
    name: "a volume with a label mode",
    fields: {
      mounts: [
        { kind: "volume", volume: "rt-data", target: "/data", readOnly: true, noCopy: true, selinux: "z" },
      ],
    },
  },
  {
    name: "a bind without what is mounted below",
    start: true,
    fields: {
      mounts: [{ kind: "bind", source: "/tmp", target: "/flat", readOnly: false, recursive: "disabled" }],
    },
  },
  {
    name: "a read-only bind with what is mounted below",
    since: 44,
    fields: {
      mounts: [
        { kind: "bind", source: "/tmp", target: "/w", readOnly: true, recursive: "writable" },
        {
          ...{ kind: "bind", source: "/tmp", target: "/r", readOnly: true },
          ...{ recursive: "readonly", propagation: "rprivate" },
        },
      ],
    },
  },
  {
    name: "a bind that is made, without what is mounted below",
    since: 42,
    fields: {
      mounts: [
        {
          ...{ kind: "bind", source: "/tmp/rt-flat", target: "/flat", readOnly: false },
          ...{ createSource: true, recursive: "disabled" },
        },
      ],
    },
  },
  {
    name: "an image",
    start: true,
    since: 48,
    fields: { mounts: [{ kind: "image", image: "mysysconfig-test/rt:1-develop", target: "/tools" }] },
  },
  {
    name: "a part of an image",
    since: 48,
    fields: {
      mounts: [{ kind: "image", image: "mysysconfig-test/rt:1-develop", target: "/tools", subpath: "bin" }],
    },
  },
  {
    name: "options on the default bridge",
    start: true,
    fields: {
      network: { kind: "default", driverOptions: { "org.example": "1" }, linkLocalIps: ["169.254.9.1"] },
    },
  },
  {
    name: "options and link-local addresses on a network",
    start: true,
    fields: network({
      kind: "networks",
      attachments: [{ ...attachment, driverOptions: { "org.example": "1" }, linkLocalIps: ["169.254.9.2"] }],
    }),
  },
  {
    name: "priorities for the gateway",
    start: true,
    since: 48,
    fields: network({
      kind: "networks",
      attachments: [
        { network: "rt-front", aliases: [], gatewayPriority: 5 },
        { network: "rt-z", aliases: [], gatewayPriority: -1 },
      ],
    }),
  },
  {
    name: "a mac address of one network",
    start: true,
    since: 44,
    fields: network({
      kind: "networks",
      attachments: [
        { network: "rt-front", aliases: [] },
        { network: "rt-z", aliases: [], macAddress: "02:42:ac:11:00:97" },
      ],
    }),
  },
  {
    name: "kernel parameters of an interface",
    since: 46,
    fields: network({
      kind: "networks",
      attachments: [
        {
          ...{ network: "rt-front", aliases: [] },
          driverOptions: {
            "com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.log_martians=1",
          },
        },
      ],
    }),
  },
  {
    name: "the name of an interface",
    start: true,
    since: 48,
    fields: network({
      kind: "networks",
      attachments: [
        {
          ...{ network: "rt-front", aliases: [] },
          driverOptions: { "com.docker.network.endpoint.ifname": "lan0" },
        },
      ],
    }),
  },
  {
    name: "annotations",
    start: true,
    since: 43,
    fields: { annotations: { "org.example.a": "b", empty: "" } },
  },
  { name: "unconfined system paths", start: true, fields: { unconfinedSystemPaths: true } },
  {
    name: "unconfined system paths with privileges",
    fields: { privileged: true, unconfinedSystemPaths: true },
  },
  {
    name: "requests for devices",
    fields: {
      deviceRequests: [
        { count: -1, capabilities: [["gpu"]], options: {} },
        { driver: "nvidia", ids: ["0", "1"], capabilities: [["utility", "gpu"]], options: { a: "b" } },
      ],
    },
  },
  {
    name: "a device by its CDI name",
    since: 44,
    fields: {
      deviceRequests: [{ driver: "cdi", ids: ["vendor.com/class=name"], capabilities: [], options: {} }],
    },
  },
  {
    name: "rates of devices",
    fields: {
      deviceReadBps: [{ path: "/dev/loop0", rate: 1_048_576 }],
      deviceWriteBps: [{ path: "/dev/loop0", rate: 2_097_152 }],
      deviceReadIops: [{ path: "/dev/loop0", rate: 1000 }],
      deviceWriteIops: [{ path: "/dev/loop0", rate: 2000 }],
    },
  },
  { name: "real-time CPU", fields: { cpuRealtimePeriod: 1_000_000, cpuRealtimeRuntime: 950_000 } },
  { name: "no CPU quota", fields: { cpuQuota: -1 } },
  { name: "shared memory", fields: { shmSize: 2 ** 27 } },
  { name: "an oom score", fields: { oomScoreAdj: 500 } },
];
