import type { ActualContainer, ActualImage, ContainerState } from "../../src/model/actual-state.ts";
import { labelKeys, type Owner, ownershipOf, userLabels } from "../../src/model/ownership.ts";
import type { ContainerSpec, Healthcheck, Mount, NetworkAttachment } from "../../src/model/workload.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What a container does once it is started. */
export type Behaviour =
  | { readonly kind: "serves" }
  /** ends by itself */
  | { readonly kind: "exits"; readonly afterMs: number; readonly code: number }
  /** its health check never succeeds */
  | { readonly kind: "never-healthy" }
  /** healthy at first */
  | { readonly kind: "sickens"; readonly afterMs: number }
  /** the Engine cannot start it: 400, the container stays `created` with exit code 127 */
  | { readonly kind: "not-found" };

export interface SimulatedImage extends ActualImage {
  readonly behaviour: Behaviour;
  readonly healthyAfterMs: number;
  /** Time to react to SIGTERM; `Infinity` ignores it and is killed. */
  readonly stopMs: number;
}

export interface Creation {
  readonly id: string;
  readonly name: string;
  /** As sent, with the id of the container whose network is shared. */
  readonly sent: ContainerSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: SimulatedImage;
}

const never = "0001-01-01T00:00:00Z";
const restartDelayMs = 100;

/** One container: what it was asked to be, and a small state machine that is driven by the clock. */
export class SimulatedContainer {
  status: ContainerState["status"] = "created";
  exitCode = 0;
  restartCount = 0;
  error = "";
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
  restart: ContainerSpec["restart"];
  limits: Partial<ContainerSpec> = {};
  /** By network name; ids stay when the network goes. */
  readonly endpoints = new Map<string, { id: string; attachment: NetworkAttachment }>();
  readonly createdAtMs: number;

  name: string;
  readonly id: string;
  readonly sent: ContainerSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: SimulatedImage;
  private readonly clock: VirtualClock;

  constructor({ id, name, sent, labels, image }: Creation, clock: VirtualClock) {
    this.id = id;
    this.name = name;
    this.sent = sent;
    this.labels = labels;
    this.image = image;
    this.clock = clock;
    this.restart = sent.restart;
    this.createdAtMs = clock.monotonicMs();
  }

  get isUp(): boolean {
    this.settle();
    return this.status === "running" || this.status === "restarting" || this.status === "paused";
  }

  /** Runs and is as well as its health check says. */
  get isServing(): boolean {
    const { status, health } = this.state();
    return status === "running" && (health === undefined || health === "healthy");
  }

  start(): void {
    this.status = "running";
    this.startedAtMs = this.clock.monotonicMs();
    this.error = "";
    this.restartCount = 0;
  }

  end(code: number): void {
    this.status = "exited";
    this.exitCode = code;
    this.finishedAtMs = this.clock.monotonicMs();
  }

  /** Lets happen what has happened since the last look: exits and restarts by policy. */
  private settle(): void {
    const { behaviour } = this.image;
    if (behaviour.kind !== "exits") return;
    while (this.startedAtMs !== undefined) {
      const now = this.clock.monotonicMs();
      if (this.status === "running" && now >= this.startedAtMs + behaviour.afterMs) {
        this.exitCode = behaviour.code;
        this.finishedAtMs = this.startedAtMs + behaviour.afterMs;
        this.status = this.isRestarted(behaviour.code) ? "restarting" : "exited";
        continue;
      }
      const dueMs = (this.finishedAtMs ?? 0) + restartDelayMs * 2 ** Math.min(this.restartCount, 8);
      if (this.status !== "restarting" || now < dueMs) return;
      this.status = "running";
      this.startedAtMs = dueMs;
      this.restartCount++;
    }
  }

  private isRestarted(code: number): boolean {
    if (this.restart.name === "on-failure")
      return code !== 0 && this.restartCount < (this.restart.maximumRetryCount || Number.POSITIVE_INFINITY);
    return this.restart.name !== "no";
  }

  state(): ContainerState {
    this.settle();
    const health = this.status === "running" ? this.health() : undefined;
    return {
      status: this.status,
      exitCode: this.exitCode,
      startedAt: this.startedAtMs === undefined ? never : this.clock.at(this.startedAtMs),
      finishedAt: this.finishedAtMs === undefined ? never : this.clock.at(this.finishedAtMs),
      restartCount: this.restartCount,
      oomKilled: false,
      error: this.error,
      ...(health === undefined ? {} : { health }),
    };
  }

