/** One workload for each thing that can be said about a container, as a flag of `docker run` and as a compose key. */
import type { System } from "../../support/scenario.ts";
import { compose, unit } from "../../support/texts.ts";

const image = "lab/idle:1";

/** What the flag is about → the line; the image comes after it unless the line names one. */
function flagLines({ p, port, engine20 }: CorpusNames): Readonly<Record<string, string>> {
  return {
    plain: "",
    "keeps-environment-order": "-e ZULU=1 -e ALPHA='two words' -e QUOTED='\"x\" $HOME' -e EMPTY=",
    "overrides-image-environment": "-e BUILD=9",
    labels: "--label b=2 --label a=1 --label empty",
    entrypoint: `--entrypoint /bin/work ${image} one two`,
    "entrypoint-reset": `--entrypoint '' ${image} work`,
    command: `${image} sh -c 'trap "exit 0" TERM; while :; do sleep 1; done'`,
    user: "-u 65534:65534",
    "user-by-name": "--user nobody",
    "group-add": "--group-add 20 --group-add 10",
    workdir: "-w /tmp/",
    hostname: "-h database --domainname example.test",
    mac: "--mac-address 92:D0:C6:0a:29:33",
    init: "--init",
    "init-off": "--init=false",
    terminal: "-it",
    "stop-signal": "--stop-signal SIGUSR1",
    "stop-signal-number": "--stop-signal 10",
    "stop-timeout": "--stop-timeout 3",
    "log-driver": "--log-driver json-file --log-opt max-size=1m --log-opt max-file=3",
    "log-option": "--log-opt max-size=1m",
    "log-none": "--log-driver none",
    "health-command": "--health-cmd 'true' --health-interval 500ms --health-timeout 2s --health-retries 2",
    "health-start": "--health-cmd 'true' --health-interval 500ms --health-start-period 1s",
    "health-off": "--no-healthcheck lab/web:58-develop",
    "health-inherited": "--health-interval 500ms lab/web:58-develop",
    "port-fixed": `-p ${port()}:80`,
    "port-address": `-p 127.0.0.1:${port()}:80/tcp`,
    "port-udp": `-p ${port()}:53/udp`,
    "port-random": "-p 80",
    "port-range": `-p ${port()}-${port()}:8080-8081`,
    "publish-all": "-P --expose 81",
    expose: "--expose 82/udp --expose 90-92",
    "network-none": "--network none",
    "network-host": "--network host",
    "network-bridge": "--network bridge",
    "network-own": `--network ${p}front --network-alias first --network-alias second`,
    "network-address": `--network ${p}fixed --ip 10.213.77.20`,
    "networks-two": `--network ${p}front --network name=${p}fixed,alias=other`,
    "network-container": `--network container:${p}plain`,
    hosts: "--add-host db:10.0.0.7 --add-host cache:10.0.0.8",
    dns: "--dns 10.0.0.53 --dns-search example.test --dns-option ndots:2",
    link: `--link ${p}plain:other`,
    "ipc-host": "--ipc host",
    "ipc-shareable": "--ipc shareable",
    "pid-host": "--pid host",
    "uts-host": "--uts host",
    "userns-host": "--userns host",
    "cgroupns-private": "--cgroupns private",
    "cgroup-parent": "--cgroup-parent /corpus",
    "volume-named": `-v ${p}data:/data`,
    "volume-read-only": `-v ${p}data:/data:ro`,
    "volume-no-copy": `-v ${p}data:/data:nocopy`,
    "volume-anonymous": "-v /scratch/",
    "volumes-from": `--volumes-from ${p}volume-named:ro`,
    bind: "-v /etc/hostname:/etc/outer:ro",
    "bind-slash": "-v /tmp/:/outer/",
    "bind-propagation": "-v /tmp:/outer:private",
    "bind-mount": "--mount type=bind,source=/tmp,target=/outer,readonly",
    "mount-volume": `--mount type=volume,source=${p}data,target=/data`,
    tmpfs: "--tmpfs /run:size=1m,mode=1770",
    "tmpfs-mount": "--mount type=tmpfs,target=/cache,tmpfs-size=1m",
    "image-volume": "lab/db:12",
    "read-only": "--read-only --tmpfs /tmp",
    "shared-memory": "--shm-size 8m",
    capabilities: "--cap-add net_admin --cap-add CAP_SYS_TIME --cap-drop mknod",
    "capabilities-all": "--cap-drop ALL --cap-add CHOWN",
    security: "--security-opt no-new-privileges --security-opt seccomp=unconfined",
    "security-colon": "--security-opt no-new-privileges:true",
    device: "--device /dev/null:/dev/nothing:rw",
    "device-rule": "--device-cgroup-rule 'c 1:3 rwm'",
    ulimit: "--ulimit nofile=1024:2048 --ulimit core=0",
    sysctl: "--sysctl net.ipv4.ip_forward=1",
    memory: "-m 64m",
    "memory-swap": "-m 64m --memory-swap 128m --memory-reservation 32m",
    "memory-unlimited-swap": "-m 64m --memory-swap -1",
    swappiness: "--memory-swappiness 10",
    cpus: "--cpus 0.5",
    "cpu-shares": "-c 512",
    "cpu-quota": "--cpu-period 50000 --cpu-quota 25000",
    cpuset: "--cpuset-cpus 0 --cpuset-mems 0",
    pids: "--pids-limit 100",
    "pids-unlimited": "--pids-limit -1",
    "oom-score": "--oom-score-adj 100",
    "oom-kill-disable": "--oom-kill-disable -m 64m",
    "restart-on-failure": "--restart on-failure:3",
    // Its start interval came with API 1.44; older Engines would drop it in silence.
    ...(engine20
      ? {}
      : {
          "health-start-interval": "--health-cmd true --health-start-period 5s --health-start-interval 500ms",
        }),
  };
}

