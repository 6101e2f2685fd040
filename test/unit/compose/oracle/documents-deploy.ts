import { type ComposeCase, web } from "./oracle-case.ts";

/** Keys below `deploy`. */
export const deployDocuments: readonly ComposeCase[] = [
  web("deploy: {}"),
  web("deploy: {replicas: 3, mode: replicated, endpoint_mode: dnsrr, labels: {a: b}}"),
  web("deploy: {replicas: 0, mode: replicated, endpoint_mode: vip, labels: [a=b]}"),
  web("deploy: {mode: global}"),
  web("deploy: {mode: nowhere}", { differs: "words that no Engine knows" }),
  web("deploy: {replicas: many}"),
  web("deploy: {replicas: -1}"),
  web(
    "deploy: {resources: {limits: {cpus: '0.5', memory: 50M, pids: 10}, reservations: {cpus: 0.25, memory: 20M, devices: [{capabilities: [gpu], count: 1, driver: nvidia, options: {a: b}}], generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}]}}}",
  ),
  web(
    "deploy: {resources: {limits: {cpus: 2, memory: 1g, pids: 5}, reservations: {cpus: '1', memory: 1m, devices: [{capabilities: [tpu, x], device_ids: ['5'], driver: d, options: [c=d]}, {capabilities: [y], device_ids: ['6']}, {capabilities: [y], count: all}], generic_resources: [{discrete_resource_spec: {kind: ssd, value: 1}}]}}}",
  ),
  web("deploy: {resources: {reservations: {devices: [{count: 1}]}}}"),
  web("deploy: {resources: {reservations: {devices: [{capabilities: [a], count: 1, device_ids: [b]}]}}}"),
  web("deploy: {resources: {limits: {memory: lots}}}"),
  web("deploy: {resources: {limits: {gpus: 1}}}"),
  web(
    "deploy: {placement: {constraints: [node.role==manager, 'node.labels.a != b'], preferences: [{spread: node.labels.z}], max_replicas_per_node: 2}}",
  ),
  web(
    "deploy: {placement: {constraints: ['node.hostname==x'], preferences: [{spread: node.labels.a}, {spread: engine.labels.b}], max_replicas_per_node: 1}}",
  ),
  web("deploy: {placement: {constraints: node.role==manager}}"),
  web("deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 2m}}"),
  web("deploy: {restart_policy: {condition: on-failure, delay: 500ms, max_attempts: 1, window: 10s}}"),
  web("deploy: {restart_policy: {condition: none}}"),
  web("deploy: {restart_policy: {condition: any}}"),
  web("deploy: {restart_policy: {condition: never}}", { differs: "words that no Engine knows" }),
  web("restart: always\ndeploy: {restart_policy: {condition: none}}", { differs: "two restart policies" }),
  web(
    "deploy: {update_config: {parallelism: 2, delay: 10s, failure_action: rollback, monitor: 1m, max_failure_ratio: 0.5, order: start-first}}",
  ),
  web(
    "deploy: {update_config: {parallelism: 3, delay: 1s, failure_action: pause, monitor: 5s, max_failure_ratio: 0.1, order: stop-first}}",
  ),
  web("deploy: {update_config: {order: sideways}}"),
  web("deploy: {update_config: {delay: 5}}"),
  web(
    "deploy: {rollback_config: {parallelism: 2, delay: 10s, failure_action: pause, monitor: 1m, max_failure_ratio: 0.5, order: start-first}}",
  ),
  web(
    "deploy: {rollback_config: {parallelism: 1, delay: 1s, failure_action: continue, monitor: 5s, max_failure_ratio: 1, order: stop-first}}",
  ),
  web("deploy: {rollback_config: {order: sideways}}"),
  web("deploy: {replica: 1}"),
  web("deploy: []"),
];
