import { describe, expect, test } from "vitest";
import {
  actualState,
  desiredState,
  network,
  onNetworks,
  runningContainer,
  workload,
} from "../../support/builders.ts";
import { planOf, planText } from "../../support/plan-text.ts";

const GiB = 2 ** 30;

describe("in place", () => {
  test("107, 108: must change memory and restart policy without a restart, swap along with memory (98)", () => {
    const before = workload("db", { memory: GiB / 2, restart: { name: "always" } });
    const after = workload("db", { memory: GiB, restart: { name: "on-failure", maximumRetryCount: 3 } });
    const plan = planOf(desiredState([after]), actualState([runningContainer(before)]));
    expect(planText(desiredState([after]), actualState([runningContainer(before)]))).toMatchInlineSnapshot(`
      "
        ~ db  restart policy  always → on-failure:3  units/db.service:1  in place, no restart
            memory  512 MiB → 1 GiB
            cause: the configuration changed
            update   db in place: memory, memorySwap, restart

      1 to change in place. Expected downtime: none.
      "
    `);
    const [update] = plan.steps;
    expect(update?.payload).toMatchObject({
      update: { memory: GiB, memorySwap: 2 * GiB, restart: { name: "on-failure", maximumRetryCount: 3 } },
      previous: { memory: GiB / 2, memorySwap: GiB, restart: { name: "always" } },
    });
  });

  test("107: must recreate when a limit goes away, because the Engine ignores an update to nothing", () => {
    const before = workload("db", { memory: GiB });
    const [change] = planOf(desiredState([workload("db")]), actualState([runningContainer(before)])).changes;
    expect([change?.kind, change?.fields[0]?.after]).toEqual(["replace", undefined]);
  });

  test("98: must bring back a swap limit that somebody changed, in place", () => {
    const db = workload("db", { memory: GiB });
    const live = runningContainer(db, { spec: { memorySwap: 5 * GiB } });
    const plan = planOf(desiredState([db]), actualState([live]));
    expect(plan.changes[0]).toMatchObject({ kind: "in-place", cause: "changed by hand on the Engine" });
    expect(plan.steps[0]?.payload).toMatchObject({ update: { memory: GiB, memorySwap: 2 * GiB } });
  });

  test("56: must attach a network again that was detached by hand, be it the first one, with aliases and address", () => {
    const web = workload("web", {
      network: onNetworks({ network: "front", aliases: ["www"], ipv4: "10.0.0.7" }, "back"),
    });
    const live = runningContainer(web, {
      spec: { network: onNetworks("back") },
      networkIds: { back: "id-back" },
    });
    const desired = desiredState([web], { networks: [network("front"), network("back")] });
    expect(planText(desired, actualState([live], { networks: ["front", "back"] }))).toMatchInlineSnapshot(`
      "
        ~ web  network front  + aliases www, 10.0.0.7  units/web.service:1  in place, no restart
            cause: changed by hand on the Engine
            connect  web to front

      1 to change in place. Expected downtime: none.
      "
    `);
  });

  test("must attach anew where aliases or addresses differ, and know the way back", () => {
    const web = workload("web", { network: onNetworks({ network: "front", aliases: ["www"] }) });
    const live = runningContainer(web, {
      spec: { network: onNetworks({ network: "front", ipv4: "10.0.0.9" }) },
    });
    const plan = planOf(desiredState([web]), actualState([live]));
    expect(plan.steps.map(({ id, payload }) => [id, payload])).toMatchInlineSnapshot(`
      [
        [
          "attach front again to web",
          {
            "attachments": [
              {
                "aliases": [
                  "www",
                  "web",
                ],
                "network": "front",
              },
            ],
            "container": {
              "id": "6e6d52bcf3fe87f96283f386149c36bce6779f0efee129857fd8bb8fe003b7a9",
              "kind": "actual",
              "name": "web",
            },
            "previous": [
              {
                "aliases": [
                  "web",
                ],
                "ipv4": "10.0.0.9",
                "network": "front",
              },
            ],
          },
        ],
      ]
    `);
  });

  test("must detach a network that the configuration dropped, after which the network itself can go", () => {
    const before = workload("web", { network: onNetworks("front", "back") });
    const after = workload("web");
    const actual = actualState([runningContainer(before)], { networks: ["front", "back"] });
    expect(planText(desiredState([after]), actual)).toMatchInlineSnapshot(`
      "
        - network back  no longer in the configuration
            remove   network back
        ~ web           network back  attached → (not set)  units/web.service:1  in place, no restart
            cause: the configuration changed
            disconnect web from back

      1 to change in place, 1 to remove. Expected downtime: none.
      "
    `);
  });

  test("must recreate when the first network is dropped: a container is bound to it by name", () => {
    const before = workload("web", { network: onNetworks("back", "front") });
    const actual = actualState([runningContainer(before)], { networks: ["front", "back"] });
    const { changes } = planOf(desiredState([workload("web")]), actual);
    expect(changes.map(({ key, kind }) => [key, kind])).toEqual([
      ["network back", "remove"],
      ["web", "replace"],
    ]);
  });

  test("57: must report a network that somebody attached and leave it alone", () => {
    const web = workload("web");
    const live = runningContainer(web, { spec: { network: onNetworks("front", "debug") } });
    expect(
      planText(desiredState([web]), actualState([live], { networks: ["front"] })),
    ).toMatchInlineSnapshot(`
      "
          web  as desired  units/web.service:1
            note: also attached to network "debug", which the configuration does not name

      Nothing to do: 1 workload is as desired.
      "
    `);
  });

  test("must wait for a network that this run creates before attaching it", () => {
    const before = workload("web");
    const after = workload("web", { network: onNetworks("front", "back") });
    const desired = desiredState([after], { networks: [network("front"), network("back")] });
    const plan = planOf(desired, actualState([runningContainer(before)]));
    expect(plan.steps.find(({ kind }) => kind === "connect-network")?.dependsOn).toEqual([
      "create network back",
    ]);
  });

  test("61: must recreate when a network was removed and made again while the container stood still", () => {
    const web = workload("web");
    const live = runningContainer(web, {
      networkIds: { front: "id-of-an-older-front" },
      state: { status: "exited", exitCode: 137 },
    });
    const plan = planOf(desiredState([web]), actualState([live]));
    expect(plan.changes[0]).toMatchObject({ kind: "replace", fields: [{ field: "network front" }] });
  });
});
