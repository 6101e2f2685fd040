import type { WorkloadSpec } from "../../../src/model/workload.ts";

/** One supported key at work: YAML of the service, and the part of the workload that it makes. */
export interface CorpusCase {
  readonly yaml: string;
  /** What the container must have; `undefined` members must be absent. */
  readonly container?: Readonly<Record<string, unknown>>;
  readonly workload?: Readonly<{ [K in keyof WorkloadSpec]?: unknown }>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Top-level sections, or other services, behind the service. */
  readonly rest?: string;
}

const db = "  db: {image: db:1}\n";

/** Every supported key of a service, at least once. */
export const serviceCorpus: Readonly<Record<string, readonly CorpusCase[]>> = {
  image: [
    { yaml: "image: myrepo/web:58-develop", container: { image: "myrepo/web:58-develop" } },
    { yaml: "image: docker.io/library/redis", container: { image: "redis:latest" } },
  ],
  build: [{ yaml: "image: a:1\nbuild: .", container: { image: "a:1" } }],
  pull_policy: [
    { yaml: "pull_policy: missing" },
    { yaml: "pull_policy: if_not_present" },
    { yaml: "pull_policy: always" },
  ],
  platform: [{ yaml: "platform: linux/arm64", container: { platform: "linux/arm64" } }],
  command: [
    { yaml: 'command: run --a "b c"', container: { command: ["run", "--a", "b c"] } },
    { yaml: 'command: ["a b", $$c, 5]', container: { command: ["a b", "$c", "5"] } },
    { yaml: "command:", container: { command: undefined } },
    { yaml: "command: []", container: { command: undefined } },
    { yaml: 'command: ""', container: { command: undefined } },
  ],
  entrypoint: [
    { yaml: "entrypoint: /run.sh now", container: { entrypoint: ["/run.sh", "now"] } },
    { yaml: "entrypoint: [a, b c]", container: { entrypoint: ["a", "b c"] } },
    { yaml: "entrypoint: []", container: { entrypoint: [] } },
    { yaml: 'entrypoint: ""', container: { entrypoint: [] } },
    { yaml: 'entrypoint: [""]', container: { entrypoint: [] } },
    { yaml: "entrypoint:", container: { entrypoint: undefined } },
  ],
  environment: [
    {
      yaml: "environment: {A: 1, B: two, C: true}",
      container: { environment: { A: "1", B: "two", C: "true" } },
    },
    { yaml: "environment: [A=1, B=x=y, C=]", container: { environment: { A: "1", B: "x=y", C: "" } } },
    { yaml: "environment: [A, NOPE]", variables: { A: "v" }, container: { environment: { A: "v" } } },
    { yaml: "environment: {A: , NOPE: ~}", variables: { A: "v" }, container: { environment: { A: "v" } } },
  ],
  env_file: [
    {
      yaml: "env_file: a.env",
      files: { "units/a.env": "A=1" },
      container: { environment: { A: "1" } },
    },
  ],
  labels: [
    { yaml: "labels: {a.b: c, n: 5}", container: { labels: { "a.b": "c", n: "5" } } },
    { yaml: "labels: [a=b=c, d]", container: { labels: { a: "b=c", d: "" } } },
  ],
  user: [
    { yaml: 'user: "1000:1000"', container: { user: "1000:1000" } },
    { yaml: 'user: ""', container: { user: undefined } },
  ],
  group_add: [{ yaml: "group_add: [mail, 44]", container: { groupAdd: ["mail", "44"] } }],
  working_dir: [{ yaml: "working_dir: /srv", container: { workingDir: "/srv" } }],
  hostname: [{ yaml: "hostname: h", container: { hostname: "h" } }],
  domainname: [{ yaml: "domainname: d.example", container: { domainname: "d.example" } }],
  init: [{ yaml: "init: true", container: { init: true } }],
  tty: [{ yaml: "tty: yes", container: { tty: true } }],
  stdin_open: [{ yaml: "stdin_open: false", container: { stdinOpen: false } }],
  stop_signal: [{ yaml: "stop_signal: SIGINT", container: { stopSignal: "SIGINT" } }],
  stop_grace_period: [
    { yaml: "stop_grace_period: 1m30s", container: { stopTimeoutSeconds: 90 } },
    { yaml: "stop_grace_period: 500ms", container: { stopTimeoutSeconds: 1 } },
  ],
  attach: [{ yaml: "attach: false" }],
  runtime: [{ yaml: "runtime: runc", container: { runtime: "runc" } }],
  restart: [
    { yaml: 'restart: "no"', container: { restart: { name: "no" } } },
    { yaml: "restart: no", container: { restart: { name: "no" } } },
    { yaml: "restart: always", container: { restart: { name: "always" } } },
    { yaml: "restart: on-failure", container: { restart: { name: "on-failure" } } },
    { yaml: "restart: on-failure:3", container: { restart: { name: "on-failure", maximumRetryCount: 3 } } },
    { yaml: "restart: unless-stopped", container: { restart: { name: "unless-stopped" } } },
  ],
  healthcheck: [
    {
      yaml: "healthcheck: {test: curl -f $$URL, interval: 1m30s, timeout: 10s, retries: 3, start_period: 40s, start_interval: 5s}",
      container: {
        healthcheck: {
          kind: "command",
          test: ["CMD-SHELL", "curl -f $URL"],
          intervalMs: 90_000,
          timeoutMs: 10_000,
          retries: 3,
          startPeriodMs: 40_000,
          startIntervalMs: 5000,
        },
      },
    },
    {
      yaml: "healthcheck: {test: [CMD, a, b]}",
      container: { healthcheck: { kind: "command", test: ["CMD", "a", "b"] } },
    },
    { yaml: "healthcheck: {test: [NONE]}", container: { healthcheck: { kind: "none" } } },
    { yaml: "healthcheck: {disable: true}", container: { healthcheck: { kind: "none" } } },
    {
      yaml: "healthcheck: {interval: 5s}",
      container: { healthcheck: { kind: "command", intervalMs: 5000 } },
    },
  ],
  depends_on: [
    {
      yaml: "depends_on: [db]",
      rest: db,
      workload: {
        dependsOn: [{ workload: "shop/db", condition: "started", required: true, restart: false }],
      },
    },
    {
      yaml: "depends_on: {db: {condition: service_healthy, restart: true, required: false}}",
      rest: db,
      workload: {
        dependsOn: [{ workload: "shop/db", condition: "healthy", required: false, restart: true }],
      },
    },
  ],
  deploy: [
    {
      yaml: `deploy:
  replicas: 2
  mode: replicated
  resources: {limits: {cpus: "0.5", memory: 1g, pids: 9}, reservations: {memory: 512m}}
  restart_policy: {condition: on-failure, max_attempts: 2}
  update_config: {order: start-first, parallelism: 0, delay: 5s, monitor: 10s, failure_action: rollback}`,
      container: {
        nanoCpus: 500_000_000,
        memory: 1024 ** 3,
        pidsLimit: 9,
        memoryReservation: 512 * 1024 ** 2,
        restart: { name: "on-failure", maximumRetryCount: 2 },
      },
      workload: {
        containerNames: ["shop-web-1", "shop-web-2"],
        update: { order: "start-first", parallelism: 2, delayMs: 5000, monitorMs: 10_000 },
      },
    },
    { yaml: "deploy: {restart_policy: {condition: none}}", container: { restart: { name: "no" } } },
    { yaml: "deploy: {restart_policy: {condition: any}}", container: { restart: { name: "always" } } },
  ],
  scale: [
    { yaml: "scale: 0", workload: { containerNames: [] } },
    { yaml: "scale: 2\ndeploy: {replicas: 2}", workload: { containerNames: ["shop-web-1", "shop-web-2"] } },
  ],
  container_name: [{ yaml: "container_name: front", workload: { containerNames: ["front"] } }],
  profiles: [{ yaml: "profiles: []" }],
  ports: [
    {
      yaml: 'ports: ["8080:80", 90]',
      container: {
        ports: [
          { containerPort: 80, protocol: "tcp", hostIp: "", hostPort: "8080" },
          { containerPort: 90, protocol: "tcp", hostIp: "", hostPort: "" },
        ],
      },
    },
    {
      yaml: "ports: [{target: 80, published: 8000-8010, host_ip: 127.0.0.1, protocol: udp, mode: host, name: x, app_protocol: http}]",
      container: {
        ports: [{ containerPort: 80, protocol: "udp", hostIp: "127.0.0.1", hostPort: "8000-8010" }],
      },
    },
    {
      yaml: "ports: [{target: 80}]",
      container: { ports: [{ containerPort: 80, protocol: "tcp", hostIp: "", hostPort: "" }] },
    },
  ],
  expose: [
    { yaml: "expose: [3000, 4000-4001/udp]", container: { expose: ["3000/tcp", "4000/udp", "4001/udp"] } },
  ],
  networks: [
    {
      yaml: 'networks: {a: , b: {priority: 5, aliases: [x, web], ipv4_address: 10.5.0.9, ipv6_address: "fd00::9"}}',
      rest: "networks: {a: , b: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}",
      container: {
        network: {
          kind: "networks",
          attachments: [
            { network: "shop_b", aliases: ["web", "x"], ipv4: "10.5.0.9", ipv6: "fd00::9" },
            { network: "shop_a", aliases: ["web"] },
          ],
        },
      },
    },
    {
      yaml: "networks: [default]",
      container: {
        network: { kind: "networks", attachments: [{ network: "shop_default", aliases: ["web"] }] },
      },
    },
  ],
  network_mode: [
    { yaml: "network_mode: bridge", container: { network: { kind: "default" } } },
    { yaml: "network_mode: host", container: { network: { kind: "host" } } },
    { yaml: "network_mode: none", container: { network: { kind: "none" } } },
    { yaml: "network_mode: container:vpn", container: { network: { kind: "container", container: "vpn" } } },
    {
      yaml: "network_mode: service:db",
      rest: db,
      container: { network: { kind: "workload", workload: "shop/db" } },
      workload: { dependsOn: [{ workload: "shop/db", condition: "started", required: true, restart: true }] },
    },
  ],
  links: [
    {
      yaml: "links: [db]",
      rest: db,
      workload: {
        dependsOn: [{ workload: "shop/db", condition: "started", required: true, restart: false }],
      },
    },
  ],
  extra_hosts: [
    {
      yaml: 'extra_hosts: ["a:1.2.3.4", "b=::1", "c:[::1]", "d:host-gateway"]',
      container: { extraHosts: ["a:1.2.3.4", "b:::1", "c:::1", "d:host-gateway"] },
    },
    {
      yaml: "extra_hosts: {a: 1.2.3.4, b: [1.1.1.1, 2.2.2.2]}",
      container: { extraHosts: ["a:1.2.3.4", "b:1.1.1.1", "b:2.2.2.2"] },
    },
  ],
  dns: [
    { yaml: "dns: 1.1.1.1", container: { dns: ["1.1.1.1"] } },
    { yaml: 'dns: [1.1.1.1, "2606:4700::1"]', container: { dns: ["1.1.1.1", "2606:4700::1"] } },
  ],
  dns_search: [{ yaml: "dns_search: example.com", container: { dnsSearch: ["example.com"] } }],
  dns_opt: [{ yaml: "dns_opt: [use-vc]", container: { dnsOptions: ["use-vc"] } }],
  mac_address: [{ yaml: 'mac_address: "02:42:AC:11:65:43"', container: { macAddress: "02:42:ac:11:65:43" } }],
  volumes: [
    {
      yaml: "volumes: [data:/data]",
      rest: "volumes: {data: }",
      container: { mounts: [{ kind: "volume", volume: "shop_data", target: "/data", readOnly: false }] },
    },
  ],
  tmpfs: [
    { yaml: "tmpfs: /run", container: { mounts: [{ kind: "tmpfs", target: "/run", options: "" }] } },
    {
      yaml: 'tmpfs: ["/run:size=64m,mode=1777"]',
      container: { mounts: [{ kind: "tmpfs", target: "/run", options: "size=64m,mode=1777" }] },
    },
  ],
  volumes_from: [
    {
      yaml: 'volumes_from: ["db:ro", "container:other"]',
      rest: db,
      container: { volumesFrom: ["shop-db-1:ro", "other"] },
      workload: {
        dependsOn: [{ workload: "shop/db", condition: "started", required: true, restart: false }],
      },
    },
  ],
  configs: [
    {
      yaml: "configs: [c]",
      rest: "configs: {c: {content: hello}}",
      container: { mounts: [{ kind: "files", path: "c", target: "/c" }] },
    },
  ],
  secrets: [
    {
      yaml: "secrets: [s]",
      variables: { PW: "hush" },
      rest: "secrets: {s: {environment: PW}}",
      container: { mounts: [{ kind: "files", path: "s", target: "/run/secrets/s" }] },
    },
  ],
  mem_limit: [
    { yaml: "mem_limit: 512m", container: { memory: 512 * 1024 ** 2 } },
    { yaml: "mem_limit: 1073741824", container: { memory: 1024 ** 3 } },
  ],
  mem_reservation: [{ yaml: "mem_reservation: 0.5g", container: { memoryReservation: 512 * 1024 ** 2 } }],
  memswap_limit: [
    { yaml: "mem_limit: 1g\nmemswap_limit: 2g", container: { memorySwap: 2 * 1024 ** 3 } },
    { yaml: "memswap_limit: -1", container: { memorySwap: -1 } },
  ],
  mem_swappiness: [{ yaml: "mem_swappiness: 10", container: { memorySwappiness: 10 } }],
  cpus: [{ yaml: "cpus: 1.5", container: { nanoCpus: 1_500_000_000 } }],
  cpu_shares: [{ yaml: "cpu_shares: 512", container: { cpuShares: 512 } }],
  cpu_period: [{ yaml: "cpu_period: 50ms", container: { cpuPeriod: 50_000 } }],
  cpu_quota: [{ yaml: "cpu_quota: 25000", container: { cpuQuota: 25_000 } }],
  cpuset: [{ yaml: "cpuset: 0-1", container: { cpusetCpus: "0-1" } }],
  pids_limit: [{ yaml: "pids_limit: -1", container: { pidsLimit: -1 } }],
  blkio_config: [{ yaml: "blkio_config: {weight: 300}", container: { blkioWeight: 300 } }],
  oom_kill_disable: [{ yaml: "oom_kill_disable: true", container: { oomKillDisable: true } }],
  oom_score_adj: [{ yaml: "oom_score_adj: -500", container: { oomScoreAdj: -500 } }],
  shm_size: [{ yaml: "shm_size: 64m", container: { shmSize: 64 * 1024 ** 2 } }],
  ulimits: [
    {
      yaml: "ulimits: {nofile: {soft: 1, hard: 2}, nproc: 5}",
      container: {
        ulimits: [
          { name: "nofile", soft: 1, hard: 2 },
          { name: "nproc", soft: 5, hard: 5 },
        ],
      },
    },
  ],
  privileged: [{ yaml: "privileged: true", container: { privileged: true } }],
  read_only: [{ yaml: "read_only: true", container: { readOnlyRootfs: true } }],
  cap_add: [{ yaml: "cap_add: [NET_ADMIN]", container: { capAdd: ["NET_ADMIN"] } }],
  cap_drop: [{ yaml: "cap_drop: [ALL]", container: { capDrop: ["ALL"] } }],
  security_opt: [
    {
      yaml: 'security_opt: ["no-new-privileges:true", "seccomp:unconfined", "seccomp=./p.json"]',
      files: { "units/p.json": '{ "a": 1 }' },
      container: { securityOpt: ["no-new-privileges:true", "seccomp=unconfined", 'seccomp={"a":1}'] },
    },
  ],
  sysctls: [
    { yaml: "sysctls: {net.core.somaxconn: 1024}", container: { sysctls: { "net.core.somaxconn": "1024" } } },
    { yaml: "sysctls: [a.b=1]", container: { sysctls: { "a.b": "1" } } },
  ],
  devices: [
    {
      yaml: "devices: [/dev/a, /dev/b:/dev/c, /dev/d:r, /dev/e:/dev/f:rw]",
      container: {
        devices: [
          { hostPath: "/dev/a", containerPath: "/dev/a", permissions: "rwm" },
          { hostPath: "/dev/b", containerPath: "/dev/c", permissions: "rwm" },
          { hostPath: "/dev/d", containerPath: "/dev/d", permissions: "r" },
          { hostPath: "/dev/e", containerPath: "/dev/f", permissions: "rw" },
        ],
      },
    },
  ],
  device_cgroup_rules: [
    { yaml: 'device_cgroup_rules: ["c 1:3 mr"]', container: { deviceCgroupRules: ["c 1:3 mr"] } },
  ],
  ipc: [
    { yaml: "ipc: shareable", container: { ipcMode: "shareable" } },
    { yaml: "ipc: container:x", container: { ipcMode: "container:x" } },
  ],
  pid: [
    { yaml: "pid: host", container: { pidMode: "host" } },
    {
      yaml: "pid: service:db",
      rest: db,
      container: { pidMode: "container:shop-db-1" },
      workload: { dependsOn: [{ workload: "shop/db", condition: "started", required: true, restart: true }] },
    },
  ],
  uts: [{ yaml: "uts: host", container: { utsMode: "host" } }],
  userns_mode: [{ yaml: "userns_mode: host", container: { usernsMode: "host" } }],
  cgroup: [{ yaml: "cgroup: private", container: { cgroupnsMode: "private" } }],
  cgroup_parent: [{ yaml: "cgroup_parent: /x", container: { cgroupParent: "/x" } }],
  logging: [
    {
      yaml: "logging: {driver: json-file, options: {max-size: 10m, max-file: 3}}",
      container: { logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } } },
    },
  ],
};
