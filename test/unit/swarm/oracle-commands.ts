import type { ClusterSettings } from "../../../src/model/cluster.ts";
import type { CommandCase } from "./oracle-case.ts";

/** Flags that `docker service create` and `docker run` share, and those that only a service has. */

function same(name: string, flags: string, words = "", differs?: string): CommandCase {
  return pair(name, flags, flags, words, differs);
}

function pair(name: string, flags: string, run: string, words = "", differs?: string): CommandCase {
  const tail = words === "" ? "" : ` ${words}`;
  return {
    ...{ name, command: `--name web ${flags} busybox:1${tail}`, run: `--name web ${run} busybox:1${tail}` },
    ...(differs === undefined ? {} : { differs }),
  };
}

function only(
  name: string,
  flags: string,
  cluster: ClusterSettings,
  also: CommandCase["also"] = {},
): CommandCase {
  return { ...pair(name, flags, ""), also: { ...also, cluster } };
}

const zone = "node.labels.zone";

export const commandCases: readonly CommandCase[] = [
  same("bare", ""),
  same("words", "", "sleep 10"),
  pair("entrypoint", "--entrypoint /bin/sh", "--entrypoint /bin/sh", "-c true"),
  same("env", "-e A=1 --env B=2"),
  same("env repeated", "-e A=1 -e A=2"),
  pair("label of the container", "--container-label a=b", "--label a=b"),
  pair("labels of the container", "--container-label a=b --container-label c=", "--label a=b --label c="),
  same("user", "--user 1000:1000"),
  same("user name", "-u nobody"),
  same("working directory", "--workdir /srv"),
  same("working directory short", "-w /srv/www"),
  same("host name", "--hostname web-1"),
  same("tty", "-t"),
  same("tty long", "--tty"),
  same("init", "--init"),
  same("read-only", "--read-only"),
  same("stop signal", "--stop-signal SIGINT"),
  pair("stop grace period", "--stop-grace-period 30s", "--stop-timeout 30"),
  pair("stop grace period of the default", "--stop-grace-period 10s", "--stop-timeout 10"),
  pair("group", "--group audio --group 99", "--group-add audio --group-add 99"),
  pair(
    "host",
    "--host db:192.0.2.1 --host cache:192.0.2.2",
    "--add-host db:192.0.2.1 --add-host cache:192.0.2.2",
  ),
  pair("host IPv6", "--host db:2001:db8::1", "--add-host db:2001:db8::1"),
  same("dns", "--dns 1.1.1.1 --dns-search example.org --dns-option ndots:2"),
  same("dns several", "--dns 1.1.1.1 --dns 8.8.8.8"),
  same("capabilities", "--cap-add NET_ADMIN --cap-drop MKNOD"),
  same("capabilities all", "--cap-drop ALL --cap-add CAP_CHOWN"),
  same("capabilities added all", "--cap-add ALL --cap-add NET_ADMIN"),
  same("capabilities small letters", "--cap-add net_admin --cap-add sys_time"),
  same("sysctl", "--sysctl net.core.somaxconn=1024"),
  same("sysctls", "--sysctl net.ipv4.tcp_syncookies=0 --sysctl net.core.somaxconn=512"),
  same("ulimit", "--ulimit nofile=1024:2048"),
  same("ulimits", "--ulimit nproc=100 --ulimit core=0"),
  same("ulimit wrong", "--ulimit nofile=2048:1024"),
  pair("oom score", "--oom-score-adj 300", "--oom-score-adj 300"),
  same(
    "health",
    "--health-cmd true --health-interval 10s --health-retries 3 --health-timeout 2s --health-start-period 1m",
  ),
  same("health start interval", "--health-cmd true --health-start-interval 2s"),
  same("health none", "--no-healthcheck"),
  same("health none and some", "--no-healthcheck --health-cmd true"),
  same("log driver", "--log-driver json-file --log-opt max-size=10m --log-opt max-file=3"),
  same("log driver alone", "--log-driver journald"),
  pair("memory", "--limit-memory 64m", "--memory 64m"),
  pair(
    "memory reserved",
    "--limit-memory 128m --reserve-memory 64m",
    "--memory 128m --memory-reservation 64m",
  ),
  pair("cpus", "--limit-cpu 0.5", "--cpus 0.5"),
  pair("cpus many", "--limit-cpu 2", "--cpus 2"),
  pair("pids", "--limit-pids 100", "--pids-limit 100"),
  pair("pids without limit", "--limit-pids 0", "--pids-limit -1"),
  pair("memory no size", "--limit-memory much", "--memory much"),
  pair("restart always", "--restart-condition any", "--restart always"),
  pair(
    "restart on-failure",
    "--restart-condition on-failure --restart-max-attempts 3",
    "--restart on-failure:3",
  ),
  pair("restart on-failure without limit", "--restart-condition on-failure", "--restart on-failure"),
  pair("restart none", "--restart-condition none", "--restart no"),
  same("publish", "-p 8080:80"),
  same("publish udp", "--publish 5353:53/udp"),
  same("publish any port", "-p 80"),
  same("publish a range", "-p 8000-8002:9000-9002"),
  same("publish out of a range", "-p 8000-8001:80", "", "port-range"),
  same("publish on one address", "-p 127.0.0.1:8080:80"),
  same("publish no number", "-p http:80"),
  same("volume", "--mount type=volume,src=data,dst=/data"),
  same("volume read-only", "--mount type=volume,source=data,target=/data,readonly"),
  same("volume nocopy", "--mount type=volume,src=data,dst=/data,volume-nocopy"),
  same("volume part", "--mount type=volume,src=data,dst=/data,volume-subpath=www"),
  same("volume anonymous", "--mount type=volume,dst=/data"),
  same(
    "volume twice at one place",
    "--mount type=volume,src=a,dst=/data --mount type=volume,src=b,dst=/data",
    "",
    "swarm-refuses",
  ),
  same("bind", "--mount type=bind,src=/srv,dst=/srv"),
  same("bind read-only", "--mount type=bind,src=/srv,dst=/srv,ro"),
  same("bind propagation", "--mount type=bind,src=/srv,dst=/srv,bind-propagation=rslave"),
  same("bind without source", "--mount type=bind,dst=/srv", "", "swarm-refuses"),
  pair("bind of -v", "--mount type=bind,src=/srv,dst=/srv,ro", "-v /srv:/srv:ro"),
  same("tmpfs", "--mount type=tmpfs,dst=/run"),
  same("tmpfs size and mode", "--mount type=tmpfs,dst=/run,tmpfs-size=1048576,tmpfs-mode=0700"),
  pair("tmpfs of --tmpfs", "--mount type=tmpfs,dst=/run,tmpfs-size=64m", "--tmpfs /run:size=64m"),
  same("mount of no type", "--mount type=nothing,dst=/x", "", "swarm-refuses"),
  pair("network", "--network front", "--network front"),
  pair("network alias", "--network name=front,alias=www", "--network front --network-alias www"),
  pair(
    "networks",
    "--network name=front,alias=www --network back",
    "--network name=front,alias=www --network back",
  ),
  same("network of the host", "--network host"),
  same("network none", "--network none", "", "swarm-refuses"),
  {
    ...pair("network driver options", "--network name=front,driver-opt=a=b", "--network front"),
    also: { cluster: { networkOptions: { front: { a: "b" } } } },
  },
  same("unknown flag", "--foo bar"),
  same("privileged", "--privileged"),
  same("device", "--device /dev/fuse"),
  same("shm size", "--shm-size 64m"),
  same("pid of the host", "--pid host"),
  same("mac address", "--mac-address 02:42:ac:11:00:02"),
  same("cpu shares", "--cpu-shares 512"),
  same("links", "--link db"),
  same("volumes from", "--volumes-from other"),
  same("runtime", "--runtime runsc"),
  same("publish all", "--publish-all"),
  only("replicas", "--replicas 3", {}, { containerNames: ["web", "web-2", "web-3"] }),
  only("replicas none", "--replicas 0", {}, { containerNames: [] }),
  only("mode global", "--mode global", { mode: "global" }),
  only("mode job", "--mode replicated-job --restart-condition none", {}, { kind: "job" }),
  only(
    "mode job several",
    "--mode replicated-job --replicas 2 --restart-condition none",
    {},
    { kind: "job", containerNames: ["web", "web-2"] },
  ),
  only(
    "mode global job",
    "--mode global-job --restart-condition none",
    { mode: "global-job" },
    { kind: "job" },
  ),
  only("constraint", `--constraint node.role==manager --constraint ${zone}!=west`, {
    placement: { constraints: [`${zone}!=west`, "node.role==manager"], spread: [] },
  }),
  only("spread", `--placement-pref spread=${zone}`, { placement: { constraints: [], spread: [zone] } }),
  only("spread several", `--placement-pref spread=${zone} --placement-pref spread=node.labels.rack`, {
    placement: { constraints: [], spread: [zone, "node.labels.rack"] },
  }),
  only("replicas per node", "--replicas-max-per-node 2", {
    placement: { constraints: [], spread: [], maxReplicasPerNode: 2 },
  }),
  only("endpoint dnsrr", "--endpoint-mode dnsrr", { endpointMode: "dnsrr" }),
  only("endpoint vip", "--endpoint-mode vip", { endpointMode: "vip" }),
  only("labels of the service", "--label a=b --label c=", { labels: { a: "b", c: "" } }),
  only(
    "restart in full",
    "--restart-condition on-failure --restart-delay 7s --restart-max-attempts 2 --restart-window 1m",
    {
      restart: { condition: "on-failure", delayMs: 7_000, maxAttempts: 2, windowMs: 60_000 },
    },
  ),
  only("restart delay", "--restart-delay 1s", { restart: { delayMs: 1_000 } }),
  only("reserved cpus", "--reserve-cpu 0.25", { reservations: { nanoCpus: 250_000_000 } }),
  only("generic resources", "--generic-resource gpu=2 --generic-resource ssd=1", {
    reservations: {
      generic: [
        { kind: "gpu", value: 2 },
        { kind: "ssd", value: 1 },
      ],
    },
  }),
  only("config", "--config source=app-7,target=/etc/app,uid=5,gid=6,mode=0440", {
    stored: [{ kind: "config", name: "app-7", target: "/etc/app", uid: "5", gid: "6", mode: 0o440 }],
  }),
  only("config by name", "--config app", {
    stored: [{ kind: "config", name: "app", target: "/app", uid: "0", gid: "0", mode: 0o444 }],
  }),
  only("secret", "--secret key", {
    stored: [{ kind: "secret", name: "key", target: "key", uid: "0", gid: "0", mode: 0o444 }],
  }),
  only("secret at a path", "--secret source=key-3,target=/etc/key,mode=0400", {
    stored: [{ kind: "secret", name: "key-3", target: "/etc/key", uid: "0", gid: "0", mode: 0o400 }],
  }),
  only(
    "update in full",
    "--update-parallelism 2 --update-delay 10s --update-failure-action continue --update-max-failure-ratio 0.25 --update-monitor 20s --update-order start-first",
    { update: { failureAction: "continue", maxFailureRatio: 0.25 } },
    { update: { order: "start-first", parallelism: 2, delayMs: 10_000, monitorMs: 20_000 } },
  ),
  only(
    "update of one more",
    "--update-parallelism 3 --update-failure-action pause --update-order stop-first",
    { update: { failureAction: "pause" } },
    { update: { order: "stop-first", parallelism: 3, delayMs: 0 } },
  ),
  only(
    "rollback in full",
    "--rollback-parallelism 2 --rollback-delay 3s --rollback-failure-action continue --rollback-max-failure-ratio 0.5 --rollback-monitor 9s --rollback-order start-first",
    {
      rollback: {
        ...{ parallelism: 2, delayMs: 3_000, failureAction: "continue", maxFailureRatio: 0.5 },
        ...{ monitorMs: 9_000, order: "start-first" },
      },
    },
  ),
  only("rollback order", "--rollback-parallelism 1 --rollback-order stop-first", {
    rollback: { parallelism: 1, order: "stop-first", failureAction: "pause", monitorMs: 5_000 },
  }),
];
