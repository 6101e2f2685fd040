import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRoleName } from "../../../src/model/ownership.ts";
import type { NetworkAttachment } from "../../../src/model/workload.ts";
import { type Lab, never, openLab, origin, target } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("ne");
  await lab.createNetwork("ne-front", "10.124.1.0/24");
  await lab.createNetwork("ne-back", "10.124.2.0/24");
});
afterAll(() => lab[Symbol.asyncDispose]());

const front = { network: "ne-front", aliases: ["api"], ipv4: "10.124.1.50" } satisfies NetworkAttachment;
const back = { network: "ne-back", aliases: ["worker"] } satisfies NetworkAttachment;
const network = (...attachments: NetworkAttachment[]) =>
  ({ network: { kind: "networks", attachments } }) as const;

/** Without the addresses that the Engine makes up. */
async function attachmentsOf(id: string) {
  const { network: live } = (await lab.observed(id)).spec;
  const attachments = live.kind === "networks" ? live.attachments : [];
  return attachments.map(({ macAddress: _madeUp, ...attachment }) => attachment);
}

/** All names of a container on a network, but for the short id that old Engines add. */
async function aliasesOf(id: string, name: string): Promise<string[]> {
  const live = (await lab.behind.inspect(id))?.NetworkSettings.Networks[name]?.Aliases ?? [];
  return live.filter((alias) => alias !== id.slice(0, 12)).sort();
}

describe("creating and removing networks", () => {
  test("must create one with all its settings and find it as it was declared", async () => {
    const ipam = {
      driver: "default",
      pools: [
        {
          subnet: "10.124.9.0/24",
          ipRange: "10.124.9.128/25",
          gateway: "10.124.9.1",
          auxAddresses: { rtr: "10.124.9.2" },
        },
      ],
    };
    const declared = {
      name: "ne-full",
      external: false,
      driver: "bridge",
      options: { "com.docker.network.bridge.name": "ne-full0" },
      labels: { "org.example": "1" },
      internal: true,
      attachable: true,
      ipam,
      origin,
    };
    const payload = { network: declared, labels: lab.objectLabels() };
    await lab.execute("create-network", payload);
    await lab.execute("create-network", payload);
    const { networks } = await lab.backend.observe(lab.scope(), never);
    const found = networks.filter((live) => live.name === "ne-full");
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      ownership: { kind: "owned" },
      driver: "bridge",
      options: declared.options,
      labels: { "org.example": "1" },
      internal: true,
      attachable: true,
      ipam,
    });
    const { id = "" } = found[0] ?? {};
    await lab.execute("remove-network", { network: "ne-full", id });
    await lab.execute("remove-network", { network: "ne-full", id });
    expect(await lab.behind.networks("ne-full")).toEqual([]);
  });

  test("must refuse to take somebody else's network for its own", async () => {
    await lab.behind.api.call("POST", "/networks/create", { json: { Name: "ne-foreign" } });
    await expect(lab.createNetwork("ne-foreign")).rejects.toMatchObject({ code: "engine-conflict" });
    await lab.behind.api.call("DELETE", "/networks/ne-foreign");
  });

  test("must report a network that is still in use", async () => {
    await lab.createNetwork("ne-used");
    await lab.start(await lab.create("ne-user", network({ network: "ne-used", aliases: [] })));
    const [live] = await lab.behind.networks("ne-used");
    await expect(
      lab.execute("remove-network", { network: "ne-used", id: live?.Id ?? "" }),
    ).rejects.toMatchObject({
      code: "engine-conflict",
      message: expect.stringContaining("active endpoints"),
    });
  });
});

describe("cutting over", () => {
  test("must withhold aliases and addresses until the cut-over, then give all of them on every network", async () => {
    const id = await lab.create("ne-cut.next-0123abcd", network(front, back), {
      aliases: "withheld",
      key: "ne-cut",
    });
    await lab.start(id);
    for (const name of ["ne-front", "ne-back"]) expect(await aliasesOf(id, name)).not.toContain("ne-cut");
    expect(await attachmentsOf(id)).toEqual([
      { network: "ne-front", aliases: [] },
      { network: "ne-back", aliases: [] },
    ]);
    const cutOver = { container: target(id, "ne-cut.next-0123abcd"), attachments: [front, back] };
    await lab.execute("cut-over", cutOver);
    expect(await attachmentsOf(id)).toEqual([front, back]);
    expect(await aliasesOf(id, "ne-front")).toEqual(
      expect.arrayContaining(["api", parseRoleName("ne-cut").base]),
    );
    const before = await lab.inspect<{ NetworkSettings: unknown }>(`/containers/${id}/json`);
    await lab.execute("cut-over", cutOver);
    const after = await lab.inspect<{ NetworkSettings: unknown }>(`/containers/${id}/json`);
    expect(after.NetworkSettings).toEqual(before.NetworkSettings);
  });

  test("must let others find the container by alias and by canonical name", async () => {
    const found = { network: "ne-back", aliases: ["ne-found"] };
    const id = await lab.create("ne-dns.next-0123abcd", network(found), {
      aliases: "withheld",
      key: "ne-dns",
    });
    await lab.start(id);
    const asking = await lab.create("ne-asking", network({ network: "ne-back", aliases: [] }));
    await lab.start(asking);
    const lookUp = async (name: string) => (await lab.behind.exec(asking, ["/bin/nslookup", name])).exitCode;
    expect(await lookUp("ne-found")).not.toBe(0);
    await lab.execute("cut-over", { container: target(id, "ne-dns.next-0123abcd"), attachments: [found] });
    expect([await lookUp("ne-found"), await lookUp("ne-dns")]).toEqual([0, 0]);
  });

  test("must fail and leave no half-made container when a second network refuses the address", async () => {
    const busy = { network: "ne-back", aliases: [], ipv4: "10.124.3.3" };
    const outcome = await lab
      .create("ne-half", network(front, busy))
      .then(
        (id) => lab.start(id),
        (error: unknown) => Promise.reject(error),
      )
      .catch((error: unknown) => error);
    expect(outcome).toMatchObject({ message: expect.stringMatching(/subnet|address|no configured/i) });
  });
});

describe("connecting and disconnecting", () => {
  test("must attach a network once, and again when its aliases differ", async () => {
    const own = { ...front, ipv4: "10.124.1.60" };
    const id = await lab.create("ne-con", network(own));
    await lab.start(id);
    const container = target(id, "ne-con");
    await lab.execute("connect-network", { container, attachment: back });
    await lab.execute("connect-network", { container, attachment: back });
    expect(await attachmentsOf(id)).toEqual([own, back]);
    const other = { ...back, aliases: ["other"] };
    await lab.execute("connect-network", { container, attachment: other });
    expect(await attachmentsOf(id)).toEqual([own, other]);
    await lab.execute("disconnect-network", { container, network: "ne-back" });
    await lab.execute("disconnect-network", { container, network: "ne-back" });
    await lab.execute("disconnect-network", { container, network: "ne-nowhere" });
    expect(await attachmentsOf(id)).toEqual([own]);
  });
});
