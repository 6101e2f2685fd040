import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectEngine } from "../../../src/docker/engine-backend.ts";
import type { Healthcheck } from "../../../src/model/workload.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { type Lab, never, openLab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("wa");
});
afterAll(() => lab[Symbol.asyncDispose]());

const shell = (line: string) => ({ command: ["/bin/sh", "-c", line] });
const check = (line: string): Healthcheck => ({
  kind: "command",
  test: ["CMD-SHELL", line],
  intervalMs: 200,
  timeoutMs: 2_000,
  retries: 2,
});

describe("watching a container", () => {
  test("must tell its state from creation to removal", async () => {
    const id = await lab.create("wa-state", shell("exit 3"));
    expect(await lab.backend.inspectState(id, never)).toMatchObject({ status: "created" });
    await lab.start(id);
    await lab.behind.waitForExit(id);
    expect(await lab.backend.inspectState(id, never)).toMatchObject({ status: "exited", exitCode: 3 });
    await lab.behind.remove(id);
    expect(await lab.backend.inspectState(id, never)).toBeUndefined();
  });

  test("must wake up when the container dies or becomes healthy, long before the timeout", async () => {
    const dying = await lab.create("wa-dying", shell("sleep 1; exit 1"));
    const healing = await lab.create("wa-healing", { healthcheck: check("true") });
    await Promise.all([lab.start(dying), lab.start(healing)]);
    const reached = async (id: string, isThere: (state: { status: string; health?: string }) => boolean) => {
      const started = performance.now();
      for (;;) {
        const state = await lab.backend.inspectState(id, never);
        if (state !== undefined && isThere(state)) return performance.now() - started;
        await lab.backend.waitForChange(id, 20_000, never);
      }
    };
    const times = await Promise.all([
      reached(dying, (state) => state.status === "exited"),
      reached(healing, (state) => state.health === "healthy"),
    ]);
    expect(Math.max(...times)).toBeLessThan(10_000);
  });

  test("must not lose a change that happens between the look and the wait", async () => {
    const id = await lab.create("wa-between");
    await lab.start(id);
    await lab.backend.waitForChange(id, 300, never);
    await lab.backend.inspectState(id, never);
    await lab.behind.post(`/containers/${id}/kill`);
    await lab.behind.waitFor(id, "exited", (container) => container.State.Status === "exited");
    const started = performance.now();
    await lab.backend.waitForChange(id, 20_000, never);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("must end by its timeout when nothing happens, and reject when the run is aborted", async () => {
    const id = await lab.create("wa-quiet");
    await lab.backend.waitForChange(id, 200, never);
    const started = performance.now();
    await lab.backend.waitForChange(id, 300, never);
    expect(performance.now() - started).toBeLessThan(3_000);
    const controller = new AbortController();
    const waiting = lab.backend.waitForChange(id, 60_000, controller.signal);
    controller.abort(new Error("SIGTERM"));
    await expect(waiting).rejects.toThrow("SIGTERM");
  });

  test("must follow events through one shared stream and end it when closed", async () => {
    await using proxy = await startRecordingProxy(lab.provided.socket, "/tmp");
    const backend = await connectEngine({ host: proxy.host }, never);
    const id = await lab.create("wa-shared");
    await Promise.all([1, 2, 3].map(() => backend.waitForChange(id, 200, never)));
    await backend.waitForChange(id, 200, never);
    expect(proxy.calls().filter((call) => call.path.startsWith("/events"))).toHaveLength(1);
    await backend.close();
  });
});

describe("the story of a failure", () => {
  test("must tell exit code and last log lines, without control characters", async () => {
    const id = await lab.create(
      "wa-story",
      shell(
        "for i in $(seq 1 30); do echo line $i; done; sleep 0.5; printf '\\033[31mError:\\033[0m missing \\007URL\\n' >&2; exit 7",
      ),
    );
    await lab.start(id);
    await lab.behind.waitForExit(id);
    const story = await lab.backend.describeFailure(id, never);
    expect(story[0]).toBe("exited with code 7");
    expect(story.at(-1)).toBe("log: Error: missing URL");
    expect(story).toHaveLength(11);
  });

  test("must read the log of a terminal as it is", async () => {
    const id = await lab.create("wa-tty", {
      ...shell('echo \'{"level":"error"}\'; echo over; exit 1'),
      tty: true,
    });
    await lab.start(id);
    await lab.behind.waitForExit(id);
    expect(await lab.backend.describeFailure(id, never)).toEqual([
      "exited with code 1",
      'log: {"level":"error"}',
      "log: over",
    ]);
  });

  test("must tell the last health checks", async () => {
    const id = await lab.create("wa-ill", { healthcheck: check("echo HTTP/1.1 500; exit 1") });
    await lab.start(id);
    await lab.behind.waitFor(id, "unhealthy", (container) => container.State.Health?.Status === "unhealthy");
    await expect
      .poll(() => lab.backend.describeFailure(id, never), { timeout: 10_000 })
      .toContain('3 times: health check exited 1: "HTTP/1.1 500"');
  });

  test("must tell that memory ran out, and what the Engine said about a failed start", async () => {
    const greedy = await lab.create("wa-oom", {
      ...shell("x=$(head -c 60000000 /dev/zero | tr '\\0' x); echo $x"),
      memory: 8 * 2 ** 20,
      memorySwap: 8 * 2 ** 20,
    });
    await lab.start(greedy).catch(() => {});
    await lab.behind.waitFor(greedy, "exited", (container) => container.State.Status === "exited");
    expect((await lab.backend.describeFailure(greedy, never)).join("\n")).toMatch(
      /out of memory|exited with code 137/,
    );
    const broken = await lab.create("wa-broken", { command: ["/bin/nothing"] });
    await lab.start(broken).catch(() => {});
    expect((await lab.backend.describeFailure(broken, never)).join("\n")).toMatch(
      /Engine: .*no such file or directory/,
    );
  });

  test("must be empty for a container that is gone or whose log cannot be read, and never reject", async () => {
    expect(await lab.backend.describeFailure("0".repeat(64), never)).toEqual([]);
    expect(await lab.backend.describeFailure("x", AbortSignal.abort())).toEqual([]);
    const id = await lab.create("wa-nolog", {
      ...shell("echo x; exit 1"),
      logging: { driver: "none", options: {} },
    });
    await lab.start(id);
    await lab.behind.waitForExit(id);
    expect(await lab.backend.describeFailure(id, never)).toEqual(["exited with code 1"]);
  });
});

describe("reaching the Engine", () => {
  test("must agree on a version and know the Engine's name", async () => {
    const { engine } = await connectEngine({ host: `unix://${lab.provided.socket}` }, never);
    expect(engine.apiVersion).toBe(lab.provided.apiVersion);
    expect(engine.version.startsWith(lab.provided.version.split("+")[0] ?? "")).toBe(true);
    const { Name } = await lab.inspect<{ Name: string }>("/info");
    expect(engine).toMatchObject({
      hostName: Name,
      defaultLogDriver: "json-file",
      defaultRuntime: "runc",
      swarm: "inactive",
    });
  });

  test("must give up on an Engine that accepts connections and says nothing", async () => {
    const dir = await mkdtemp(join(tmpdir(), "mysysconfig-hung-"));
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket)).listen(join(dir, "hung.sock"));
    const started = performance.now();
    await expect(
      connectEngine({ host: `unix://${dir}/hung.sock`, callTimeoutMs: 500 }, never),
    ).rejects.toMatchObject({
      code: "engine-unreachable",
      hint: expect.stringContaining("does not answer"),
    });
    expect(performance.now() - started).toBeLessThan(5_000);
    await expect(
      connectEngine({ host: `unix://${dir}/hung.sock` }, AbortSignal.timeout(200)),
    ).rejects.toMatchObject({
      code: "interrupted",
    });
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(dir, { recursive: true });
  });
});
