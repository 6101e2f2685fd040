import type { ServiceLook } from "../../model/actual-swarm.ts";
import { errorCatalogue, isReconcilerError } from "../../model/errors.ts";
import { labelKeys } from "../../model/ownership.ts";
import { translateEngineError } from "../api-errors.ts";
import type { EngineClient } from "../engine-client.ts";
import { isNodeChange } from "../follow-events.ts";
import { keepFollowing, type RawEvent } from "../keep-following.ts";
import {
  type NetworkNames,
  networkIds,
  tasksByService,
  toActualNodes,
  toActualService,
} from "./actual-service.ts";
import type { NodeAnswer, ServiceAnswer, TaskAnswer } from "./answers.ts";
import { listNodes, listServices, listTasks } from "./manager-calls.ts";
import type { KnownNetworks } from "./network-names.ts";
import { isAnswered, nextRequest, type WatchPart, type WatchState } from "./watch-schedule.ts";

/** Monotonic time, and a call after so many milliseconds until the answer is called. */
export interface WatchTime {
  nowMs(): number;
  after(ms: number, run: () => void): () => void;
}

interface Waiter {
  readonly serviceId: string;
  readonly sinceMs: number;
  readonly resolve: (look: ServiceLook) => void;
  readonly reject: (error: unknown) => void;
}

const watched = {
  type: ["service", "node", "container"],
  event: ["create", "update", "remove", "start", "die", "health_status", "oom", "destroy"],
} as const;

/** What the agents of a Swarm write on the containers of tasks. */
const serviceIdAttribute = "com.docker.swarm.service.id";

/** An Engine that does not open the stream of events by then is watched without. */
const openingMs = 500;

/** Managers need 10 to 20 s to elect another leader, or to start again; a rollout need not end because of that. */
const patienceMs = 30_000;

function mayPass(error: unknown): boolean {
  return isReconcilerError(error) && errorCatalogue[error.code].disposition === "retry";
}

/** Looks at services for all who wait for one; `watch-schedule.ts` says when a manager is asked what. */
export class ServiceWatch {
  private readonly client: EngineClient;
  private readonly networks: KnownNetworks;
  private readonly time: WatchTime;
  private readonly closing = new AbortController();
  private readonly waiters = new Set<Waiter>();
  private known: {
    services?: ReadonlyMap<string, ServiceAnswer>;
    nodes?: NodeAnswer[];
    tasks?: TaskAnswer[];
  } = {};
  private nameOf: NetworkNames = (id) => id;
  private state: Omit<WatchState, "waiters"> = {
    ...{ begunMs: {}, changedMs: {}, followsEvents: false },
    ...{ nextAtMs: Number.NEGATIVE_INFINITY, hasBorrowed: false },
  };
  private lastStampMs = Number.NEGATIVE_INFINITY;
  /** Since when no request has got through. */
  private failingSinceMs: number | undefined;
  private isAsking = false;
  private isOpening = false;
  private following: Promise<void> | undefined;
  private cancelTimer: () => void = () => {};

  constructor(client: EngineClient, networks: KnownNetworks, time: WatchTime) {
    this.client = client;
    this.networks = networks;
    this.time = time;
  }

  /** See `Backend.lookAtService`; whose the service is, is told by its own labels. */
  look(serviceId: string, signal: AbortSignal): Promise<ServiceLook> {
    const what = "look at a service";
    if (signal.aborted) return Promise.reject(translateEngineError(signal.reason, what, signal));
    const { promise, resolve, reject } = Promise.withResolvers<ServiceLook>();
    const waiter = { serviceId, sinceMs: this.stampMs(), resolve, reject };
    const onAbort = () => reject(translateEngineError(signal.reason, what, signal));
    signal.addEventListener("abort", onAbort, { once: true });
    this.waiters.add(waiter);
    this.follow();
    this.goOn();
    return promise.finally(() => {
      signal.removeEventListener("abort", onAbort);
      this.waiters.delete(waiter);
    });
  }

  /** A service is being changed through this very connection: events about it may come late. */
  serviceChanged(): void {
    this.noteChange("services");
  }

  async close(): Promise<void> {
    this.closing.abort(new Error("closed"));
    this.cancelTimer();
    for (const { reject } of this.waiters)
      reject(translateEngineError(this.closing.signal.reason, "look at a service", this.closing.signal));
    await this.following;
  }

  /** Now, and never the same twice: what came first is told by it. */
  private stampMs(): number {
    this.lastStampMs = Math.max(this.time.nowMs(), this.lastStampMs + 1e-3);
    return this.lastStampMs;
  }

  private goOn(): void {
    this.cancelTimer();
    this.cancelTimer = () => {};
    if (this.isAsking || this.isOpening || this.closing.signal.aborted) return;
    const nowMs = this.stampMs();
    const next = nextRequest(this.whole(), nowMs);
    if (next.kind === "wait") this.cancelTimer = this.time.after(next.untilMs - nowMs, () => this.goOn());
    if (next.kind !== "ask") return;
    const { nextAtMs, hasBorrowed, parts } = next;
    this.state = { ...this.state, nextAtMs, hasBorrowed, lastAskedMs: nowMs };
    void this.ask(parts, nowMs);
  }

  private whole(): WatchState {
    const waiters = [...this.waiters].map(({ serviceId, sinceMs }) => {
      return { sinceMs, isListed: this.known.services?.has(serviceId) === true };
    });
    return { ...this.state, waiters };
  }

