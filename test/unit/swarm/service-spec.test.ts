import { describe, expect, test } from "vitest";
import type { ClusterSettings } from "../../../src/model/cluster.ts";
import type { ContainerSpec, Mount, WorkloadSpec } from "../../../src/model/workload.ts";
import { serviceNameOf, toServiceSpec } from "../../../src/swarm/to-service-spec.ts";
import {
  desiredState,
  job,
  onNetworks,
  port,
  volume,
  volumeMount,
  workload,
} from "../../support/builders.ts";

/** What the comparison with the docker client cannot tell, because the client has it not or has it in another way. */

function specOf(one: WorkloadSpec, options: Partial<Parameters<typeof toServiceSpec>[1]> = {}) {
  return toServiceSpec(one, { desired: desiredState([one]), labels: {}, ...options });
}

function onCluster(cluster: ClusterSettings, container: Partial<ContainerSpec> = {}): WorkloadSpec {
  return workload("web", container, { cluster });
}

const hostPort = { ...port("8080:80"), mode: "host" as const };

describe("the name of a service", () => {
  test.each([
    ["shop/web", ["shop-web-1"], "shop_web"],
    ["web", ["web"], "web"],
    ["worker@1", ["worker-1"], "worker-1"],
    ["worker@1", [], "worker-1"],
    ["worker", ["worker", "worker-2"], "worker"],
  ])("%s with the containers %j is %s", (key, containerNames, expected) => {
    expect(serviceNameOf({ key, containerNames })).toBe(expected);
  });
});

describe("labels", () => {
  test("ours are on the service and never on its containers", () => {
    const web = onCluster({ labels: { tier: "front" } }, { labels: { app: "web" } });
    const spec = specOf(web, { labels: { "mysysconfig.workload": "web" } });
    expect(spec.Labels).toEqual({
      "mysysconfig.image": "myrepo/web:1-develop",
      "mysysconfig.workload": "web",
      tier: "front",
    });
    expect(spec.TaskTemplate.ContainerSpec.Labels).toEqual({ app: "web" });
  });

  test("a volume that Swarm makes on a node says whose it is", () => {
    const web = workload("web", { mounts: [volumeMount("data"), volumeMount("shared", "/shared")] });
    const volumes = [volume("data", { labels: { a: "b" } }), volume("shared", { external: true })];
    const spec = toServiceSpec(web, { desired: desiredState([web], { volumes }), labels: {} });
    expect(spec.TaskTemplate.ContainerSpec.Mounts?.map(({ VolumeOptions }) => VolumeOptions)).toEqual([
      { Labels: { a: "b", "mysysconfig.environment": "develop", "mysysconfig.project": "shop" } },
      undefined,
    ]);
  });
});

describe("the image", () => {
  const digest = `sha256:${"ab".repeat(32)}`;

  test("is pinned by its digest, and its tag is kept in a label", () => {
    const spec = specOf(workload("web"), { digest });
    expect(spec.TaskTemplate.ContainerSpec.Image).toBe(`myrepo/web:1-develop@${digest}`);
    expect(spec.Labels?.["mysysconfig.image"]).toBe("myrepo/web:1-develop");
  });

  test("that names a digest already stays as it is", () => {
    const image = `myrepo/web@${digest}`;
    expect(specOf(workload("web", { image }), { digest }).TaskTemplate.ContainerSpec.Image).toBe(image);
  });
});

describe("the order of an update", () => {
  const order = (container: Partial<ContainerSpec>) => specOf(workload("web", container)).UpdateConfig?.Order;
  const random = { ...port("80"), mode: "host" as const };

  test.each<[string, Partial<ContainerSpec>, string]>([
    ["nothing exclusive", {}, "start-first"],
    ["a port of the ingress network", { ports: [port("8080:80")] }, "start-first"],
    ["a fixed port of the hosts", { ports: [hostPort] }, "stop-first"],
    ["any port of the hosts", { ports: [random] }, "start-first"],
    ["a volume that is written to", { mounts: [volumeMount("data")] }, "stop-first"],
    ["a volume that is read", { mounts: [volumeMount("data", "/data", true)] }, "start-first"],
    ["the network of the hosts", { network: { kind: "host" } }, "stop-first"],
  ])("with %s is %s", (_what, container, expected) => {
    expect(order(container)).toBe(expected);
  });

  test("goes for the way back as well, and both are always said in full", () => {
    const spec = specOf(workload("web", { ports: [hostPort] }, { update: { parallelism: 2, delayMs: 500 } }));
    const expected = { Parallelism: 2, Delay: 5e8, Monitor: 5e9, MaxFailureRatio: 0, Order: "stop-first" };
    expect(spec.UpdateConfig).toEqual({ ...expected, FailureAction: "rollback" });
    expect(spec.RollbackConfig).toEqual({ ...expected, FailureAction: "pause" });
  });

  test.each([
    [5_000, undefined, 5],
    [0, undefined, 5],
    [0, 1_000, 5],
    [30_000, 10_000, 30],
    [0, 60_000, 60],
  ])("stable for %s ms and monitored for %s ms is watched for %s s", (stabilityMs, monitorMs, seconds) => {
    const web = workload("web", {}, monitorMs === undefined ? {} : { update: { monitorMs } });
    const spec = toServiceSpec(web, { desired: desiredState([web], { stabilityMs }), labels: {} });
    expect(spec.UpdateConfig?.Monitor).toBe(seconds * 1e9);
  });
});

