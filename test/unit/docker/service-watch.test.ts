import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { EngineClient, EngineRequest } from "../../../src/docker/engine-client.ts";
import { KnownNetworks } from "../../../src/docker/swarm/network-names.ts";
import { ServiceWatch, type WatchTime } from "../../../src/docker/swarm/service-watch.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";

/** Time that a test lets pass. */
class Time implements WatchTime {
  private ms = 0;
  private timers: { readonly atMs: number; readonly run: () => void }[] = [];

  nowMs(): number {
    return this.ms;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.ms + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  /** In steps of a tenth of a second, and what happens in each of them to its end. */
  async pass(ms: number): Promise<void> {
    for (const endMs = this.ms + ms; this.ms < endMs; ) {
      this.ms += 100;
      const due = this.timers.filter(({ atMs }) => atMs <= this.ms);
      this.timers = this.timers.filter(({ atMs }) => atMs > this.ms);
      for (const { run } of due) run();
      for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    }
  }
}

/** What a manager has, and what it was asked. */
class Manager {
  readonly asked: { readonly path: string; readonly atMs: number }[] = [];
  services = ["s1", "s2"];
  failure: ReconcilerError | undefined;
  private readonly time: Time;

  constructor(time: Time) {
    this.time = time;
  }

  readonly client = {
    get: (request: EngineRequest) => Promise.try(() => this.answer(request)),
    // The stream of events does not open: nothing is told.
    stream: () => Promise.reject(new Error("no events")),
  } as unknown as EngineClient;

  private answer({ path, query }: EngineRequest): unknown {
    this.asked.push({ path, atMs: this.time.nowMs() });
    if (this.failure !== undefined) throw this.failure;
    if (path === "/nodes") return [{ ID: "n1" }];
    const spec = (name: string) => ({ Name: name, TaskTemplate: { ContainerSpec: { Image: "web:1" } } });
    if (path === "/services") return this.services.map((ID) => ({ ID, Spec: spec(ID) }));
    const { service = [] } = JSON.parse(query?.["filters"] ?? "{}") as { service?: string[] };
    if (service.some((id) => !this.services.includes(id)))
      throw new ReconcilerError("engine-not-found", "list tasks: service s9 not found");
    return service.map((id) => ({ ID: `task-${id}`, ServiceID: id, Spec: spec(id).TaskTemplate }));
  }

  count(): number {
    return this.asked.length;
  }
}

const never = new AbortController().signal;

function setUp() {
  const time = new Time();
  const manager = new Manager(time);
  return { time, manager, watch: new ServiceWatch(manager.client, new KnownNetworks(), time) };
}

describe("looks at services", () => {
  test("must be answered with the service, its own tasks and the nodes", async () => {
    const { time, watch } = setUp();
    const looking = watch.look("s1", never);
    await time.pass(100);
    expect(await looking).toMatchObject({
      service: { id: "s1", tasks: [{ id: "task-s1" }] },
      nodes: [{ id: "n1" }],
    });
    await watch.close();
  });

  test("must cost twenty who look all the time for ten seconds eleven requests together", async () => {
    const { time, manager, watch } = setUp();
    let looks = 0;
    let isOver = false;
    const waiters = Array.from({ length: 20 }, async (_, number) => {
      while (!isOver) {
        await watch.look(`s${(number % 2) + 1}`, never);
        looks += 1;
      }
    });
    await time.pass(10_000);
    expect(manager.count()).toBeLessThanOrEqual(11);
    expect(looks).toBeGreaterThanOrEqual(40);
    isOver = true;
    await time.pass(5_000);
    await Promise.all(waiters);
    await watch.close();
  });

  test("must be of all parts at once again after a rest", async () => {
    const { time, manager, watch } = setUp();
    await Promise.all([watch.look("s1", never), time.pass(100)]);
    await time.pass(20_000);
    await Promise.all([watch.look("s1", never), time.pass(100)]);
    expect(manager.count()).toBe(6);
    await watch.close();
  });

  test("must tell that a service is gone, also to those who wait for others", async () => {
    const { time, manager, watch } = setUp();
    await Promise.all([watch.look("s1", never), watch.look("s2", never), time.pass(100)]);
    manager.services = ["s1"];
    const looking = Promise.all([watch.look("s1", never), watch.look("s2", never)]);
    await time.pass(8_000);
    const [one, two] = await looking;
    expect([one.service?.id, two.service]).toEqual(["s1", undefined]);
    await watch.close();
  });

  test("must wait for another leader, and fail with the words of the manager when there is none", async () => {
    const { time, manager, watch } = setUp();
    manager.failure = new ReconcilerError("swarm-unavailable", "list services: no leader");
    const patient = watch.look("s1", never);
    await time.pass(20_000);
    manager.failure = undefined;
    await time.pass(5_000);
    expect((await patient).service?.id).toBe("s1");
    manager.failure = new ReconcilerError("swarm-unavailable", "list services: no leader");
    const failing = expect(watch.look("s1", never)).rejects.toMatchObject({ code: "swarm-unavailable" });
    await time.pass(40_000);
    await failing;
    await watch.close();
  });

  test("must fail at once with what does not pass by itself", async () => {
    const { time, manager, watch } = setUp();
    manager.failure = new ReconcilerError("engine-refused", "list services: forbidden");
    const failing = expect(watch.look("s1", never)).rejects.toMatchObject({ code: "engine-refused" });
    await time.pass(1_000);
    await failing;
    await watch.close();
  });

  test("must end at once with the signal, and with the connection", async () => {
    const { time, watch } = setUp();
    await Promise.all([watch.look("s1", never), time.pass(100)]);
    const abort = new AbortController();
    const aborted = expect(watch.look("s1", abort.signal)).rejects.toMatchObject({ code: "interrupted" });
    abort.abort(new Error("enough"));
    await aborted;
    const closed = expect(watch.look("s1", never)).rejects.toMatchObject({ code: "interrupted" });
    await watch.close();
    await closed;
  });

  test("must not ask for anything when nobody waits any more", async () => {
    const { time, manager, watch } = setUp();
    await Promise.all([watch.look("s1", never), time.pass(100)]);
    const before = manager.count();
    await time.pass(30_000);
    expect(manager.count()).toBe(before);
    await watch.close();
  });
});
