import { describe, expect, test } from "vitest";
import { linkManifests } from "../../../src/desired/link.ts";
import type { NetworkSpec } from "../../../src/model/network.ts";
import type { VolumeSpec } from "../../../src/model/volume.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";
import { at, attached, manifestOf, needs, port, say, workloadOf } from "./builders.ts";

function link(workloads: readonly WorkloadSpec[], broken: readonly string[] = []) {
  const { value, diagnostics } = linkManifests(
    workloads.map((workload) => manifestOf({ workloads: [workload] })),
    (key) => broken.includes(key),
  );
  return { value, said: say(diagnostics), diagnostics };
}

function publishing(key: string, ...ports: readonly string[]): WorkloadSpec {
  return workloadOf(key, {
    container: { ports: ports.map(port) },
    positions: { ports: at(`units/${key}.service`, 5) },
  });
}

describe("keys and names", () => {
  test("must be sorted, whatever the order of the files", () => {
    const { value } = link([workloadOf("b"), workloadOf("a"), workloadOf("a/b"), workloadOf("Z")]);
    expect(value?.workloads.map(({ key }) => key)).toEqual(["Z", "a", "a/b", "b"]);
  });

  test("must not have a workload twice", () => {
    const first = workloadOf("web", { origin: at("units/a/web.service") });
    const second = workloadOf("web", { origin: at("units/b/web.service", 3), containerNames: ["other"] });
    expect(link([second, first]).said).toEqual([
      'error units/b/web.service:3 duplicate-workload workload "web" is declared twice, first in units/a/web.service:1',
    ]);
  });

  test("must not have a container name twice", () => {
    const other = workloadOf("x", { containerNames: ["web"], positions: { name: at("units/x.service", 7) } });
    expect(link([workloadOf("web"), other]).said).toEqual([
      'error units/x.service:7 duplicate-container-name container name "web" is taken by workload "web" in units/web.service:1',
    ]);
  });
});

describe("host ports", () => {
  test.for([
    ["8080:80", "8080:81", "8080/tcp"],
    ["127.0.0.1:8080:80", "8080:80", "8080/tcp"],
    ["127.0.0.1:8080:80", "0.0.0.0:8080:80", "8080/tcp"],
    ["[::1]:8080:80", "[::]:8080:80", "8080/tcp"],
    ["53:53/udp", "53:5353/udp", "53/udp"],
  ] as const)("%s and %s must not be claimed by two workloads", ([first, second, shown]) => {
    expect(link([publishing("a", first), publishing("b", second)]).said).toEqual([
      `error units/b.service:5 port-conflict host port ${shown} is taken by workload "a" in units/a.service:1`,
    ]);
  });

  test.for([
    ["8080:80", "8081:80"],
    ["127.0.0.1:8080:80", "10.0.0.1:8080:80"],
    ["0.0.0.0:8080:80", "[::]:8080:80"],
    ["53:53/udp", "53:53/tcp"],
    [":80", ":80"],
    ["8000-8010:80", "8000-8010:80"],
    ["8000-8001:80", "8000:80"],
  ] as const)("%s and %s must be fine", ([first, second]) => {
    expect(link([publishing("a", first), publishing("b", second)]).said).toEqual([]);
  });

  test("a range must have a port for each that needs one of it", () => {
    const many = ["a", "b"].map((key) => publishing(key, "8000-8001:80"));
    expect(link([...many, publishing("c", "8001:80")]).said).toEqual([
      "error units/a.service:5 port-conflict host ports 8000-8001/tcp are 2, but the configuration needs 3 of them",
      "error units/b.service:5 port-conflict host ports 8000-8001/tcp are 2, but the configuration needs 3 of them",
    ]);
  });

  test("must not be published twice by one workload, except word for word", () => {
    expect(link([publishing("a", "80:80", "80:80")]).said).toEqual([]);
    expect(link([publishing("a", "80:80", "80:81")]).said).toEqual([
      "error units/a.service:5 port-conflict host port 80/tcp is published twice",
    ]);
  });

  test("must not be fixed for several replicas", () => {
    const twice = { ...publishing("a", "80:80"), containerNames: ["a-1", "a-2"] };
    expect(link([twice]).said).toEqual([
      "error units/a.service:5 port-conflict 2 replicas cannot all publish host port 80",
    ]);
    expect(link([{ ...publishing("a", "80-81:80"), containerNames: ["a-1", "a-2"] }]).said).toEqual([]);
    expect(link([{ ...publishing("a", "80-81:80"), containerNames: ["1", "2", "3"] }]).said).toHaveLength(1);
  });

  test("must not count where they mean nothing", () => {
    const host = workloadOf("h", { container: { ports: [port("80:80")], network: { kind: "host" } } });
    const none = { ...publishing("n", "80:80"), containerNames: [] };
    expect(link([publishing("a", "80:80"), host, none]).said).toEqual([]);
  });
});

