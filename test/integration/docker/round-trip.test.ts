import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import { type Lab, openLab, origin } from "./lab.ts";
import { rows } from "./rows.ts";

/** What an Engine fills in; compared only where the spec says something. */
const engineDefaults = ["ipcMode", "shmSize", "runtime", "logging", "cgroupnsMode"] as const;
const apiMinor = Number(inject("engine").apiVersion.split(".")[1]);

describe("create and observe", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab("rt");
    await lab.createNetwork("rt-front", "10.123.1.0/24");
    await lab.createNetwork("rt-z", "10.123.3.0/24");
    const ipam = { pools: [{ subnet: "10.123.2.0/24" }, { subnet: "fd00:123::/64" }] };
    const back = {
      name: "rt-back",
      external: false,
      options: {},
      labels: {},
      enableIpv6: true,
      ipam,
      origin,
    };
    await lab.execute("create-network", { network: back, labels: lab.objectLabels() });
    await lab.behind.remove("rt-other");
    const body = { Image: lab.image, Cmd: ["/bin/sleep", "1000"], HostConfig: { IpcMode: "shareable" } };
    await lab.behind.api.call("POST", "/containers/create", { query: { name: "rt-other" }, json: body });
    await lab.behind.api.call("POST", "/containers/rt-other/start");
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  async function compare(id: string, wanted: Record<string, unknown>): Promise<void> {
    const actual = { ...(await lab.observed(id)).spec } as unknown as Record<string, unknown>;
    for (const key of engineDefaults) if (wanted[key] === undefined) delete actual[key];
    if (!JSON.stringify(wanted["network"]).includes("macAddress")) dropMacAddresses(actual);
    expect(sortLists(actual)).toEqual(sortLists(stripUndefined(wanted)));
  }

  test.for(rows.filter((row) => apiMinor >= (row.since ?? 0)))(
    "must give back $name",
    async ({ fields, live, start = false }) => {
      const id = await lab.create("rt-one", fields);
      try {
        const wanted = { ...lab.spec(fields), ...live } as unknown as Record<string, unknown>;
        await compare(id, wanted);
        if (!start) return;
        await lab.start(id);
        await compare(id, wanted);
      } finally {
        await lab.behind.remove(id);
      }
    },
  );

  test.for(rows.filter((row) => apiMinor < (row.since ?? 0)))(
    "must refuse $name, which this Engine would drop",
    async ({ fields }) => {
      await expect(lab.create("rt-one", fields)).rejects.toMatchObject({ code: "engine-unsupported" });
      expect(await lab.behind.inspect("rt-one")).toBeUndefined();
    },
  );

  test("must either keep a limit that the kernel may not know, or refuse and leave nothing", async () => {
    const fields: Partial<ContainerSpec> = { blkioWeight: 300 };
    const outcome = await lab.create("rt-one", fields).catch((error: unknown) => error);
    if (typeof outcome === "string") {
      await compare(outcome, lab.spec(fields) as unknown as Record<string, unknown>);
      return await lab.behind.remove(outcome);
    }
    expect(outcome).toMatchObject({
      code: "engine-unsupported",
      message: expect.stringContaining("HostConfig.BlkioWeight"),
    });
    expect(await lab.behind.inspect("rt-one")).toBeUndefined();
  });
});

/** Every endpoint of a running container has one. */
function dropMacAddresses({ network }: Record<string, unknown>): void {
  const { attachments = [] } = network as { attachments?: { macAddress?: string }[] };
  for (const attachment of attachments) delete attachment.macAddress;
}

function stripUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

/** Lists without a meaningful order, and the attachments after the primary one. */
function sortLists(value: Record<string, unknown>): Record<string, unknown> {
  const text = (item: unknown) => JSON.stringify(item);
  const sorted = (items: unknown) =>
    Array.isArray(items) ? [...items].sort((a, b) => (text(a) < text(b) ? -1 : 1)) : items;
  const network = value["network"] as { attachments?: unknown[] };
  const attachments = network.attachments;
  return {
    ...value,
    ports: sorted(value["ports"]),
    mounts: sorted(value["mounts"]),
    network:
      attachments === undefined
        ? network
        : { ...network, attachments: [attachments[0], ...(sorted(attachments.slice(1)) as unknown[])] },
  };
}
