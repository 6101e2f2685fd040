import { describe, expect, test } from "vitest";
import {
  compile,
  describe as describeAll,
  errors,
  findings,
  manifestOf,
  serviceFile,
  workloadOf,
} from "./support.ts";

/** Keys of a service with a meaning on a Swarm only: what they become, and where the warning of an Engine points. */
const cases = [
  { yaml: "deploy: {endpoint_mode: vip}", cluster: { endpointMode: "vip" }, place: "4:29" },
  { yaml: "deploy: {labels: {a: b}}", cluster: { labels: { a: "b" } }, place: "4:14" },
  { yaml: "deploy: {labels: [a=b]}", cluster: { labels: { a: "b" } }, place: "4:14" },
  {
    yaml: `deploy: {placement: {constraints: [node.role == worker, "node.labels.zone!=west"]}}`,
    cluster: { placement: { constraints: ["node.role==worker", "node.labels.zone!=west"], spread: [] } },
    place: "4:14",
  },
  {
    yaml: "deploy: {placement: {preferences: [{spread: node.labels.zone}, {spread: engine.labels.rack}]}}",
    cluster: { placement: { constraints: [], spread: ["node.labels.zone", "engine.labels.rack"] } },
    place: "4:14",
  },
  {
    yaml: "deploy: {placement: {max_replicas_per_node: 2}}",
    cluster: { placement: { constraints: [], spread: [], maxReplicasPerNode: 2 } },
    place: "4:14",
  },
  {
    yaml: "deploy: {placement: {max_replicas_per_node: 0}}",
    cluster: { placement: { constraints: [], spread: [] } },
    place: "4:14",
  },
  {
    yaml: "deploy: {rollback_config: {parallelism: 0, delay: 5s, monitor: 1m, order: stop-first, failure_action: continue, max_failure_ratio: 0.25}}",
    cluster: {
      rollback: {
        parallelism: 0,
        delayMs: 5_000,
        monitorMs: 60_000,
        order: "stop-first",
        failureAction: "continue",
        maxFailureRatio: 0.25,
      },
    },
    place: "4:14",
  },
  {
    yaml: "deploy: {update_config: {max_failure_ratio: 0.5}}",
    cluster: { update: { maxFailureRatio: 0.5 } },
    place: "4:30",
  },
  {
    yaml: "deploy: {update_config: {failure_action: pause}}",
    cluster: { update: { failureAction: "pause" } },
    place: "4:46",
  },
  {
    yaml: "deploy: {update_config: {failure_action: continue}}",
    cluster: { update: { failureAction: "continue" } },
    place: "4:46",
  },
  {
    yaml: "deploy: {restart_policy: {condition: none, delay: 2s}}",
    cluster: { restart: { condition: "none", delayMs: 2_000 } },
    place: "4:48",
  },
  {
    yaml: "deploy: {restart_policy: {condition: on-failure, max_attempts: 3, window: 1m}}",
    cluster: { restart: { condition: "on-failure", maxAttempts: 3, windowMs: 60_000 } },
    place: "4:71",
  },
  {
    yaml: "deploy: {resources: {reservations: {cpus: '0.5'}}}",
    cluster: { reservations: { nanoCpus: 500_000_000 } },
    place: "4:41",
  },
  {
    yaml: "deploy: {resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}]}}}",
    cluster: { reservations: { generic: [{ kind: "gpu", value: 2 }] } },
    place: "4:41",
  },
] as const;

describe("a key with a meaning on a Swarm only", () => {
  test("must be no news for an Engine that does the same anyhow: endpoint_mode dnsrr", () => {
    const yaml = "deploy: {endpoint_mode: dnsrr}";
    expect(workloadOf(yaml).cluster).toEqual({ endpointMode: "dnsrr" });
    expect(findings(serviceFile(yaml))).toEqual([]);
    expect(findings(serviceFile(yaml), { target: "swarm" })).toEqual([]);
  });

  test("must take parallelism 0 of a global service for all nodes", () => {
    const yaml = "deploy: {mode: global, update_config: {parallelism: 0}}";
    expect(workloadOf(yaml, { target: "swarm" }).update.parallelism).toBe(0);
  });

  test.for(cases)("must be read and be no error for an Engine: $yaml", ({ yaml, cluster, place }) => {
    expect(workloadOf(yaml, { target: "swarm" }).cluster).toEqual(cluster);
    expect(findings(serviceFile(yaml), { target: "swarm" })).toEqual([]);
    expect(workloadOf(yaml).cluster).toEqual(cluster);
    expect(findings(serviceFile(yaml))).toEqual([
      expect.stringMatching(
        new RegExp(`^${place} warning swarm-only: services\\.web\\..* has a meaning only on a Swarm \\| .+`),
      ),
    ]);
  });

  test("must have its place", () => {
    const { positions } = workloadOf(
      "deploy:\n  mode: global\n  placement:\n    constraints: [node.role==worker]\n  labels:\n    a: b",
      { target: "swarm" },
    );
    expect(positions).toMatchObject({
      "cluster.mode": { line: 5, column: 13 },
      "cluster.placement": { line: 7, column: 9 },
      "cluster.labels": { line: 9, column: 9 },
    });
  });

  test("must leave the container alone", () => {
    const shared = `image: a:1
ports: [{target: 80, published: 8080, mode: host}]
deploy: {mode: global, placement: {constraints: [node.role==worker]}, labels: {a: b}}
secrets: [s]`;
    const rest = "secrets: {s: {environment: PW}}";
    const alone = "image: a:1\nports: [{target: 80, published: 8080}]\nsecrets: [s]";
    const world = { rest, variables: { PW: "x" } };
    expect(workloadOf(shared, world).container).toEqual(workloadOf(alone, world).container);
  });
});

