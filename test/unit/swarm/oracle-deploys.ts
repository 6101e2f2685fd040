import { deploy, type StackCase, web } from "./oracle-case.ts";

/** Keys of `deploy`, which only a Swarm knows all of. */
export const deployCases: readonly StackCase[] = [
  deploy("replicas", "{replicas: 3}"),
  deploy("replicas none", "{replicas: 0}"),
  deploy("replicas negative", "{replicas: -1}"),
  deploy("mode replicated", "{mode: replicated, replicas: 2}"),
  deploy("mode global", "{mode: global}"),
  deploy("mode global with replicas", "{mode: global, replicas: 2}"),
  deploy("mode job", "{mode: replicated-job}", "", { differs: "job-restart" }),
  deploy(
    "mode job with replicas",
    "{mode: replicated-job, replicas: 4, restart_policy: {condition: on-failure}}",
  ),
  deploy("mode global job", "{mode: global-job, restart_policy: {condition: none}}"),
  deploy("mode unknown", "{mode: everywhere}"),
  deploy("endpoint vip", "{endpoint_mode: vip}"),
  deploy("endpoint dnsrr", "{endpoint_mode: dnsrr}"),
  web(
    "endpoint dnsrr with a port of the hosts",
    "ports: [{target: 80, published: 8080, mode: host}]\ndeploy: {endpoint_mode: dnsrr}",
  ),
  web("endpoint dnsrr with a port of the ingress", "ports: ['8080:80']\ndeploy: {endpoint_mode: dnsrr}", "", {
    differs: "swarm-refuses",
  }),
  deploy("endpoint unknown", "{endpoint_mode: anycast}", "", { differs: "swarm-refuses" }),
  deploy("labels map", "{labels: {a: b, c: ''}}"),
  deploy("labels list", "{labels: [a=b, 'c=d=e']}"),
  web("labels of both", "labels: {a: container}\ndeploy: {labels: {a: service}}"),
  deploy("limits", "{resources: {limits: {cpus: '0.5', memory: 64M}}}"),
  deploy("limits number", "{resources: {limits: {cpus: '2', memory: 1g, pids: 100}}}"),
  deploy("reservations", "{resources: {reservations: {cpus: '0.25', memory: 32M}}}"),
  deploy("limits and reservations", "{resources: {limits: {memory: 128M}, reservations: {memory: 64M}}}"),
  deploy(
    "generic resources",
    "{resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}]}}}",
  ),
  deploy(
    "generic resources several",
    "{resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: ssd, value: 1}}, {discrete_resource_spec: {kind: gpu, value: 1}}]}}}",
  ),
  deploy("limits no number", "{resources: {limits: {cpus: many}}}"),
  deploy("limits no size", "{resources: {limits: {memory: much}}}"),
  deploy("restart any", "{restart_policy: {condition: any}}"),
  deploy("restart none", "{restart_policy: {condition: none}}"),
  deploy(
    "restart in full",
    "{restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}}",
  ),
  deploy("restart delay", "{restart_policy: {delay: 1m}}"),
  deploy("restart without a delay", "{restart_policy: {condition: any, delay: 0s}}"),
  deploy("restart unknown", "{restart_policy: {condition: sometimes}}", "", { differs: "swarm-refuses" }),
  web("restart in both", "restart: always\ndeploy: {restart_policy: {condition: on-failure}}", "", {
    differs: "contradiction",
  }),
  deploy("constraints", "{placement: {constraints: [node.role==manager, 'node.labels.zone!=west']}}"),
  deploy(
    "constraints with spaces",
    "{placement: {constraints: ['node.role == worker', 'engine.labels.os == linux']}}",
  ),
  deploy("constraints wrong", "{placement: {constraints: [node.role=manager]}}", "", {
    differs: "swarm-refuses",
  }),
  deploy("spread", "{placement: {preferences: [{spread: node.labels.zone}, {spread: node.labels.rack}]}}"),
  deploy("replicas per node", "{replicas: 4, placement: {max_replicas_per_node: 2}}"),
  deploy(
    "placement in full",
    "{placement: {constraints: [node.role==worker], preferences: [{spread: node.labels.zone}], max_replicas_per_node: 1}}",
  ),
  deploy("update", "{update_config: {parallelism: 2, delay: 10s, order: start-first}}"),
  deploy(
    "update in full",
    "{update_config: {parallelism: 1, delay: 5s, failure_action: pause, monitor: 15s, max_failure_ratio: 0.1, order: stop-first}}",
  ),
  deploy("update continue", "{update_config: {failure_action: continue, max_failure_ratio: 0.3}}"),
  deploy("update rollback", "{update_config: {failure_action: rollback, monitor: 1m}}"),
  deploy("update all at once", "{replicas: 3, update_config: {parallelism: 0}}"),
  deploy("update order unknown", "{update_config: {order: any}}"),
  deploy("update action unknown", "{update_config: {failure_action: explode}}", "", {
    differs: "swarm-refuses",
  }),
  deploy("rollback", "{rollback_config: {parallelism: 2, delay: 10s, order: start-first}}"),
  deploy(
    "rollback in full",
    "{rollback_config: {parallelism: 1, delay: 5s, failure_action: continue, monitor: 15s, max_failure_ratio: 0.1, order: stop-first}}",
  ),
  deploy("update and rollback", "{update_config: {parallelism: 2}, rollback_config: {parallelism: 3}}"),
  web(
    "start-first with a port of the hosts",
    "ports: [{target: 80, published: 8080, mode: host}]\ndeploy: {update_config: {order: start-first}}",
    "",
    {
      differs: "never-ends",
    },
  ),
  deploy("unknown key of deploy", "{foo: bar}"),
];
