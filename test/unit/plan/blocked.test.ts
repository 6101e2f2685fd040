import { describe, expect, test } from "vitest";
import {
  actualState,
  desiredState,
  network,
  onNetworks,
  port,
  runningContainer,
  volume,
  volumeMount,
  workload,
} from "../../support/builders.ts";
import { planOf, planText } from "../../support/plan-text.ts";

const web = workload("web");
const running = runningContainer(web);

function causeOf(
  desired: Parameters<typeof planOf>[0],
  actual: Parameters<typeof planOf>[1],
  key = "web",
): string {
  const change = planOf(desired, actual).changes.find((found) => found.key === key);
  return `${change?.kind}: ${change?.cause}`;
}

describe("blocked", () => {
  test("60: must say that a network is missing, and stop no other workload", () => {
    const lost = workload("lost", { network: onNetworks("nowhere") });
    const desired = desiredState([web, lost]);
    expect(
      planText(desired, actualState([], { images: actualState([running]).images })),
    ).toMatchInlineSnapshot(`
      "
        ! lost  network "nowhere" does not exist; declare it under networks: of a compose file in units/, or create it with docker network create nowhere  units/lost.service:1
        + web   not there yet  units/web.service:1
            create   web
            start    web
            gate     web good within 10 s, then stable for 5 s

      1 to create, 1 blocked. Expected downtime: none.
      "
    `);
  });

  test("59: must refuse a network name that two networks have", () => {
    const actual = actualState([], { networks: ["front", "front"] });
    expect(causeOf(desiredState([web]), actual)).toBe(
      'blocked: there are 2 networks named "front"; remove or rename all but one',
    );
  });

  test("130: must not create an external network", () => {
    const desired = desiredState([web], { networks: [network("front", { external: true })] });
    expect(causeOf(desired, actualState([], { networks: [] }))).toMatch(
      /^blocked: network "front" does not exist/,
    );
  });

  test("must refuse an external volume that does not exist", () => {
    const db = workload("db", { mounts: [volumeMount("precious")] });
    const desired = desiredState([db], { volumes: [volume("precious", { external: true })] });
    expect(causeOf(desired, actualState(), "db")).toMatch(
      /^blocked: external volume "precious" does not exist/,
    );
  });

  test("must refuse to share the network of a container that does not exist", () => {
    const sidecar = workload("sidecar", { network: { kind: "container", container: "vpn" } });
    expect(causeOf(desiredState([sidecar]), actualState(), "sidecar")).toBe(
      'blocked: container "vpn", whose network it shares, does not exist',
    );
  });

  test("13: must name the container that holds the name, and how to take it over", () => {
    const theirs = runningContainer(web, { ownership: { kind: "unmanaged" }, id: "f".repeat(64) });
    expect(planText(desiredState([web]), actualState([theirs]))).toMatchInlineSnapshot(`
      "
        ! web  the name "web" is held by container ffffffffffff, which belongs to nobody we know; remove or rename it, or take it over with --adopt web  units/web.service:1

      1 blocked. Expected downtime: none.
      "
    `);
  });

  test("12: must name the foreign project that holds the name", () => {
    const owner = { project: "other", environment: "master" };
    const theirs = runningContainer(web, { ownership: { kind: "foreign", owner } });
    expect(causeOf(desiredState([web]), actualState([theirs]))).toContain(
      'belongs to project "other", environment "master"',
    );
  });

  test("13: must take it over on request, and give it back if that fails", () => {
    const theirs = runningContainer(web, { ownership: { kind: "unmanaged" } });
    expect(planText(desiredState([web]), actualState([theirs]), "web")).toMatchInlineSnapshot(`
      "
        ~ web  owner  not managed → this configuration  units/web.service:1  start-first, no downtime
            cause: taken over on request
            create   web (next), without its aliases yet
            start    web (next)
            gate     web (next) good within 10 s, then stable for 5 s
            cut over web on front
            wait     1 s for clients to reach the new address
            stop     web, up to 10 s
            rename   web to web (previous)
            rename   web (next) to web
            remove   web (previous)

      1 to replace. Expected downtime: none.
      "
    `);
  });

  test("13: must finish an adoption that was interrupted", () => {
    const theirs = runningContainer(web, { ownership: { kind: "unmanaged" }, state: { status: "exited" } });
    const next = runningContainer(web, { name: "web.next-aaaaaaaa" });
    const plan = planOf(desiredState([web]), actualState([theirs, next]), "web");
    expect(plan.steps.map(({ id }) => id)).toEqual([
      "stop web",
      "gate web",
      "remove web leftover 1",
      "rename web",
    ]);
  });

  test("must name the container that publishes the port", () => {
    const edge = workload("edge", { ports: [port("443:443")] });
    const publishedPorts = [{ container: "nginx", hostIp: "0.0.0.0", hostPort: 443, protocol: "tcp" }];
    expect(causeOf(desiredState([edge]), actualState([], { publishedPorts }), "edge")).toBe(
      'blocked: host port 443 is in use by container "nginx", which does not belong to this configuration',
    );
  });

  const elsewhere: readonly [string, string, string, string][] = [
    ["47: another address of the host", "127.0.0.1:443:443", "10.0.0.1", "tcp"],
    ["48: another protocol", "443:443", "", "udp"],
  ];
  test.for(elsewhere)("must see no conflict with %s", ([, wanted, hostIp, protocol]) => {
    const edge = workload("edge", { ports: [port(wanted)] });
    const publishedPorts = [{ container: "nginx", hostIp, hostPort: 443, protocol }];
    expect(causeOf(desiredState([edge]), actualState([], { publishedPorts }), "edge")).toBe(
      "create: not there yet",
    );
  });

  test("47: must see a conflict between one address and all of them", () => {
    const edge = workload("edge", { ports: [port("127.0.0.1:443:443")] });
    const publishedPorts = [{ container: "nginx", hostIp: "0.0.0.0", hostPort: 443, protocol: "tcp" }];
    expect(causeOf(desiredState([edge]), actualState([], { publishedPorts }), "edge")).toMatch(/^blocked/);
  });

  test("39: must block who requires a blocked workload, and no one else", () => {
    const broken = workload("db", { network: onNetworks("nowhere") });
    const desired = desiredState([
      broken,
      workload("api", {}, { dependsOn: [{ workload: "db" }] }),
      workload("web", {}, { dependsOn: [{ workload: "api" }] }),
      workload("batch", {}, { dependsOn: [{ workload: "db", required: false }] }),
    ]);
    const kinds = planOf(desired, actualState()).changes.map(({ key, kind }) => `${key} ${kind}`);
    expect(kinds).toEqual(["api blocked", "batch create", "db blocked", "web blocked"]);
  });

  test("must block who wants the port of a workload that is blocked", () => {
    const a = workload("a", { ports: [port("80:80")] });
    const stuck = workload("a", { network: onNetworks("nowhere") });
    const b = workload("b", { ports: [port("80:80")] });
    expect(causeOf(desiredState([stuck, b]), actualState([runningContainer(a)]), "b")).toBe(
      'blocked: host port 80 is in use by container "a" of a, which keeps it',
    );
  });

  test("must block who wants the name of a workload that is blocked", () => {
    const a = workload("a", {}, { containerNames: ["shared"] });
    const stuck = workload("a", { network: onNetworks("nowhere") }, { containerNames: ["other"] });
    const b = workload("b", {}, { containerNames: ["shared"] });
    expect(causeOf(desiredState([stuck, b]), actualState([runningContainer(a)]), "b")).toContain(
      'the name "shared" is held by container "shared" of a',
    );
  });

  test("58, 68: must keep networks and volumes whose settings changed, and say what to do", () => {
    const desired = desiredState([web], {
      networks: [network("front", { driver: "overlay", ipam: { pools: [{ subnet: "10.9.0.0/24" }] } })],
      volumes: [volume("data", { driver: "nfs", driverOptions: { device: ":/export" } })],
    });
    expect(planText(desired, actualState([running], { volumes: ["data"] }))).toMatchInlineSnapshot(`
      "
        ! network front  driver  bridge → overlay  units/shop.compose.yaml:40
            subnet 1  not set → 10.9.0.0/24
            cause: a network cannot be changed while it exists: remove its workloads for one run, or give the network another name
        ! volume data    driver  local → nfs       units/shop.compose.yaml:50
            option device  not set → :/export
            cause: a volume cannot be changed in place and its data is never removed: give the volume another name, or move the data by hand

      2 blocked, 1 unchanged. Expected downtime: none.
      "
    `);
  });
});
