import { type CorpusCase, db } from "./corpus-case.ts";

/** Supported keys of a service about networks, files, limits and rights. */
export const surroundingsCorpus: Readonly<Record<string, readonly CorpusCase[]>> = {
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
