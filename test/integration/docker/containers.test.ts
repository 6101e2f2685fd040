import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectEngine } from "../../../src/docker/engine-backend.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { type Lab, never, openLab, target } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("co");
});
afterAll(() => lab[Symbol.asyncDispose]());

async function statusOf(id: string): Promise<string | undefined> {
  return (await lab.behind.inspect(id))?.State.Status;
}

describe("creating", () => {
  test("must take the container of a lost attempt of the same transaction for its own", async () => {
    const first = await lab.create("co-again", {}, { txn: "aaaaaaaa" });
    expect(await lab.create("co-again", {}, { txn: "aaaaaaaa" })).toBe(first);
  });

  test("must refuse a name that another transaction holds, in the Engine's words", async () => {
    await lab.create("co-held", {}, { txn: "aaaaaaaa" });
    await expect(lab.create("co-held", {}, { txn: "bbbbbbbb" })).rejects.toMatchObject({
      code: "engine-conflict",
      message: expect.stringMatching(/^create container "co-held": .*already in use by container/),
    });
  });

  test.for(["reset", "silence"] as const)(
    "must find what it made when the answer is lost (%s)",
    async (how) => {
      await using proxy = await startCuttingProxy(lab.provided.socket, `/tmp/co-${how}-${process.pid}.sock`);
      const backend = await connectEngine({ host: proxy.host, callTimeoutMs: 800 }, never);
      proxy.cut(/^POST .*\/containers\/create/, how);
      const signal = AbortSignal.timeout(30_000);
      const payload = {
        name: `co-lost-${how}`,
        workload: lab.workload(`co-lost-${how}`),
        labels: lab.labels(`co-lost-${how}`),
        aliases: "attached" as const,
      };
      const started = performance.now();
      const { containerId } = await lab
        .execute("create-container", payload, signal, backend)
        .catch((error) => ({
          containerId: String(error),
        }));
      expect(containerId).toBe((await lab.behind.inspect(`co-lost-${how}`))?.Id);
      expect(performance.now() - started).toBeLessThan(25_000);
      await backend.close();
    },
  );

  test.for([
    {
      what: "an image that is not there",
      fields: { image: "co-nowhere:1" },
      code: "engine-not-found",
      words: /No such image/i,
    },
    {
      what: "a host path that is not there",
      fields: { mounts: [{ kind: "bind", source: "/no/such/path", target: "/x", readOnly: true }] },
      code: "engine-refused",
      words: /source path does not exist/,
    },
    {
      what: "a network that is not there",
      fields: { network: { kind: "networks", attachments: [{ network: "co-nonet", aliases: [] }] } },
      code: "engine-not-found",
      words: /network "co-nonet" does not exist/,
    },
    {
      what: "files that are not there",
      fields: {
        mounts: [{ kind: "files", fileSet: "mysysconfig-co-x-files-0123456789abcdef", target: "/x" }],
      },
      code: "engine-not-found",
      words: /files in volume .* are not there/,
    },
    {
      what: "a container to share the network with that is not there",
      fields: { network: { kind: "container", container: "co-nobody" } },
      code: "engine-not-found",
      words: /container "co-nobody", whose network it shares, does not exist/,
    },
    {
      what: "a workload to share the network with that has no container",
      fields: { network: { kind: "workload", workload: "co-nobody" } },
      code: "engine-not-found",
      words: /workload "co-nobody", whose network it shares, has no container/,
    },
    {
      what: "a missing volume driver",
      fields: {
        mounts: [{ kind: "volume", volume: "co-v", target: "/v", readOnly: false }],
        runtime: "co-runtime",
      },
      code: "engine-refused",
      words: /runtime/i,
    },
  ] as const)("must report $what and leave nothing", async ({ fields, code, words }) => {
    await expect(lab.create("co-missing", fields)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words),
    });
    expect(await lab.behind.inspect("co-missing")).toBeUndefined();
  });

  test("must share the network of a workload's serving container, not of one that is set aside", async () => {
    await lab.start(await lab.create("co-parent.prev-aaaaaaaa", {}, { key: "co-parent" }));
    const parent = await lab.create("co-parent", {}, { key: "co-parent" });
    await lab.start(parent);
    const child = await lab.create("co-child", { network: { kind: "workload", workload: "co-parent" } });
    await lab.start(child);
    expect((await lab.observed(child)).spec.network).toEqual({ kind: "container", container: parent });
  });
});

