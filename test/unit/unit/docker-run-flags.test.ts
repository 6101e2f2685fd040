import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import { flagTable } from "../../../src/unit/docker-run-flags.ts";
import { compileText, containerOf, findingsOf, underlinedIn, unitWith, workloadOf } from "./support.ts";

const MiB = 1024 * 1024;

interface FlagCase {
  readonly flag: string;
  readonly part: Partial<ContainerSpec>;
}

/** Flags with a value of their own in the container, by example. */
const cases: readonly FlagCase[] = [
  { flag: "--env A=1", part: { environment: { A: "1" } } },
  { flag: "-e A=b=c", part: { environment: { A: "b=c" } } },
  { flag: "--env-file ./web.env", part: { environment: { FROM: "file" } } },
  { flag: "--env-file /etc/environment", part: { environment: { FROM: "host" } } },
  { flag: "--env-file web.env -e FROM=flag", part: { environment: { FROM: "flag" } } },
  { flag: "-e FROM=flag --env-file web.env", part: { environment: { FROM: "flag" } } },
  { flag: "--label a.b=c --label d", part: { labels: { "a.b": "c", d: "" } } },
  { flag: "-l a=1 --label-file web.env", part: { labels: { a: "1", FROM: "file" } } },
  { flag: "--entrypoint /bin/x", part: { entrypoint: ["/bin/x"] } },
  { flag: '--entrypoint ""', part: { entrypoint: [] } },
  { flag: "--user 1000:100", part: { user: "1000:100" } },
  { flag: "-u app", part: { user: "app" } },
  { flag: "--group-add audio --group-add 20 --group-add audio", part: { groupAdd: ["audio", "20"] } },
  { flag: "-w /srv/app/", part: { workingDir: "/srv/app" } },
  { flag: "--workdir /", part: { workingDir: "/" } },
  { flag: "-h box", part: { hostname: "box" } },
  { flag: "--hostname box", part: { hostname: "box" } },
  { flag: "--domainname example.org", part: { domainname: "example.org" } },
  { flag: "--init", part: { init: true } },
  { flag: "--init=false", part: { init: false } },
  { flag: "-t", part: { tty: true } },
  { flag: "-i", part: { stdinOpen: true } },
  { flag: "-itd", part: { stdinOpen: true, tty: true } },
  { flag: "--tty --interactive", part: { stdinOpen: true, tty: true } },
  { flag: "--platform linux/arm64", part: { platform: "linux/arm64" } },
  { flag: "--runtime runsc", part: { runtime: "runsc" } },
  { flag: "--restart on-failure:5", part: { restart: { name: "on-failure", maximumRetryCount: 5 } } },
  { flag: "--restart unless-stopped", part: { restart: { name: "unless-stopped" } } },
  { flag: "--stop-signal QUIT", part: { stopSignal: "SIGQUIT" } },
  { flag: "--stop-signal 15", part: { stopSignal: "SIGTERM" } },
  { flag: "--stop-signal SIGRTMIN+3", part: { stopSignal: "SIGRTMIN+3" } },
  { flag: "--stop-timeout 30", part: { stopTimeoutSeconds: 30 } },
  {
    flag: "--log-driver json-file --log-opt max-size=10m --log-opt max-file=3",
    part: { logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } } },
  },
  {
    flag: "--health-cmd 'wget -q x || exit 1'",
    part: { healthcheck: { kind: "command", test: ["CMD-SHELL", "wget -q x || exit 1"] } },
  },
  {
    flag: "--health-interval 1m30s --health-timeout 2s --health-retries 4 --health-start-period 10s --health-start-interval 500ms",
    part: {
      healthcheck: {
        kind: "command",
        intervalMs: 90_000,
        timeoutMs: 2_000,
        retries: 4,
        startPeriodMs: 10_000,
        startIntervalMs: 500,
      },
    },
  },
  { flag: "--no-healthcheck", part: { healthcheck: { kind: "none" } } },
  { flag: "--cgroup-parent /x", part: { cgroupParent: "/x" } },
  { flag: "-P", part: { publishAll: true } },
  { flag: "--publish-all", part: { publishAll: true } },
  { flag: "--expose 80 --expose 9000-9001/udp", part: { expose: ["80/tcp", "9000/udp", "9001/udp"] } },
  { flag: "--link db --link cache:redis", part: { links: ["db:db", "cache:redis"] } },
  {
    flag: "--add-host db:10.0.0.5 --add-host six=[::1] --add-host up:host-gateway",
    part: { extraHosts: ["db:10.0.0.5", "six:::1", "up:host-gateway"] },
  },
  { flag: "--dns 1.1.1.1 --dns ::1", part: { dns: ["1.1.1.1", "::1"] } },
  { flag: "--dns-search example.org", part: { dnsSearch: ["example.org"] } },
  { flag: "--dns-option ndots:2 --dns-opt timeout:1", part: { dnsOptions: ["ndots:2", "timeout:1"] } },
  { flag: "--mac-address 92-D0-C6-0A-29-33", part: { macAddress: "92:d0:c6:0a:29:33" } },
  { flag: "--ipc shareable", part: { ipcMode: "shareable" } },
  { flag: "--pid container:other", part: { pidMode: "container:other" } },
  { flag: "--uts host", part: { utsMode: "host" } },
  { flag: "--userns host", part: { usernsMode: "host" } },
  { flag: "--cgroupns private", part: { cgroupnsMode: "private" } },
  { flag: "--volumes-from db --volumes-from cache:ro", part: { volumesFrom: ["db", "cache:ro"] } },
  { flag: "--read-only", part: { readOnlyRootfs: true } },
  { flag: "--shm-size 64m", part: { shmSize: 64 * MiB } },
  { flag: "--privileged", part: { privileged: true } },
  { flag: "--cap-add net_admin --cap-add CAP_SYS_TIME", part: { capAdd: ["CAP_NET_ADMIN", "CAP_SYS_TIME"] } },
  { flag: "--cap-drop all", part: { capDrop: ["ALL"] } },
  {
    flag: "--security-opt no-new-privileges --security-opt seccomp=unconfined --security-opt label:disable",
    part: { securityOpt: ["no-new-privileges", "seccomp=unconfined", "label=disable"] },
  },
  {
    flag: "--security-opt seccomp=seccomp.json",
    part: { securityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] },
  },
  {
    flag: "--device /dev/fuse --device /dev/a:/dev/b:r --device /dev/c:rm",
    part: {
      devices: [
        { hostPath: "/dev/fuse", containerPath: "/dev/fuse", permissions: "rwm" },
        { hostPath: "/dev/a", containerPath: "/dev/b", permissions: "r" },
        { hostPath: "/dev/c", containerPath: "/dev/c", permissions: "rm" },
      ],
    },
  },
  {
    flag: "--device //dev/null/:/dev/x/../y --device /dev/null:/dev/y",
    part: { devices: [{ hostPath: "/dev/null", containerPath: "/dev/y", permissions: "rwm" }] },
  },
  { flag: '--device-cgroup-rule "c 42:* rmw"', part: { deviceCgroupRules: ["c 42:* rmw"] } },
  {
    flag: "--ulimit nofile=1024:65536 --ulimit core=-1",
    part: {
      ulimits: [
        { name: "nofile", soft: 1024, hard: 65_536 },
        { name: "core", soft: -1, hard: -1 },
      ],
    },
  },
  { flag: "--sysctl net.core.somaxconn=1024", part: { sysctls: { "net.core.somaxconn": "1024" } } },
  {
    flag: "-m 512m --memory-reservation 256MiB --memory-swap 1g --memory-swappiness 10",
    part: { memory: 512 * MiB, memoryReservation: 256 * MiB, memorySwap: 1024 * MiB, memorySwappiness: 10 },
  },
  { flag: "--memory 1g --memory-swap -1", part: { memory: 1024 * MiB, memorySwap: -1 } },
  { flag: "--cpus 1.5", part: { nanoCpus: 1_500_000_000 } },
  { flag: "--cpus .25", part: { nanoCpus: 250_000_000 } },
  { flag: "-c 512", part: { cpuShares: 512 } },
  { flag: "--cpu-shares=256", part: { cpuShares: 256 } },
  { flag: "--cpu-period 50000 --cpu-quota 25000", part: { cpuPeriod: 50_000, cpuQuota: 25_000 } },
  { flag: "--cpuset-cpus 0-2,4 --cpuset-mems 0", part: { cpusetCpus: "0-2,4", cpusetMems: "0" } },
  { flag: "--pids-limit 100", part: { pidsLimit: 100 } },
  { flag: "--pids-limit -1", part: { pidsLimit: -1 } },
  { flag: "--annotation a=b --annotation c", part: { annotations: { a: "b", c: "" } } },
  { flag: "--storage-opt size=10G", part: { storageOptions: { size: "10G" } } },
  { flag: "--cpu-rt-period 1000000", part: { cpuRealtimePeriod: 1_000_000 } },
  { flag: "--cpu-rt-runtime 950000", part: { cpuRealtimeRuntime: 950_000 } },
  {
    flag: "--blkio-weight-device /dev/sda:200",
    part: { blkioWeightDevices: [{ path: "/dev/sda", weight: 200 }] },
  },
  { flag: "--device-read-bps /dev/sda:1m", part: { deviceReadBps: [{ path: "/dev/sda", rate: MiB }] } },
  { flag: "--device-write-bps /dev/sda:1k", part: { deviceWriteBps: [{ path: "/dev/sda", rate: 1024 }] } },
  { flag: "--device-read-iops /dev/sda:9", part: { deviceReadIops: [{ path: "/dev/sda", rate: 9 }] } },
  { flag: "--device-write-iops /dev/sda:9", part: { deviceWriteIops: [{ path: "/dev/sda", rate: 9 }] } },
  {
    flag: "--gpus all --device nvidia.com/gpu=0",
    part: {
      deviceRequests: [
        { count: -1, capabilities: [["gpu"]], options: {} },
        { driver: "cdi", ids: ["nvidia.com/gpu=0"], capabilities: [], options: {} },
      ],
    },
  },
  {
    flag: `--gpus '"device=0,1",driver=nvidia,capabilities=utility,options=a=b'`,
    part: {
      deviceRequests: [
        { driver: "nvidia", ids: ["0", "1"], capabilities: [["utility", "gpu"]], options: { a: "b" } },
      ],
    },
  },
  { flag: "--security-opt systempaths=unconfined", part: { unconfinedSystemPaths: true } },
  { flag: "--platform ARM64", part: { platform: "linux/arm64" } },
  { flag: "--stop-timeout 0x10", part: { stopTimeoutSeconds: 16 } },
  { flag: "--stop-signal 36", part: { stopSignal: "SIGRTMIN+2" } },
  { flag: "--cpus 3/2", part: { nanoCpus: 1_500_000_000 } },
  { flag: "--ulimit nofile=1 --ulimit nofile=2", part: { ulimits: [{ name: "nofile", soft: 2, hard: 2 }] } },
  { flag: "--log-opt env", part: { logging: { options: { env: "" } } } },
  { flag: "--name /web", part: {} },
  { flag: "--blkio-weight 300", part: { blkioWeight: 300 } },
  { flag: "--oom-kill-disable", part: { oomKillDisable: true } },
  { flag: "--oom-score-adj -500", part: { oomScoreAdj: -500 } },
];

