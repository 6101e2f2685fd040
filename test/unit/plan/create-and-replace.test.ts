import { describe, expect, test } from "vitest";
import type { ContainerSpec, WorkloadSpec } from "../../../src/model/workload.ts";
import {
  actualState,
  desiredState,
  image,
  onNetworks,
  port,
  runningContainer,
  volumeMount,
  workload,
} from "../../support/builders.ts";
import { planOf, planText } from "../../support/plan-text.ts";

const next = "myrepo/web:2-develop";
const local = { images: new Map([[next, image(next)]]) };

function replaced(spec: WorkloadSpec): string {
  const renewed = { ...spec, container: { ...spec.container, image: next } };
  return planText(desiredState([renewed]), actualState([runningContainer(spec)], local));
}

describe("create", () => {
  test("must pull, create, start and gate what is not there", () => {
    expect(planText(desiredState([workload("web")]), actualState())).toMatchInlineSnapshot(`
      "
            pull  myrepo/web:1-develop  the image is not on the Engine

        + web  not there yet  units/web.service:1
            create   web
            start    web
            gate     web good within 3 min 10 s, then stable for 5 s

      1 to create. Expected downtime: none.
      "
    `);
  });

  test("must pull an image once for all workloads that run it", () => {
    const both = [workload("a"), workload("b")].map((spec) => ({
      ...spec,
      container: { ...spec.container, image: "myrepo/app:1-develop" },
    }));
    const pulls = planOf(desiredState(both), actualState()).steps.filter(({ kind }) => kind === "pull-image");
    expect(pulls.map(({ id }) => id)).toEqual(["pull myrepo/app:1-develop"]);
  });

  test("1: must plan nothing for what is as desired", () => {
    const web = workload("web", { environment: { MODE: "live" }, memory: 2 ** 26 });
    expect(planText(desiredState([web]), actualState([runningContainer(web)]))).toMatchInlineSnapshot(`
      "
      Nothing to do: 1 workload is as desired.
      "
    `);
  });
});