  private health(): ContainerState["health"] {
    const check = this.healthcheck();
    if (check?.kind !== "command") return undefined;
    const age = this.clock.monotonicMs() - (this.startedAtMs ?? 0);
    const { behaviour } = this.image;
    if (behaviour.kind === "sickens" && age >= behaviour.afterMs) return "unhealthy";
    const failsAfterMs =
      (check.startPeriodMs ?? 0) +
      (check.retries || 3) * ((check.intervalMs || 30_000) + (check.timeoutMs || 30_000));
    if (behaviour.kind === "never-healthy") return age >= failsAfterMs ? "unhealthy" : "starting";
    return age >= this.image.healthyAfterMs ? "healthy" : "starting";
  }

  private healthcheck(): Healthcheck | undefined {
    const own = this.sent.healthcheck;
    const inherited = this.image.healthcheck;
    if (own === undefined || own.kind === "none") return own ?? inherited;
    return inherited?.kind === "command" ? { ...inherited, ...own } : own;
  }

  /** What the real adapter reports: image settings merged in, defaults of the Engine filled in. */
  toActual(owner: Owner): ActualContainer {
    const replica = this.labels[labelKeys.replica];
    return {
      id: this.id,
      name: this.name,
      ownership: ownershipOf(this.labels, owner),
      record: {
        setFields: (this.labels[labelKeys.set] ?? "").split(",").filter(Boolean),
        needs: (this.labels[labelKeys.needs] ?? "").split(",").filter(Boolean),
        ...present("workload", this.labels[labelKeys.workload]),
        ...present("replica", replica === undefined ? undefined : Number(replica)),
        ...present("kind", this.labels[labelKeys.kind] as "service" | "job" | undefined),
        ...present("fingerprint", this.labels[labelKeys.spec]),
        ...present("source", this.labels[labelKeys.source]),
        ...present("txn", this.labels[labelKeys.txn]),
        ...present("timer", this.labels[labelKeys.timer]),
        ...present("due", this.labels[labelKeys.due]),
      },
      state: this.state(),
      imageId: this.image.id,
      spec: this.liveSpec(),
      networkIds: Object.fromEntries([...this.endpoints].map(([name, { id }]) => [name, id])),
      createdAt: this.clock.at(this.createdAtMs),
    };
  }

  private liveSpec(): ContainerSpec {
    const { sent, image } = this;
    const resetsEntrypoint = sent.entrypoint !== undefined;
    const published = sent.ports.map((binding) => `${binding.containerPort}/${binding.protocol}`);
    const covered = new Set(sent.mounts.map((mount) => mount.target));
    const anonymous = image.volumes
      .filter((target) => !covered.has(target))
      .map((target): Mount => ({ kind: "anonymous", target }));
    const healthcheck = this.healthcheck();
    const spec: ContainerSpec = {
      shmSize: 67_108_864,
      ipcMode: "private",
      cgroupnsMode: "private",
      runtime: "runc",
      ...sent,
      ...this.limits,
      // Env is stored as one list: the user's first, then what only the image has.
      environment: { ...image.environment, ...sent.environment },
      labels: userLabels({ ...image.labels, ...sent.labels }),
      command: sent.command ?? (resetsEntrypoint ? [] : image.command),
      entrypoint: sent.entrypoint ?? image.entrypoint,
      user: sent.user ?? image.user,
      workingDir: sent.workingDir ?? image.workingDir,
      stopSignal: sent.stopSignal ?? image.stopSignal,
      expose: [...new Set([...image.exposedPorts, ...sent.expose, ...published])],
      mounts: [...sent.mounts, ...anonymous].sort((a, b) => (a.target < b.target ? -1 : 1)),
      logging: { driver: "json-file", ...sent.logging, options: sent.logging?.options ?? {} },
      restart: this.restart,
      network: this.liveNetwork(),
      ...(healthcheck === undefined ? {} : { healthcheck }),
    };
    if (spec.memory === undefined || spec.memorySwap !== spec.memory * 2) return spec;
    const { memorySwap: _double, ...rest } = spec;
    return rest;
  }

  private liveNetwork(): ContainerSpec["network"] {
    const { network } = this.sent;
    if (network.kind !== "networks") return network;
    const primary = network.attachments[0]?.network;
    const attachments = [...this.endpoints.values()]
      .map(({ attachment }) => ({ ...attachment, aliases: [...attachment.aliases].sort() }))
      .sort(
        (a, b) =>
          Number(b.network === primary) - Number(a.network === primary) || (a.network < b.network ? -1 : 1),
      );
    return { kind: "networks", attachments };
  }
}

function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