  private async ask(parts: readonly WatchPart[], begunMs: number): Promise<void> {
    this.isAsking = true;
    const { signal } = this.closing;
    const outcomes = await Promise.allSettled(parts.map((part) => this.fetch(part, begunMs, signal)));
    await this.nameNetworks(signal);
    this.isAsking = false;
    const failure = this.noteFailure(outcomes);
    for (const waiter of this.waiters) {
      if (failure !== undefined && waiter.sinceMs <= begunMs) waiter.reject(failure);
      else this.answer(waiter);
    }
    // Those who were answered ask again at once, and are then part of the next request.
    await Promise.resolve();
    this.goOn();
  }

  /** Why those who wait shall wait no longer; nothing while a manager has only just ceased to answer. */
  private noteFailure(outcomes: readonly PromiseSettledResult<void>[]): unknown {
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure === undefined) this.failingSinceMs = undefined;
    else this.failingSinceMs ??= this.time.nowMs();
    const failingMs = this.time.nowMs() - (this.failingSinceMs ?? this.time.nowMs());
    return failure !== undefined && (!mayPass(failure.reason) || failingMs >= patienceMs)
      ? failure.reason
      : undefined;
  }

  private async fetch(part: WatchPart, begunMs: number, signal: AbortSignal): Promise<void> {
    if (part === "services") {
      const services = await listServices(this.client, signal);
      this.known.services = new Map(services.map((service) => [service.ID, service]));
    } else if (part === "nodes") this.known.nodes = await listNodes(this.client, signal);
    else if (!(await this.fetchTasks(signal))) return;
    this.state = { ...this.state, begunMs: { ...this.state.begunMs, [part]: begunMs } };
  }

  /** @returns false when a service is gone that was there a moment ago: a manager then answers for none of them */
  private async fetchTasks(signal: AbortSignal): Promise<boolean> {
    const wanted = new Set([...this.waiters].map(({ serviceId }) => serviceId));
    const ids = [...wanted].filter((id) => this.known.services?.has(id) !== false);
    try {
      this.known.tasks = ids.length === 0 ? [] : await listTasks(this.client, ids, signal);
      return true;
    } catch (error) {
      if (!isReconcilerError(error) || error.code !== "engine-not-found") throw error;
      const { services: _, ...begunMs } = this.state.begunMs;
      this.state = { ...this.state, begunMs };
      return false;
    }
  }

  private async nameNetworks(signal: AbortSignal): Promise<void> {
    const { services, tasks = [] } = this.known;
    const waited = [...this.waiters].flatMap(({ serviceId }) => services?.get(serviceId) ?? []);
    try {
      this.nameOf = await this.networks.complete(this.client, networkIds(waited, tasks), signal);
    } catch {
      // The next look asks again; until then an id stands for a name.
    }
  }

  private answer(waiter: Waiter): void {
    const isListed = this.known.services?.has(waiter.serviceId) === true;
    if (!isAnswered(this.whole(), { sinceMs: waiter.sinceMs, isListed })) return;
    const { services, nodes = [], tasks = [] } = this.known;
    const service = services?.get(waiter.serviceId);
    const seen = { nodes: toActualNodes(nodes) };
    if (service === undefined) {
      waiter.resolve(seen);
      return;
    }
    const own = tasks.filter(({ ServiceID }) => ServiceID === service.ID);
    const actual = tasksByService(own, this.nameOf).get(service.ID) ?? [];
    waiter.resolve({ ...seen, service: toActualService(service, actual, ownerOf(service), this.nameOf) });
  }

  private follow(): void {
    if (this.following !== undefined) return;
    this.isOpening = true;
    const open = () => {
      stopWaiting();
      this.isOpening = false;
      this.goOn();
    };
    const stopWaiting = this.time.after(openingMs, open);
    const hints = {
      opened: () => {
        this.state = { ...this.state, followsEvents: true };
        this.noteChange("services");
        this.noteChange("nodes");
        open();
      },
      happened: (event: RawEvent) => this.take(event),
      ended: () => {
        this.state = { ...this.state, followsEvents: false };
        open();
      },
    };
    this.following = keepFollowing(this.client, watched, hints, this.closing.signal);
  }

  private take(event: RawEvent): void {
    const actor = event["Actor"] as { Attributes?: Readonly<Record<string, unknown>> } | undefined;
    const attributes = actor?.Attributes ?? {};
    const isWaited = () =>
      [...this.waiters].some(({ serviceId }) => serviceId === attributes[serviceIdAttribute]);
    if (event["Type"] === "service") this.noteChange("services");
    else if (event["Type"] === "container" && isWaited()) this.noteHint();
    else if (event["Type"] === "node" && isNodeChange(event["Action"], attributes)) this.noteChange("nodes");
  }

  private noteChange(part: "services" | "nodes"): void {
    const changedMs = { ...this.state.changedMs, [part]: this.stampMs() };
    this.state = { ...this.state, changedMs };
    this.noteHint();
  }

  private noteHint(): void {
    this.state = { ...this.state, hintMs: this.stampMs() };
    this.goOn();
  }
}

function ownerOf({ Spec }: ServiceAnswer) {
  const labels = Spec.Labels ?? {};
  return { project: labels[labelKeys.project] ?? "", environment: labels[labelKeys.environment] ?? "" };
}
