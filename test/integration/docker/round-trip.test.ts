import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { create, execute, image, type Lab, labelsOf, observed, openLab, spec, target } from "./lab.ts";
import { rows } from "./rows.ts";

/** What an Engine fills in; compared only where the spec says something. */
const engineDefaults = ["ipcMode", "shmSize", "runtime", "logging", "cgroupnsMode"] as const;

describe("create and observe", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
    for (const [name, subnet] of [
      ["rt-front", "10.123.1.0/24"],
      ["rt-back", "10.123.2.0/24"],
      ["rt-z", "10.123.3.0/24"],
    ] as const) {
      await execute(lab, "create-network", {
        network: {
          name,
          external: false,
          options: {},
          labels: {},
          enableIpv6: name === "rt-back",
          ipam: { pools: [{ subnet }, ...(name === "rt-back" ? [{ subnet: "fd00:123::/64" }] : [])] },
          origin: { file: "x", line: 1, column: 1 },
        },
        labels: labelsOf("x"),
      });
    }
    await lab.behind.remove("rt-other");
    const body = { Image: image, Cmd: ["/bin/sleep", "1000"], HostConfig: { IpcMode: "shareable" } };
    await lab.behind.api.call("POST", "/containers/create", { query: { name: "rt-other" }, json: body });
    await lab.behind.api.call("POST", "/containers/rt-other/start");
  });
  afterAll(() => lab.backend.close());

  const apiMinor = Number(inject("engine").apiVersion.split(".")[1]);
  test.for(rows.filter((row) => apiMinor >= (row.since ?? 0)))(
    "must give back $name",
    async ({ fields, live, start = true }) => {
      const id = await create(lab, "rt-one", fields);
      try {
        const wanted = { ...spec(fields), ...live } as unknown as Record<string, unknown>;
        const actual = { ...(await observed(lab, id)).spec } as unknown as Record<string, unknown>;
        for (const key of engineDefaults) if (wanted[key] === undefined) delete actual[key];
        expect(sortPorts(actual)).toEqual(sortPorts(stripUndefined(wanted)));
        if (!start) return;
        await execute(lab, "start-container", { container: target(id, "rt-one") });
        const running = { ...(await observed(lab, id)).spec } as unknown as Record<string, unknown>;
        for (const key of engineDefaults) if (wanted[key] === undefined) delete running[key];
        expect(sortPorts(running)).toEqual(sortPorts(stripUndefined(wanted)));
      } finally {
        await lab.behind.remove(id);
      }
    },
  );

  test.for(rows.filter((row) => apiMinor < (row.since ?? 0)))(
    "must refuse $name, which this Engine would drop",
    async ({ fields }) => {
      await expect(create(lab, "rt-one", fields)).rejects.toMatchObject({ code: "engine-unsupported" });
      expect(await lab.behind.inspect("rt-one")).toBeUndefined();
    },
  );
});

function stripUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

/** Lists without a meaningful order, and the attachments after the primary one. */
function sortPorts(value: Record<string, unknown>): Record<string, unknown> {
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