describe("static addresses", () => {
  const fixed = (key: string, network: string, ipv4: string) =>
    workloadOf(key, { container: { network: attached(network, { ipv4 }) } });

  test("must belong to one workload of a network", () => {
    expect(link([fixed("a", "front", "10.1.1.1"), fixed("b", "front", "10.1.1.1")]).said).toEqual([
      'error units/b.service:1 address-conflict address 10.1.1.1 on network "front" is taken by workload "a" in units/a.service:1',
    ]);
    expect(link([fixed("a", "front", "10.1.1.1"), fixed("b", "back", "10.1.1.1")]).said).toEqual([]);
  });

  test("must belong to one replica", () => {
    expect(link([{ ...fixed("a", "front", "10.1.1.1"), containerNames: ["1", "2"] }]).said).toEqual([
      "error units/a.service:1 address-conflict 2 replicas cannot all have the address 10.1.1.1",
    ]);
  });
});

describe("dependencies", () => {
  test("must exist when they are required", () => {
    const web = workloadOf("web", {
      dependsOn: [needs("databse")],
      positions: { "dependsOn.databse": at("units/web.service", 4) },
    });
    const { said, diagnostics } = link([web, workloadOf("database")]);
    expect(said).toEqual([
      'error units/web.service:4 unknown-workload "web" depends on "databse", which is not in this configuration',
    ]);
    expect(diagnostics[0]?.hint).toBe('did you mean "database"?');
  });

  test("must be left out with a warning when they only order", () => {
    const { said, value } = link([workloadOf("web", { dependsOn: [needs("gone", { required: false })] })]);
    expect(said).toEqual([
      'warning units/web.service:1 unknown-workload "web" is ordered after "gone", which is not in this configuration',
    ]);
    expect(value?.workloads[0]?.dependsOn).toEqual([]);
  });

  test("must not be called unknown when their own file is broken", () => {
    expect(link([workloadOf("web", { dependsOn: [needs("db")] })], ["db"]).said).toEqual([]);
  });

  test("must not go round in a circle; each cycle is named once, the same way in any order", () => {
    const ring = [
      workloadOf("c", { dependsOn: [needs("a")] }),
      workloadOf("b", { dependsOn: [needs("c", { required: false })] }),
      workloadOf("a", { dependsOn: [needs("b")], positions: { "dependsOn.b": at("units/a.service", 3) } }),
      workloadOf("y", { dependsOn: [needs("x")] }),
      workloadOf("x", { dependsOn: [needs("y")] }),
    ];
    const expected = [
      "error units/a.service:3 dependency-cycle dependency cycle: a → b → c → a",
      "error units/x.service:1 dependency-cycle dependency cycle: x → y → x",
    ];
    expect(link(ring).said).toEqual(expected);
    expect(link(ring.toReversed()).said).toEqual(expected);
  });

  test("must count a shared network as a dependency", () => {
    const a = workloadOf("a", { container: { network: { kind: "workload", workload: "b" } } });
    expect(link([a, workloadOf("b", { dependsOn: [needs("a")] })]).said).toEqual([
      "error units/a.service:1 dependency-cycle dependency cycle: a → b → a",
    ]);
  });

  const job = workloadOf("job", { kind: "job" });
  test("must wait for the end of a job in unit files", () => {
    const { value, said } = link([
      job,
      workloadOf("web", { dependsOn: [needs("job", { required: false })] }),
    ]);
    expect(said).toEqual([]);
    expect(value?.workloads[1]?.dependsOn).toEqual([
      needs("job", { required: false, condition: "completed" }),
    ]);
  });

  test.for([
    ["started", job, '"job" is a job, which "s/api" can only wait for to complete'],
    ["healthy", job, '"job" is a job, which "s/api" can only wait for to complete'],
    ["completed", workloadOf("job"), '"s/api" waits for "job" to complete, but that is a service'],
    [
      "healthy",
      workloadOf("job", { container: { healthcheck: { kind: "none" } } }),
      '"s/api" waits for "job" to be healthy, but its health check is switched off',
    ],
  ] as const)("must have a condition that can come true: %s", ([condition, target, expected]) => {
    const api = workloadOf("s/api", {
      origin: at("units/s.compose.yaml", 2),
      dependsOn: [needs("job", { condition })],
    });
    expect(link([target, api]).said).toEqual([`error units/s.compose.yaml:2 wrong-condition ${expected}`]);
  });

  test.for([
    ["completed", job],
    ["started", workloadOf("job")],
    ["healthy", workloadOf("job")],
    ["healthy", workloadOf("job", { container: { healthcheck: { kind: "command" } } })],
  ] as const)("must be accepted when it can: %s", ([condition, target]) => {
    const api = workloadOf("s/api", {
      origin: at("units/s.compose.yaml", 2),
      dependsOn: [needs("job", { condition })],
    });
    expect(link([target, api]).said).toEqual([]);
  });
});