describe("the mode", () => {
  test.for([
    { yaml: "deploy: {mode: replicated}", kind: "service", mode: "replicated" },
    { yaml: "deploy: {mode: global}", kind: "service", mode: "global" },
    { yaml: "deploy: {mode: replicated-job}", kind: "job", mode: "replicated-job" },
    { yaml: "deploy: {mode: global-job}", kind: "job", mode: "global-job" },
    { yaml: "x-job: true\ndeploy: {mode: global}", kind: "job", mode: "global-job" },
    { yaml: "x-job: true\ndeploy: {mode: replicated}", kind: "job", mode: "replicated-job" },
  ])("must be the same for both targets: $yaml", ({ yaml, kind, mode }) => {
    for (const target of ["engine", "swarm"] as const) {
      expect(findings(serviceFile(yaml), { target })).toEqual([]);
      expect(workloadOf(yaml, { target })).toMatchObject({
        kind,
        cluster: { mode },
        containerNames: ["shop-web-1"],
      });
    }
  });

  test("must let a job run several times on a Swarm, and once on an Engine", () => {
    const yaml = "deploy: {mode: replicated-job, replicas: 3}\nports: ['80:80']";
    expect(workloadOf(yaml, { target: "swarm" }).containerNames).toHaveLength(3);
    expect(workloadOf(yaml).containerNames).toEqual(["shop-web-1"]);
    expect(findings(serviceFile(yaml))).toEqual([
      "4:46 warning swarm-only: services.web: a job with 3 replicas has a meaning only on a Swarm | an Engine runs it once",
    ]);
    expect(workloadOf("deploy: {mode: replicated-job, replicas: 0}").containerNames).toEqual([]);
    expect(workloadOf("x-job: true\nscale: 2", { target: "swarm" }).containerNames).toHaveLength(2);
  });

  test("must not be a job that never ends", () => {
    const yaml = "deploy: {mode: replicated-job, restart_policy: {condition: any}}";
    for (const target of ["engine", "swarm"] as const) {
      expect(errors(serviceFile(yaml), { target })).toEqual([expect.stringContaining("endless-job")]);
    }
  });
});

describe("restart_policy", () => {
  test("must count attempts with any condition on a Swarm, and not on an Engine", () => {
    const yaml = "deploy: {restart_policy: {condition: any, max_attempts: 3}}";
    expect(workloadOf(yaml, { target: "swarm" })).toMatchObject({
      container: { restart: { name: "always" } },
      cluster: { restart: { condition: "any", maxAttempts: 3 } },
    });
    expect(errors(serviceFile(yaml))).toEqual([expect.stringMatching(/^4:30 error contradiction: /)]);
  });
});

