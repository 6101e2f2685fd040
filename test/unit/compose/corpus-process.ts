import { type CorpusCase, db } from "./corpus-case.ts";

/** Supported keys of a service about the image, the process and its life. */
export const processCorpus: Readonly<Record<string, readonly CorpusCase[]>> = {
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
    { yaml: "command:", absent: ["command"] },
    { yaml: "command: []", absent: ["command"] },
    { yaml: 'command: ""', absent: ["command"] },
  ],
  entrypoint: [
    { yaml: "entrypoint: /run.sh now", container: { entrypoint: ["/run.sh", "now"] } },
    { yaml: "entrypoint: [a, b c]", container: { entrypoint: ["a", "b c"] } },
    { yaml: "entrypoint: []", container: { entrypoint: [] } },
    { yaml: 'entrypoint: ""', container: { entrypoint: [] } },
    { yaml: 'entrypoint: [""]', container: { entrypoint: [] } },
    { yaml: "entrypoint:", absent: ["entrypoint"] },
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
    { yaml: 'user: ""', absent: ["user"] },
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
};