describe("shared networks", () => {
  const sharing = (name: string) =>
    workloadOf("side", { container: { network: { kind: "container", container: name } } });

  test("must mean the workload when the container is of this configuration", () => {
    const main = workloadOf("s/main", { containerNames: ["s-main-1"] });
    const { value } = link([main, sharing("s-main-1")]);
    expect(value?.workloads[1]?.container.network).toEqual({ kind: "workload", workload: "s/main" });
    expect(link([main, sharing("foreign")]).value?.workloads[1]?.container.network).toEqual({
      kind: "container",
      container: "foreign",
    });
  });

  test("must not be ambiguous, its own or unknown", () => {
    const many = workloadOf("many", { containerNames: ["m-1", "m-2"] });
    expect(link([many, sharing("m-1")]).said).toEqual([
      'error units/side.service:1 ambiguous-network "side" cannot share the network of "many", which has 2 replicas',
    ]);
    expect(link([sharing("side")]).said).toEqual([
      'error units/side.service:1 dependency-cycle "side" cannot share the network of itself',
    ]);
    const lost = workloadOf("side", { container: { network: { kind: "workload", workload: "mian" } } });
    const { said, diagnostics } = link([lost, workloadOf("main")]);
    expect(said).toEqual([
      'error units/side.service:1 unknown-workload network of "side": workload "mian" is not in this configuration',
    ]);
    expect(diagnostics[0]?.hint).toBe('did you mean "main"?');
    expect(link([lost], ["mian"]).said).toEqual([]);
  });
});

describe("networks and volumes", () => {
  const network = (parts: Partial<NetworkSpec>): NetworkSpec => ({
    name: "front",
    external: false,
    options: {},
    labels: {},
    origin: at("units/a.compose.yaml", 9),
    ...parts,
  });
  const volume = (parts: Partial<VolumeSpec>): VolumeSpec => ({
    name: "data",
    external: false,
    driverOptions: {},
    labels: {},
    origin: at("units/a.compose.yaml", 9),
    ...parts,
  });
  const linked = (networks: readonly NetworkSpec[], volumes: readonly VolumeSpec[] = []) => {
    const manifests = [
      ...networks.map((one) => manifestOf({ networks: [one] })),
      ...volumes.map((one) => manifestOf({ volumes: [one] })),
    ];
    const { value, diagnostics } = linkManifests(manifests, () => false);
    return { networks: value?.networks, volumes: value?.volumes, said: say(diagnostics) };
  };
  const elsewhere = { origin: at("units/b.compose.yaml", 2) };

  test("must be one when the declarations are equal, sorted by name", () => {
    const { networks, said } = linked([network({}), network(elsewhere), network({ name: "back" })]);
    expect(said).toEqual([]);
    expect(networks?.map(({ name }) => name)).toEqual(["back", "front"]);
    const same = { driver: "local", driverOptions: { type: "nfs" } };
    expect(linked([], [volume(same), volume({ ...same, ...elsewhere })]).volumes).toHaveLength(1);
  });

  test("must take the declaration that says more than the name, in any order", () => {
    const full = network({ driver: "bridge", internal: true, ...elsewhere });
    for (const networks of [
      [network({}), full],
      [full, network({})],
      [network({ external: true }), full, network({})],
    ]) {
      expect(linked(networks)).toMatchObject({ networks: [full], said: [] });
    }
    expect(linked([network({ external: true }), network(elsewhere)]).networks).toEqual([network(elsewhere)]);
  });

  test("must not be declared in two ways", () => {
    expect(linked([network({ internal: true }), network({ internal: false, ...elsewhere })]).said).toEqual([
      'error units/b.compose.yaml:2 conflicting-network network "front" is declared differently in units/a.compose.yaml:9',
    ]);
    expect(linked([], [volume({ driver: "a" }), volume({ driver: "b", ...elsewhere })]).said).toEqual([
      'error units/b.compose.yaml:2 conflicting-volume volume "data" is declared differently in units/a.compose.yaml:9',
    ]);
  });

  test("must deliver equal files once", () => {
    const set = { name: "files-1", files: [] };
    const { value } = linkManifests(
      [manifestOf({ fileSets: [{ ...set, name: "files-2" }, set] }), manifestOf({ fileSets: [set] })],
      () => false,
    );
    expect(value?.fileSets.map(({ name }) => name)).toEqual(["files-1", "files-2"]);
  });
});

test("ten thousand workloads must be linked in time that grows with their number", {
  timeout: 60_000,
}, () => {
  const many = Array.from({ length: 10_000 }, (_, index) =>
    workloadOf(`w${index}`, {
      dependsOn: index === 0 ? [] : [needs(`w${index - 1}`)],
      container: { ports: [port(`${10_000 + index}:80`)] },
    }),
  );
  expect(link(many).said).toEqual([]);
});
