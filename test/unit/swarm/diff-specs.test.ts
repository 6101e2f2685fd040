import { expect, test } from "vitest";
import type { ServiceSpec } from "../../../src/model/service-spec.ts";
import { diffSpecs } from "../../../src/swarm/diff-specs.ts";
import { toServiceSpec } from "../../../src/swarm/to-service-spec.ts";
import { desiredState, port, workload } from "../../support/builders.ts";
import { container, live, task } from "./specs.ts";

const origin = { file: "units/web.service", line: 1, column: 1 };
const line = (number: number) => ({ file: "units/web.service", line: number, column: 5 });

/** `field: before → after`, with `-` for what is not there. */
function told(before: ServiceSpec, after: ServiceSpec): readonly string[] {
  return diffSpecs(before, after, { positions: {}, origin }).map(
    (change) => `${change.field}: ${change.before ?? "-"} → ${change.after ?? "-"}`,
  );
}

const file = { Name: "/etc/app", UID: "0", GID: "0", Mode: 0o444 };

test.each<[ServiceSpec, ServiceSpec, string]>([
  [live, container({ Image: "busybox:2" }), "image: busybox:1 → busybox:2"],
  [live, { ...live, Mode: { Replicated: { Replicas: 3 } } }, "replicas: 1 → 3"],
  [live, container({ Env: ["A=1"] }), "env A: - → 1"],
  [container({ Args: ["a b", "c"] }), live, 'command: "a b" c → -'],
  [
    live,
    {
      ...live,
      EndpointSpec: {
        Ports: [
          { TargetPort: 80, PublishedPort: 8080 },
          { TargetPort: 53, Protocol: "udp", PublishMode: "host" },
        ],
      },
    },
    "ports: - → 53/udp (host), 8080:80/tcp",
  ],
  [
    live,
    container({ Mounts: [{ Type: "volume", Source: "data", Target: "/data", ReadOnly: true }] }),
    "mount /data: - → volume data (read-only)",
  ],
  [
    live,
    container({ Mounts: [{ Type: "bind", Source: "/srv", Target: "/srv" }] }),
    "mount /srv: - → host path /srv",
  ],
  [
    live,
    container({ Configs: [{ File: { ...file, UID: "5", Mode: 0o400 }, ConfigName: "app-1" }] }),
    "config /etc/app: - → app-1 owner 5:0 mode 0400",
  ],
  [live, task({ Resources: { Limits: { MemoryBytes: 67_108_864, NanoCPUs: 5e8 } } }), "memory: - → 64 MiB"],
  [live, task({ Placement: { Constraints: ["node.role==manager"] } }), "constraints: - → node.role==manager"],
  [live, task({ Networks: [{ Target: "front", Aliases: ["www"] }] }), "network front: - → aliases www"],
  [live, task({ RestartPolicy: { Condition: "none" } }), "restart policy: - → none"],
  [
    live,
    { ...live, UpdateConfig: { Parallelism: 1, Order: "start-first" } },
    "update order: stop-first → start-first",
  ],
  [live, { ...live, UpdateConfig: { Parallelism: 0 } }, "update parallelism: 1 → all"],
  [live, { ...live, Labels: { tier: "" } }, "service label tier: - → "],
  [live, container({ StopGracePeriod: 90e9 }), "stop timeout: - → 1 min 30 s"],
  [
    live,
    container({ Healthcheck: { Test: ["CMD-SHELL", "wget -q -O- localhost"], Interval: 10e9, Retries: 2 } }),
    'health check: - → "wget -q -O- localhost" every 10 s, 2 tries',
  ],
  [live, container({ Healthcheck: { Test: ["NONE"] } }), "health check: - → none"],
  [
    live,
    task({ LogDriver: { Name: "json-file", Options: { "max-size": "10m" } } }),
    "logging: - → json-file max-size=10m",
  ],
])("case %#: %3$s", (before, after, expected) => {
  expect(told(before, after)).toContain(expected);
});

test("environment values are masked, all else is not", () => {
  const changes = diffSpecs(live, container({ Env: ["A=1"], User: "me" }), { positions: {}, origin });
  expect(changes.map(({ field, masked }) => [field, masked])).toEqual([
    ["user", false],
    ["env A", true],
  ]);
});

test("nothing is told of a secret but that it is another one", () => {
  const withSecret = (name: string) => container({ Secrets: [{ File: file, SecretName: name }] });
  expect(told(withSecret("a-1111"), withSecret("a-2222"))).toEqual(["secret /etc/app: *** → *** (changed)"]);
});

test("the tag in our label is not told beside the image", () => {
  const tagged = (tag: string): ServiceSpec => ({
    ...container({ Image: `web:${tag}` }),
    Labels: { "mysysconfig.image": `web:${tag}` },
  });
  expect(told(tagged("1"), tagged("2"))).toEqual(["image: web:1 → web:2"]);
});

test("each field points at its declaration, or else at that of the workload", () => {
  const web = workload(
    "web",
    { ports: [port("8080:80")] },
    {
      origin,
      positions: { ports: line(7), "cluster.placement": line(9) },
      cluster: { placement: { constraints: ["node.role==manager"], spread: [] } },
    },
  );
  const desired = toServiceSpec(web, { desired: desiredState([web]), labels: {} });
  const places = diffSpecs(live, desired, web).map(({ field, position }) => [field, position?.line]);
  expect(Object.fromEntries(places)).toMatchObject({ ports: 7, constraints: 9, image: 1 });
});