describe("replace", () => {
  test("76: must replace start-first when nothing is exclusive, and stop the old one while it is attached (54)", () => {
    expect(
      replaced(workload("web", { network: onNetworks({ network: "front", aliases: ["www"] }) })),
    ).toMatchInlineSnapshot(`
      "
        ~ web  image  myrepo/web:1-develop → 2-develop  units/web.service:1  start-first, no downtime
            cause: the configuration changed
            create   web (next), without its aliases yet
            start    web (next)
            gate     web (next) good within 10 s, then stable for 5 s
            cut over www, web on front
            wait     1 s for clients to reach the new address
            stop     web, up to 10 s
            rename   web to web (previous)
            rename   web (next) to web
            remove   web (previous)

      1 to replace. Expected downtime: none.
      "
    `);
  });

  test("46: must replace stop-first when both need the same fixed port, and say why and for how long", () => {
    expect(replaced(workload("web", { ports: [port("8080:80")] }))).toMatchInlineSnapshot(`
      "
        ~ web  image  myrepo/web:1-develop → 2-develop  units/web.service:1  stop-first, downtime up to 15 s
            cause: the configuration changed
            stop-first: host port 8080 can be held by one container only; expected downtime at most 15 s
            create   web (next)
            stop     web, up to 10 s
            start    web (next)
            gate     web (next) good within 10 s, then stable for 5 s
            rename   web to web (previous)
            rename   web (next) to web
            remove   web (previous)

      1 to replace. Expected downtime: web up to 15 s.
      "
    `);
  });

  const reasons: readonly [string, Partial<ContainerSpec>, string][] = [
    [
      "46: a fixed host port",
      { ports: [port("8080:80"), port("53:53/udp")] },
      "host port 53/udp, host port 8080",
    ],
    [
      "64: a static address",
      { network: onNetworks({ network: "front", ipv4: "10.0.0.7" }) },
      "static address 10.0.0.7",
    ],
    ["66: the host's network", { network: { kind: "host" } }, "the host's network"],
    ["71: a volume written by both", { mounts: [volumeMount("data")] }, "read-write volume data"],
    [
      "a path of the host written by both",
      { mounts: [{ kind: "bind", source: "/srv/data", target: "/data", readOnly: false }] },
      "read-write path /srv/data",
    ],
    [
      "a device",
      { devices: [{ hostPath: "/dev/ttyS0", containerPath: "/dev/ttyS0", permissions: "rwm" }] },
      "device /dev/ttyS0",
    ],
    ["a mac address", { macAddress: "92:d0:c6:0a:29:33" }, "mac address 92:d0:c6:0a:29:33"],
  ];
  test.for(reasons)("must stop first because of %s", ([, fields, reason]) => {
    const spec = workload("web", fields);
    const renewed = workload("web", { ...fields, image: next });
    const [change] = planOf(desiredState([renewed]), actualState([runningContainer(spec)], local)).changes;
    expect(change?.rollout).toMatchObject({ order: "stop-first", downtimeMs: 15_000 });
    expect(change?.rollout?.reason).toBe(`${reason} can be held by one container only`);
  });

  const shareable: readonly [string, Partial<ContainerSpec>][] = [
    ["53: a random host port", { ports: [port("80")] }],
    ["a range of host ports", { ports: [{ ...port("80"), hostPort: "8000-8010" }] }],
    ["a volume that is only read", { mounts: [volumeMount("data", "/data", true)] }],
    [
      "the Engine's socket",
      { mounts: [{ kind: "bind", source: "/var/run/docker.sock", target: "/s", readOnly: false }] },
    ],
  ];
  test.for(shareable)("must start first with %s", ([, fields]) => {
    const [change] = planOf(
      desiredState([workload("web", { ...fields, image: next })]),
      actualState([runningContainer(workload("web", fields))], local),
    ).changes;
    expect(change?.rollout).toEqual({ order: "start-first", downtimeMs: 0 });
  });

  test("must obey a declared stop-first", () => {
    expect(replaced(workload("web", {}, { update: { order: "stop-first" } }))).toContain(
      "stop-first: declared",
    );
  });

  test("66, 71: must allow a declared start-first where it is merely unwise", () => {
    const spec = workload(
      "web",
      { mounts: [volumeMount("data")], network: { kind: "host" } },
      { update: { order: "start-first" } },
    );
    expect(replaced(spec)).toContain("start-first, no downtime");
  });

  test("must refuse a declared start-first that the Engine would refuse", () => {
    expect(
      replaced(workload("web", { ports: [port("80:80")] }, { update: { order: "start-first" } })),
    ).toMatchInlineSnapshot(`
      "
        ! web  image  myrepo/web:1-develop → 2-develop  units/web.service:1
            cause: start-first is declared but impossible: host port 80 can be held by one container only; declare stop-first or remove the conflict

      1 blocked. Expected downtime: none.
      "
    `);
  });

  test("must bound the downtime by stop grace, start and health deadline, and take the old health check for an image unknown yet", () => {
    const healthcheck = {
      kind: "command",
      test: ["CMD", "ok"],
      intervalMs: 2_000,
      timeoutMs: 1_000,
      retries: 2,
    } as const;
    const old = runningContainer(workload("web", { ports: [port("80:80")], stopTimeoutSeconds: 20 }), {
      spec: { healthcheck },
    });
    const wanted = workload("web", { ports: [port("80:80")], stopTimeoutSeconds: 20, image: next });
    const [change] = planOf(desiredState([wanted]), actualState([old])).changes;
    // 20 s to stop, 5 s to start, 2 × (2 + 1) s of checks and 10 s of slack
    expect(change?.rollout?.downtimeMs).toBe(41_000);
  });

  test("70: must say that the data of an anonymous volume is left behind", () => {
    const found = image("myrepo/web:1-develop", { volumes: ["/cache"] });
    const web = workload("web");
    const old = runningContainer(web, { spec: { mounts: [{ kind: "anonymous", target: "/cache" }] } });
    const wanted = workload("web", { image: next });
    const text = planText(
      desiredState([wanted]),
      actualState([old], {
        images: new Map([
          ["myrepo/web:1-develop", found],
          [next, image(next)],
        ]),
      }),
    );
    expect(text).toContain("note: the anonymous volume at /cache stays behind");
  });
});