const input = {
  files: { "units/web.env": "FROM=file\n", "units/seccomp.json": '{ "defaultAction": "SCMP_ACT_ALLOW" }' },
  hostFiles: { "/etc/environment": { FROM: "host" } },
};

/** Flags with tests of their own in other files. */
const elsewhere =
  "name publish network network-alias ip ip6 link-local-ip volume mount tmpfs volume-driver use-api-socket pull detach".split(
    " ",
  );

/** A right value of a flag without effect. */
const harmless: Readonly<Record<string, string>> = { attach: "stdout", isolation: "default" };

describe("flags of docker run", () => {
  test.for(cases)("must apply $flag", ({ flag, part }) => {
    const workload = workloadOf(unitWith(flag), input);
    expect(workload.container).toMatchObject(part);
    for (const field of Object.keys(part)) expect(workload.positions).toHaveProperty(field);
  });

  test.for(["--env-file web.env", "--label-file web.env"])("must know %s for used", (flag) => {
    expect(compileText(unitWith(flag), input).value?.usedPaths).toContain("units/web.env");
  });

  test("must point at a label of a file that has no value", () => {
    const files = { "units/site.label": "a=1\n  bare\n" };
    const { diagnostics } = compileText(unitWith("--label-file site.label"), { files });
    expect(diagnostics).toMatchObject([
      {
        severity: "error",
        position: { file: "units/site.label", line: 2, column: 3 },
        message: 'label "bare" has no value, and Docker drops it',
        hint: "write bare= for a label without text",
      },
    ]);
  });

  test("must refuse a line of a file that Docker does not read to its end", () => {
    const longest = (length: number) => ({ files: { "units/long.env": `B=2\nA=${"x".repeat(length)}\n` } });
    const flags = unitWith("--env-file long.env");
    expect(findingsOf(flags, longest(65_533))).toEqual([]);
    expect(findingsOf(flags, longest(65_534))[0]).toContain("2:1 the line has 65,536 bytes or more");
    expect(findingsOf(flags, longest(32_767))).toEqual([]);
    const wide = { files: { "units/long.env": `A=${"ü".repeat(32_767)}\n` } };
    expect(findingsOf(flags, wide)[0]).toContain("1:1 the line has 65,536 bytes or more");
  });

  test("must all be exercised", () => {
    const tried = new Set(elsewhere);
    for (const { flag } of cases) {
      for (const word of flag.split(/[ =]/)) if (word.startsWith("--")) tried.add(word.slice(2));
    }
    const applied = flagTable.filter(({ handling }) => handling.kind === "applied");
    expect(applied.filter(({ name }) => !tried.has(name)).map(({ name }) => name)).toEqual([]);
  });

  test("must have a unique name and letter, and a text for the documentation", () => {
    const names = flagTable.flatMap(({ name, aliases = [], formerly = [] }) => [
      ...[name, ...aliases, ...formerly],
    ]);
    const letters = flagTable.flatMap(({ short }) => short ?? []);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(letters).size).toBe(letters.length);
    expect(flagTable.filter(({ doc }) => doc === "")).toEqual([]);
    expect(flagTable.length).toBeGreaterThan(100);
  });

  test.for(flagTable.filter(({ handling }) => handling.kind === "dropped"))(
    "must accept --$name without effect",
    ({ name, takes }) => {
      const flag = takes === "value" ? `--${name} ${harmless[name] ?? "x"}` : `--${name}`;
      expect(containerOf(flag)).toEqual(containerOf(""));
      expect(findingsOf(unitWith(flag))).toEqual([]);
    },
  );

  test.for(flagTable.filter(({ handling }) => handling.kind === "refused"))(
    "must refuse --$name with a hint",
    ({ name, takes, doc }) => {
      const text = unitWith(takes === "value" ? `--${name} x` : `--${name}`);
      expect(findingsOf(text)).toEqual([
        expect.stringContaining(`docker run flag "--${name}" is refused: ${doc} | `),
      ]);
      expect(underlinedIn(text)).toEqual([`--${name}`]);
    },
  );

  test.for([
    { flag: "--name a", underlined: "a", finding: '"a" is not a possible container name' },
    { flag: "--name web.next-0123abcd", underlined: "web.next-0123abcd", finding: "is reserved" },
    { flag: "--name web.prev-0123abcd", underlined: "web.prev-0123abcd", finding: "is reserved" },
    { flag: "-e =1", underlined: "=1", finding: "is not a variable assignment" },
    { flag: "-e MISSING", underlined: "MISSING", finding: 'variable "MISSING" is not set' },
    { flag: "--env-file /etc/x", underlined: "/etc/x", finding: "hostFiles" },
    { flag: "--env-file none.env", underlined: "none.env", finding: "is not in the repository" },
    { flag: "-l =x", underlined: "=x", finding: "is not a label" },
    { flag: "-l mysysconfig.project=x", underlined: "mysysconfig.project=x", finding: "reserved" },
    { flag: '--group-add ""', underlined: '""', finding: "the value is empty" },
    { flag: "--workdir srv", underlined: "srv", finding: "is not an absolute path" },
    { flag: "--init=maybe", underlined: "maybe", finding: "neither true nor false" },
    { flag: "--platform linux/", underlined: "linux/", finding: "is not a platform" },
    { flag: "--restart sometimes", underlined: "sometimes", finding: "is not a restart policy" },
    { flag: "--restart always:3", underlined: "always:3", finding: "is not a restart policy" },
    { flag: "--stop-signal SIGNO", underlined: "SIGNO", finding: "is not a signal" },
    { flag: "--stop-timeout soon", underlined: "soon", finding: "is not a whole number from -2147483648" },
    { flag: "--log-opt =x", underlined: "=x", finding: "is not a log option" },
    { flag: "--log-driver none --log-opt a=b", underlined: "none", finding: "cannot be combined" },
    { flag: "--rm=maybe", underlined: "maybe", finding: "neither true nor false" },
    { flag: "--rm --restart always", underlined: "always", finding: "cannot be combined with --rm" },
    { flag: "-d -a stdout", underlined: "stdout", finding: "cannot be combined with --detach" },
    { flag: "--attach tty", underlined: "tty", finding: "is not a stream" },
    { flag: "--isolation hyperv", underlined: "hyperv", finding: "is for Windows" },
    { flag: "--disable-content-trust=false", underlined: "false", finding: "are not verified" },
    { flag: "--gpus some", underlined: "some", finding: "neither all nor a number" },
    { flag: "--gpus device=0,1", underlined: "device=0,1", finding: "not both" },
    { flag: "--blkio-weight-device sda:1", underlined: "sda:1", finding: "is not the weight of a device" },
    { flag: "--device-read-bps /dev/a:x", underlined: "/dev/a:x", finding: "is not the rate of a device" },
    { flag: "--device-read-iops /dev/a:1k", underlined: "/dev/a:1k", finding: "is not the rate of a device" },
    { flag: "--dns-search a_b", underlined: "a_b", finding: "is not a domain" },
    { flag: "--sysctl user.x=1", underlined: "user.x=1", finding: "is not a kernel parameter" },
    { flag: "--annotation =x", underlined: "=x", finding: "is not an annotation" },
    { flag: "--pull sometimes", underlined: "sometimes", finding: "is not a pull policy" },
    { flag: '-l "a b=c"', underlined: '"a b=c"', finding: "is not a label" },
    {
      flag: "--cpu-rt-period 1 --cpu-rt-runtime 2",
      underlined: "2",
      finding: "--cpu-rt-runtime is more than --cpu-rt-period",
    },
    { flag: "--health-interval 5", underlined: "5", finding: "is not a duration" },
    { flag: "--health-interval 10us", underlined: "10us", finding: "is less than 1ms" },
    { flag: "--health-retries -1", underlined: "-1", finding: "is not a whole number from 1" },
    {
      flag: "--no-healthcheck --health-cmd x",
      underlined: "--no-healthcheck",
      finding: "cannot be combined",
    },
    { flag: "--pull always", underlined: "always", finding: "--pull=always is not supported" },
    { flag: "--expose 80:80", underlined: "80:80", finding: "is not a port" },
    { flag: "--link a:b:c", underlined: "a:b:c", finding: "is not a link" },
    { flag: "--add-host db", underlined: "db", finding: "is not a host entry" },
    { flag: "--dns example.org", underlined: "example.org", finding: "is not an IP address" },
    { flag: "--dns 1.2.3.256", underlined: "1.2.3.256", finding: "is not an IP address" },
    { flag: "--mac-address 1:2", underlined: "1:2", finding: "is not a MAC address" },
    { flag: "--ipc hots", underlined: "hots", finding: 'did you mean "host"?' },
    { flag: "--pid container:", underlined: "container:", finding: "is not possible here" },
    { flag: "--volumes-from a:b:c", underlined: "a:b:c", finding: "is not a container with mounts" },
    { flag: "--shm-size big", underlined: "big", finding: "is not a size" },
    { flag: "--cap-add NET_ADMN", underlined: "NET_ADMN", finding: 'did you mean "NET_ADMIN"?' },
    { flag: "--security-opt secomp=x", underlined: "secomp=x", finding: 'did you mean "seccomp"?' },
    {
      flag: "--security-opt systempaths=none",
      underlined: "systempaths=none",
      finding: "is not a security option",
    },
    {
      flag: "--security-opt seccomp=/etc/x.json",
      underlined: "seccomp=/etc/x.json",
      finding: "is not in the repository",
    },
    { flag: "--security-opt seccomp=web.env", underlined: "seccomp=web.env", finding: "is not valid JSON" },
    { flag: "--device fuse", underlined: "fuse", finding: "is not a device" },
    { flag: "--device-cgroup-rule c", underlined: "c", finding: "is not a device rule" },
    { flag: "--ulimit nofile=9:1", underlined: "nofile=9:1", finding: "is above the hard limit" },
    { flag: "--ulimit nofiles=9", underlined: "nofiles=9", finding: 'did you mean "nofile"?' },
    { flag: "--ulimit nofile", underlined: "nofile", finding: "is not a limit" },
    { flag: "--sysctl net", underlined: "net", finding: "is not a kernel parameter" },
    { flag: "--memory 5m", underlined: "5m", finding: "less than the least size of 6 MiB" },
    { flag: "--memory-swap 1g", underlined: "1g", finding: "--memory-swap needs --memory" },
    { flag: "--memory 1g --memory-swap 512m", underlined: "512m", finding: "is less than --memory" },
    { flag: "--memory 1g --memory-reservation 2g", underlined: "2g", finding: "is more than --memory" },
    { flag: "--memory-swappiness 101", underlined: "101", finding: "from 0 to 100" },
    { flag: "--cpus two", underlined: "two", finding: "is not a number of CPUs" },
    { flag: "--cpus 1 --cpu-quota 5000", underlined: "1", finding: "cannot be combined" },
    { flag: "--cpu-shares -1", underlined: "-1", finding: "from 2 to 262144" },
    { flag: "--cpu-period 10", underlined: "10", finding: "from 1000 to 1000000" },
    { flag: "--cpuset-cpus a", underlined: "a", finding: "is not a list of numbers" },
    { flag: "--pids-limit x", underlined: "x", finding: "is not a whole number of at least 1" },
    { flag: "--blkio-weight 5", underlined: "5", finding: "from 10 to 1000" },
    { flag: "--oom-score-adj 1001", underlined: "1001", finding: "from -1000 to 1000" },
    { flag: "--uts host --hostname x", underlined: "x", finding: "cannot be combined with --uts=host" },
  ])("must report $flag", ({ flag, underlined, finding }) => {
    const text = `[Service]\nExecStart=docker run ${flag} busybox:1\n`;
    expect(underlinedIn(text, input)).toEqual([underlined]);
    expect(findingsOf(text, input)[0]).toContain(finding);
  });

  test("must leave a default alone when a value says so", () => {
    const flags =
      '--memory 0 --cpus 0 --cpu-shares 0 --cpu-period 0 --cpu-quota 0 --blkio-weight 0 --memory-swappiness -1 --pids-limit 0 --shm-size 0 --user "" --hostname "" --ipc "" --log-driver "" --health-interval 0s --health-retries 0 --health-cmd ""';
    expect(containerOf(flags)).toEqual(containerOf(""));
  });
});