/** Services of one stack; what belongs together in practice is said together. */
function composeServices({ port }: CorpusNames): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  return {
    plain: {},
    process: {
      command: "work 'a b'",
      environment: { NUMBER: 1, FLAG: "true", EMPTY: "" },
      labels: ["one=1", "two"],
      user: "65534",
      group_add: ["20"],
      working_dir: "/tmp",
      hostname: "worker",
      domainname: "example.test",
      init: true,
      tty: true,
      stdin_open: true,
      stop_signal: "SIGTERM",
      stop_grace_period: "1m30s",
    },
    "health-list": { healthcheck: { test: ["CMD", "true"], interval: "500ms", timeout: "1s", retries: 2 } },
    "health-text": { healthcheck: { test: "exit 0", interval: "500ms", start_period: "1s" } },
    "health-off": { image: "lab/web:58-develop", healthcheck: { disable: true } },
    ports: {
      ports: [
        `${port()}:80`,
        `127.0.0.1:${port()}:81`,
        { target: 82, published: port(), protocol: "udp" },
        "83",
      ],
      expose: ["90"],
    },
    networks: {
      networks: { default: { aliases: ["one", "two"] }, fixed: { ipv4_address: "10.213.77.30" } },
      extra_hosts: ["db:10.0.0.7"],
      dns: ["10.0.0.53"],
      dns_search: "example.test",
      dns_opt: ["ndots:2"],
    },
    "network-service": { network_mode: "service:plain" },
    "network-none": { network_mode: "none" },
    storage: {
      volumes: [
        "data:/data",
        { type: "volume", source: "data", target: "/again", read_only: true, volume: { nocopy: true } },
        { type: "bind", source: "/tmp", target: "/outer", read_only: true, bind: { propagation: "private" } },
        { type: "tmpfs", target: "/cache", tmpfs: { size: "1m" } },
        "/anonymous",
        "./content/file.txt:/etc/file.txt:ro",
        "./content:/etc/content:ro",
      ],
      tmpfs: ["/run:size=1m"],
      configs: ["settings", { source: "settings", target: "/etc/again", mode: "0440" }],
      secrets: ["password"],
      read_only: true,
      shm_size: "8m",
    },
    "storage-from": { volumes_from: ["storage:ro"] },
    rights: {
      cap_add: ["NET_ADMIN"],
      cap_drop: ["MKNOD"],
      security_opt: ["no-new-privileges:true"],
      sysctls: { "net.core.somaxconn": 256 },
      devices: ["/dev/null:/dev/nothing"],
      device_cgroup_rules: ["c 1:3 rwm"],
      ulimits: { nofile: { soft: 1024, hard: 2048 }, nproc: 200 },
      ipc: "private",
      pid: "host",
      uts: "host",
      cgroup: "private",
      logging: { driver: "json-file", options: { "max-size": "1m" } },
    },
    limits: {
      mem_limit: "64m",
      mem_reservation: "32m",
      memswap_limit: "128m",
      cpus: 0.5,
      cpu_shares: 512,
      cpuset: "0",
      pids_limit: 100,
      oom_score_adj: 100,
    },
    deployed: {
      deploy: {
        replicas: 2,
        resources: { limits: { cpus: "0.5", memory: "64M", pids: 50 }, reservations: { memory: "32M" } },
      },
    },
  };
}

interface CorpusNames {
  readonly p: string;
  readonly port: () => number;
  readonly engine20: boolean;
}

/** Writes the whole corpus as one configuration. */
export async function writeCorpus({ p, port, write }: System, engine20: boolean): Promise<void> {
  const names = { p, port, engine20 };
  const units = Object.entries(flagLines(names)).map(([name, line]) => {
    const whole = /(^| )lab\//.test(line) ? line : `${line} ${image}`;
    const service = ["TimeoutStopSec=2", ...(line.includes("--restart") ? [] : ["Restart=always"])];
    return [`units/${p}${name}.service`, unit(`--name ${p}${name} ${whole}`, { service })] as const;
  });
  const services = Object.fromEntries(
    Object.entries(composeServices(names)).map(([name, keys]) => [
      name,
      { image, restart: "always", stop_grace_period: "2s", ...keys },
    ]),
  );
  const fixed = { name: `${p}fixed`, ipam: { config: [{ subnet: "10.213.77.0/24" }] } };
  await write({
    ...Object.fromEntries(units),
    "units/content/file.txt": "a file of the repository\n",
    "units/content/deeper/other.txt": "another one\n",
    [`units/${p}stack.compose.yaml`]: compose({
      services,
      networks: { fixed, front: { name: `${p}front` } },
      volumes: { data: {} },
      configs: { settings: { file: "./content/file.txt" } },
      secrets: { password: { file: "./content/file.txt" } },
    }),
  });
}
