import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectEngine } from "../../../src/docker/engine-backend.ts";
import { labelKeys } from "../../../src/model/ownership.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { type Lab, never, openLab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("ob");
});
afterAll(async () => {
  for (const name of ["ob-stranger", "ob-look", "ob-look.prev-0123abcd", "ob-foreign"])
    await lab.behind.remove(name);
  await lab[Symbol.asyncDispose]();
});

describe("observing", () => {
  test("must show what is owned and what bears a wanted name in any role, and nothing else", async () => {
    await lab.create("ob-own");
    for (const name of ["ob-stranger", "ob-look", "ob-look.prev-0123abcd"])
      await lab.behind.create({ name, image: lab.image, command: ["sleep", "1"] });
    const other = { [labelKeys.project]: "ob", [labelKeys.environment]: "elsewhere" };
    await lab.behind.create({ name: "ob-foreign", image: lab.image, command: ["sleep", "1"], labels: other });
    const scope = lab.scope({ containerNames: new Set(["ob-look", "ob-foreign"]) });
    const { containers } = await lab.backend.observe(scope, never);
    expect(containers.map(({ name, ownership }) => [name, ownership.kind])).toEqual([
      ["ob-foreign", "foreign"],
      ["ob-look", "unmanaged"],
      ["ob-look.prev-0123abcd", "unmanaged"],
      ["ob-own", "owned"],
    ]);
  });

  test("must read back what our labels say", async () => {
    const id = await lab.create(
      "ob-record",
      { labels: { "org.example": "mine" } },
      { key: "ob/record", txn: "89abcdef" },
    );
    const { record, spec, state } = await lab.observed(id);
    expect(record).toEqual({ workload: "ob/record", replica: 1, setFields: [], needs: [], txn: "89abcdef" });
    expect(spec.labels).toEqual({ "org.example": "mine" });
    expect(state).toMatchObject({
      status: "created",
      exitCode: 0,
      restartCount: 0,
      oomKilled: false,
      error: "",
    });
  });

  test("must name who publishes a host port, whoever it belongs to", async () => {
    await lab.behind.remove("ob-stranger");
    await lab.behind.run({
      name: "ob-stranger",
      image: lab.image,
      command: ["sleep", "1000"],
      ports: { 80: 18666 },
    });
    const { publishedPorts } = await lab.backend.observe(lab.scope(), never);
    const found = publishedPorts.filter((port) => port.hostPort === 18666);
    expect(found).toContainEqual({
      container: "ob-stranger",
      hostIp: "0.0.0.0",
      hostPort: 18666,
      protocol: "tcp",
    });
    expect(new Set(found.map((port) => port.container))).toEqual(new Set(["ob-stranger"]));
  });

  test("must know images by the reference asked for and by the id of a container, and leave missing ones out", async () => {
    const derived = "mysysconfig-test/ob-derived";
    await lab.behind.deriveImage(lab.image, derived, "1", ["ENV KEPT=yes", "EXPOSE 8080", "USER 65534"]);
    const id = await lab.create("ob-derived", { image: `${derived}:1` });
    await lab.behind.api.call("DELETE", `/images/${derived}:1`, { query: { force: "1" } });
    const scope = lab.scope({ images: new Set([lab.image, `${derived}:1`]) });
    const { images, containers } = await lab.backend.observe(scope, never);
    expect(images.has(lab.image)).toBe(true);
    expect(images.has(`${derived}:1`)).toBe(false);
    const imageId = containers.find((container) => container.id === id)?.imageId ?? "";
    const byId = images.get(imageId);
    // Some Engines keep the untagged image of a container, others forget it.
    if (byId !== undefined)
      expect(byId).toMatchObject({ environment: { KEPT: "yes" }, exposedPorts: ["8080/tcp"], user: "65534" });
  });

  test("must show both of two networks with one name", async () => {
    const create = () =>
      lab.behind.api.call<{ Id: string }>("POST", "/networks/create", {
        json: { Name: "ob-double", CheckDuplicate: false },
      });
    const first = await create();
    const second = await create().catch(() => undefined);
    try {
      // From Engine 25 on the second one is refused, and there is nothing to tell apart.
      if (second === undefined) return expect(lab.provided.apiVersion).not.toBe("1.41");
      const { networks } = await lab.backend.observe(lab.scope(), never);
      expect(networks.filter((network) => network.name === "ob-double")).toHaveLength(2);
      const attachments = [{ network: "ob-double", aliases: [] }];
      await expect(
        lab.create("ob-double", { network: { kind: "networks", attachments } }),
      ).rejects.toMatchObject({
        message: expect.stringContaining("ambiguous"),
      });
    } finally {
      for (const network of [first, second])
        if (network) await lab.behind.api.call("DELETE", `/networks/${network.Id}`);
    }
  });

  test("must leave out a container that vanishes between list and inspect", async () => {
    const id = await lab.create("ob-vanishing");
    await using proxy = await startRecordingProxy(lab.provided.socket, "/tmp");
    const backend = await connectEngine({ host: proxy.host }, never);
    const inspect = new RegExp(`^GET /containers/${id}/json`);
    const release = proxy.hold(inspect);
    const [state] = await Promise.all([
      backend.observe(lab.scope(), never),
      proxy.seen(inspect).then(async () => {
        await lab.behind.remove(id);
        release();
      }),
    ]);
    expect(state.containers.map((container) => container.name)).not.toContain("ob-vanishing");
    await backend.close();
  });

  test("must be equal twice, change nothing and ask for nothing twice", async () => {
    await using proxy = await startRecordingProxy(lab.provided.socket, "/tmp");
    const backend = await connectEngine({ host: proxy.host }, never);
    const scope = lab.scope();
    const first = await backend.observe(scope, never);
    const calls = proxy.calls().map((call) => `${call.method} ${call.path}`);
    expect(new Set(calls).size).toBe(calls.length);
    expect(proxy.mutations()).toEqual([]);
    const mine = (state: typeof first) => state.containers.map(({ state: _state, ...rest }) => rest);
    expect(mine(await backend.observe(scope, never))).toEqual(mine(first));
    await backend.close();
  });
});