describe("a restart policy", () => {
  const declared = { restart: { file: "units/web.service", line: 4, column: 1 } };
  const policyOf = (one: WorkloadSpec) => specOf(one).TaskTemplate.RestartPolicy;

  test("that nobody declared is Swarm's own, so that a service leaves a lost node", () => {
    expect(policyOf(workload("web", { restart: { name: "no" } }))).toBeUndefined();
  });

  test("that was declared as no is no", () => {
    const web = workload("web", { restart: { name: "no" } }, { positions: declared });
    expect(policyOf(web)).toEqual({ Condition: "none" });
  });

  test("of the cluster comes first", () => {
    const web = onCluster(
      { restart: { condition: "on-failure", delayMs: 0 } },
      { restart: { name: "always" } },
    );
    expect(policyOf(web)).toEqual({ Condition: "on-failure", Delay: 0 });
  });

  test.each<[string, Partial<ContainerSpec>, ClusterSettings, object]>([
    ["nothing", { restart: { name: "no" } }, {}, { Condition: "none" }],
    ["always", { restart: { name: "always" } }, {}, { Condition: "on-failure" }],
    [
      "on-failure:3",
      { restart: { name: "on-failure", maximumRetryCount: 3 } },
      {},
      { Condition: "on-failure", MaxAttempts: 3 },
    ],
    ["any", {}, { restart: { condition: "any" } }, { Condition: "on-failure" }],
    ["a delay", {}, { restart: { delayMs: 1_000 } }, { Condition: "on-failure", Delay: 1e9 }],
  ])(
    "of a job that says %s never starts it again after it ended well",
    (_what, container, cluster, expected) => {
      expect(policyOf(job("seed", container, { cluster }))).toEqual(expected);
    },
  );
});

describe("a job", () => {
  test("runs as often as it has containers, without rules for updates, which Swarm refuses", () => {
    const spec = specOf(job("seed", {}, { containerNames: ["seed", "seed-2"] }));
    expect(spec.Mode).toEqual({ ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 2 } });
    expect(spec).not.toHaveProperty("UpdateConfig");
    expect(spec).not.toHaveProperty("RollbackConfig");
  });

  test.each<[WorkloadSpec["kind"], ClusterSettings, string]>([
    ["job", { mode: "global" }, "GlobalJob"],
    ["job", { mode: "replicated" }, "ReplicatedJob"],
    ["service", { mode: "global-job" }, "GlobalJob"],
    ["service", { mode: "global" }, "Global"],
    ["service", {}, "Replicated"],
  ])("a %s with %j is %s", (kind, cluster, mode) => {
    expect(Object.keys(specOf(workload("web", {}, { kind, cluster })).Mode ?? {})).toEqual([mode]);
  });
});

describe("what a service can have in its own way", () => {
  const containerOf = (container: Partial<ContainerSpec>, options = {}) =>
    specOf(workload("web", container), options).TaskTemplate.ContainerSpec;
  const tmpfs = (options: string): Mount => ({ kind: "tmpfs", target: "/run", options });

  test("an entrypoint that was reset is one empty word", () => {
    expect(containerOf({ entrypoint: [] }).Command).toEqual([""]);
  });

  test.each([
    ["size=64m,mode=1777", { TmpfsOptions: { SizeBytes: 67_108_864, Mode: 0o1777 } }],
    ["rw,noexec,nosuid,nodev", {}],
    ["ro", { ReadOnly: true }],
    ["", {}],
  ])("a tmpfs with %j", (options, expected) => {
    expect(containerOf({ mounts: [tmpfs(options)] }).Mounts).toEqual([
      { Type: "tmpfs", Target: "/run", ...expected },
    ]);
  });

  test.each<[string, object]>([
    ["no-new-privileges", { NoNewPrivileges: true }],
    ["no-new-privileges:true", { NoNewPrivileges: true }],
    ["seccomp=unconfined", { Seccomp: { Mode: "unconfined" } }],
    ['seccomp={"a":1}', { Seccomp: { Mode: "custom", Profile: "eyJhIjoxfQ==" } }],
    ["apparmor:unconfined", { AppArmor: { Mode: "disabled" } }],
    ["label=disable", { SELinuxContext: { Disable: true } }],
    ["label=type:svirt_t", { SELinuxContext: { Type: "svirt_t" } }],
  ])("the security option %s", (option, expected) => {
    expect(containerOf({ securityOpt: [option] }).Privileges).toEqual(expected);
  });

  test("a chosen container name of a stack is an alias, a derived one is not", () => {
    const aliases = (name: string) =>
      specOf(
        workload(
          "shop/web",
          { network: onNetworks({ network: "front", aliases: ["web"] }) },
          { containerNames: [name] },
        ),
      ).TaskTemplate.Networks?.[0]?.Aliases;
    expect(aliases("www")).toEqual(["web", "www"]);
    expect(aliases("shop-web-1")).toEqual(["web"]);
  });

  test("a platform is a placement", () => {
    const spec = specOf(workload("web", { platform: "linux/arm64/v8" }));
    expect(spec.TaskTemplate.Placement).toEqual({ Platforms: [{ OS: "linux", Architecture: "arm64" }] });
  });

  test("a start interval is left out where the manager would forget it", () => {
    const healthcheck = { kind: "command", test: ["CMD", "true"], startIntervalMs: 2_000 } as const;
    expect(containerOf({ healthcheck }, { apiVersion: "1.43" }).Healthcheck).toEqual({
      Test: ["CMD", "true"],
    });
    expect(containerOf({ healthcheck }, { apiVersion: "1.44" }).Healthcheck?.StartInterval).toBe(2e9);
  });
});