describe("starting and stopping", () => {
  test("must treat what is running as started and what is down as stopped", async () => {
    const id = await lab.create("co-twice", { restart: { name: "always" } });
    const stop = {
      container: target(id, "co-twice"),
      timeoutSeconds: 1,
      restart: { name: "always" } as const,
    };
    await lab.start(id);
    await lab.start(id);
    await lab.execute("stop-container", stop);
    await lab.execute("stop-container", stop);
    const after = await lab.behind.inspect(id);
    expect(after?.State.Status).toBe("exited");
    expect(after?.HostConfig.RestartPolicy.Name).toBe("no");
  });

  test("must stop a paused container and one that crashes again and again", async () => {
    const paused = await lab.create("co-paused");
    await lab.start(paused);
    await lab.behind.post(`/containers/${paused}/pause`);
    const crashing = await lab.create("co-crash", { command: ["/bin/false"], restart: { name: "always" } });
    await lab.start(crashing);
    await lab.behind.waitFor(crashing, "restarting", (container) => container.RestartCount > 1);
    for (const id of [paused, crashing]) {
      await lab.execute("stop-container", {
        container: target(id, "x"),
        timeoutSeconds: 1,
        restart: { name: "always" },
      });
      expect(await statusOf(id)).toBe("exited");
    }
  });

  test("must kill what ignores the stop signal after its grace period", async () => {
    const id = await lab.create("co-deaf", {
      command: ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"],
    });
    await lab.start(id);
    const started = performance.now();
    await lab.execute("stop-container", {
      container: target(id, "co-deaf"),
      timeoutSeconds: 1,
      restart: { name: "no" },
    });
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(await statusOf(id)).toBe("exited");
  });

  test("must report a command that does not exist", async () => {
    const id = await lab.create("co-nocmd", { command: ["/bin/nothing"] });
    await expect(lab.start(id, "co-nocmd")).rejects.toMatchObject({
      code: "engine-refused",
      message: expect.stringMatching(/start container "co-nocmd": .*no such file or directory/),
    });
  });

  test("must report a port that another container holds", async () => {
    const ports = [{ containerPort: 80, protocol: "tcp", hostIp: "", hostPort: "18555" }] as const;
    await lab.start(await lab.create("co-port-one", { ports }));
    const second = await lab.create("co-port-two", { ports });
    await expect(lab.start(second)).rejects.toMatchObject({
      code: "engine-conflict",
      message: expect.stringContaining("port is already allocated"),
    });
  });

  test("must unpause, and take an unpaused container as it is", async () => {
    const id = await lab.create("co-unpause");
    await lab.start(id);
    await lab.behind.post(`/containers/${id}/pause`);
    await lab.execute("unpause-container", { container: target(id, "co-unpause") });
    await lab.execute("unpause-container", { container: target(id, "co-unpause") });
    expect(await statusOf(id)).toBe("running");
  });
});

describe("renaming, changing and removing", () => {
  test("must rename once and not mind being asked again", async () => {
    const id = await lab.create("co-old-name");
    const rename = { container: target(id, "co-old-name"), from: "co-old-name", to: "co-new-name" };
    await lab.execute("rename-container", rename);
    await lab.execute("rename-container", rename);
    await lab.execute("rename-container", { ...rename, from: "co-new-name" });
    expect((await lab.behind.inspect(id))?.Name).toBe("/co-new-name");
  });

  test("must not rename to a name that another container bears", async () => {
    await lab.create("co-taken");
    const id = await lab.create("co-wants");
    const rename = { container: target(id, "co-wants"), from: "co-wants", to: "co-taken" };
    await expect(lab.execute("rename-container", rename)).rejects.toMatchObject({ code: "engine-conflict" });
  });

  test("must change limits and restart policy without a restart", async () => {
    const id = await lab.create("co-limits", { memory: 2 ** 26, nanoCpus: 5e8, pidsLimit: 100 });
    await lab.start(id);
    const before = await lab.behind.inspect(id);
    const update = { memory: 2 ** 27, memorySwap: 2 ** 28, nanoCpus: 25e7, pidsLimit: 200 };
    await lab.execute("update-container", {
      container: target(id, "co-limits"),
      update: { ...update, restart: { name: "on-failure", maximumRetryCount: 2 } },
      previous: {},
    });
    const { spec } = await lab.observed(id);
    expect(spec).toMatchObject({ memory: 2 ** 27, nanoCpus: 25e7, pidsLimit: 200 });
    expect(spec.restart).toEqual({ name: "on-failure", maximumRetryCount: 2 });
    expect((await lab.behind.inspect(id))?.State.StartedAt).toBe(before?.State.StartedAt);
  });

  test("must say so when the Engine ignores a change", async () => {
    const id = await lab.create("co-ignored", { memory: 2 ** 26 });
    const update = { container: target(id, "co-ignored"), update: { memory: 0 }, previous: {} };
    await expect(lab.execute("update-container", update)).rejects.toMatchObject({
      code: "engine-unsupported",
      message: expect.stringContaining("ignored Memory"),
    });
  });

  test("must remove once, not mind being asked again, and keep anonymous volumes", async () => {
    const id = await lab.create("co-remove", { mounts: [{ kind: "anonymous", target: "/scratch" }] });
    const volume = (await lab.behind.inspect(id))?.Mounts[0]?.Name ?? "";
    await lab.execute("remove-container", { container: target(id, "co-remove") });
    await lab.execute("remove-container", { container: target(id, "co-remove") });
    expect(await lab.behind.inspect(id)).toBeUndefined();
    expect(await lab.behind.volumes()).toContain(volume);
    await lab.behind.api.call("DELETE", `/volumes/${volume}`);
  });

  test("must not remove a running container", async () => {
    const id = await lab.create("co-running");
    await lab.start(id);
    await expect(
      lab.execute("remove-container", { container: target(id, "co-running") }),
    ).rejects.toMatchObject({
      code: "engine-conflict",
    });
    expect(await statusOf(id)).toBe("running");
  });

  test("must treat a container that is gone as stopped and removed, but not as started or renamed", async () => {
    const container = { kind: "actual", id: "0".repeat(64), name: "co-gone" } as const;
    await lab.execute("stop-container", { container, timeoutSeconds: 1, restart: { name: "no" } });
    await lab.execute("remove-container", { container });
    const rename = { container, from: "co-gone", to: "co-back" };
    await expect(lab.start(container.id)).rejects.toMatchObject({ code: "engine-not-found" });
    await expect(lab.execute("rename-container", rename)).rejects.toMatchObject({ code: "engine-not-found" });
  });
});