describe("ports", () => {
  test("must be published on nodes of their own only when it says so", () => {
    const yaml =
      "ports: [{target: 80, published: 80, mode: host}, {target: 81, published: 81, mode: ingress}, '82:82']";
    expect(workloadOf(yaml, { target: "swarm" }).container.ports.map(({ mode }) => mode)).toEqual([
      "host",
      undefined,
      undefined,
    ]);
    expect(workloadOf(yaml).container.ports.map(({ mode }) => mode)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("must be shared by replicas on a Swarm", () => {
    const yaml = "scale: 3\nports: ['8080:80']";
    expect(workloadOf(yaml, { target: "swarm" }).containerNames).toHaveLength(3);
    expect(errors(serviceFile(yaml))).toEqual([expect.stringContaining("bad-replicas")]);
  });

  test("must not come in on all nodes when the service has no address", () => {
    const yaml = "deploy: {endpoint_mode: dnsrr}\nports: [80]";
    expect(errors(serviceFile(yaml))).toEqual([]);
    expect(errors(serviceFile(yaml), { target: "swarm" })).toEqual([
      '4:29 error contradiction: service "web" has endpoint_mode dnsrr, and port 80 is published on all nodes | write mode: host in the long form of the port, or endpoint_mode: vip',
    ]);
  });
});

describe("configs and secrets", () => {
  const yaml = `configs: [c, {source: d, target: etc/d.conf, uid: "33", gid: 34, mode: 0400}]
secrets: [s, {source: t, target: /run/t, mode: 0440}, v]`;
  const rest = `configs: {c: {external: true}, d: {external: true, name: d_v2}}
secrets: {s: {external: true, name: s_v1}, t: {external: true}, v: {environment: PW}}`;
  const world = { target: "swarm", rest, variables: { PW: "x" } } as const;

  test("must be those of the Swarm when external", () => {
    const { cluster, container, positions } = workloadOf(yaml, world);
    const open = { uid: "0", gid: "0", mode: 0o444 };
    expect(cluster?.stored).toEqual([
      { kind: "config", name: "c", target: "/c", ...open },
      { kind: "config", name: "d_v2", target: "/etc/d.conf", uid: "33", gid: "34", mode: 0o400 },
      { kind: "secret", name: "s_v1", target: "s", ...open },
      { kind: "secret", name: "t", target: "/run/t", ...open, mode: 0o440 },
    ]);
    expect(container.mounts).toEqual([
      { kind: "files", fileSet: expect.any(String), path: "v", target: "/run/secrets/v", secret: true },
    ]);
    expect(positions["cluster.stored"]).toMatchObject({ line: 4, column: 15 });
  });

  test("must be secret on a Swarm when they are secrets", () => {
    const mixed = {
      target: "swarm",
      rest: "configs: {c: {content: x}}\nsecrets: {s: {environment: PW}}",
      variables: { PW: "x" },
    } as const;
    const { mounts } = workloadOf("configs: [c]\nsecrets: [s]", mixed).container;
    expect(mounts.map((mount) => mount.kind === "files" && mount.secret)).toEqual([undefined, true]);
    const onEngine = workloadOf("secrets: [s]", { ...mixed, target: "engine" }).container;
    expect(onEngine.mounts[0]).not.toHaveProperty("secret");
  });

  test("must be an error on an Engine when external, at each of them", () => {
    const list = errors(serviceFile(yaml, rest), { variables: { PW: "x" } });
    expect(list.map((line) => line.slice(0, line.indexOf(":", line.indexOf(" "))))).toEqual([
      "6:25 error external-file",
      "6:46 error external-file",
      "7:25 error external-file",
      "7:58 error external-file",
    ]);
  });

  test.for([
    ["configs: {c: {external: true, content: x}}", "6:31 error external-declared"],
    ["configs: {c: {external: true, name: a/b}}", "6:37 error bad-name"],
    ["configs: {c: {content: x, template_driver: golang}}", "6:27 error unsupported-key"],
    ["configs: {c: {content: x}}\nsecrets: {s: {driver: vault}}", "7:15 error unsupported-key"],
    ["configs: {c: {content: x, labels: {a: b}}}", "6:35 warning without-effect"],
    ["configs: {c: {external: {name: y}}}", "6:25 warning obsolete"],
  ] as const)("must be told of %s", ([sections, place]) => {
    const text = `services:\n  web:\n    image: a:1\n    command: x\n\n${sections}\n`;
    const list = describeAll(compile(text, { target: "swarm" }).diagnostics);
    expect(list).toEqual([expect.stringMatching(new RegExp(`^${place}: .+ \\| .+`))]);
  });

  test("must not be mounted in one place twice", () => {
    const twice = "secrets: [s, {source: v, target: s}]";
    expect(errors(serviceFile(twice, rest), world)).toEqual([
      '4:18 error duplicate-mount: service "web" mounts "/run/secrets/s" twice | remove one of the two',
    ]);
  });

  test("must be read when they bear labels", () => {
    const labelled = { rest: "configs: {c: {content: x, labels: {a: b}}}" };
    expect(workloadOf("configs: [c]", labelled).container.mounts).toHaveLength(1);
  });
});

test("networks and volumes of a Swarm must be read as they are", () => {
  const { networks, volumes } = manifestOf(
    `${serviceFile("networks: [n]", "networks: {n: {driver: overlay, attachable: true, driver_opts: {encrypted: ''}}}\n")}volumes: {v: {driver: rexray/ebs, driver_opts: {size: "10"}}}\n`,
    { target: "swarm" },
  );
  expect(networks).toMatchObject([
    { name: "shop_n", driver: "overlay", attachable: true, options: { encrypted: "" } },
  ]);
  expect(volumes).toMatchObject([{ name: "shop_v", driver: "rexray/ebs", driverOptions: { size: "10" } }]);
});
