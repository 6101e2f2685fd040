/** Follows the Engine's events and tells at which moments nobody served. */
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import type { EngineClient } from "../support/engine-client.ts";

interface ContainerEvent {
  readonly action: string;
  readonly container: string;
  readonly image: string;
  readonly atNano: bigint;
}

export interface Gap {
  readonly fromNano: bigint;
  readonly milliseconds: number;
  /** What ended the service. */
  readonly because: string;
}

/** The containers of one service. */
export interface Service {
  /** What `watchServing` was told to know them by. */
  readonly id: string;
  /** It counts from its first good health check on, otherwise from its start. */
  readonly hasHealthcheck: boolean;
}

export interface ServingWatch extends AsyncDisposable {
  /** Resolves when everything that has happened until now is known; answers the Engine's time. */
  now(): Promise<bigint>;
  /** The moments between two times when no container of the service was running and healthy. */
  gaps(service: Service, fromNano: bigint, toNano: bigint): readonly Gap[];
  /** The images of its containers that have been started since then, each as often as it was. */
  starts(service: Pick<Service, "id">, fromNano: bigint): readonly string[];
  /** What happened to its containers, for the reader of a failure. */
  trail(service: Pick<Service, "id">): readonly string[];
  /** Services whose id begins so are over. */
  forget(prefix: string): void;
}

interface RawEvent {
  readonly Type: string;
  readonly Action: string;
  /** More than a JavaScript number holds; see `exactTime`. */
  readonly timeNano: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

const barrierMs = 30_000;

/** @param serviceOf the service of a container, by its labels; `undefined`: of none that matters */
export async function watchServing(
  engine: EngineClient,
  serviceOf: (labels: Readonly<Record<string, string>>) => string | undefined,
): Promise<ServingWatch> {
  const history = new Map<string, ContainerEvent[]>();
  const barriers = new Map<string, (atNano: bigint) => void>();
  const stream = await openEvents(engine);
  const lines = createInterface({ input: stream });
  lines.on("line", (line) => take(JSON.parse(exactTime(line)) as RawEvent));
  // The Engine's end is ours.
  stream.on("error", () => {});
  let count = 0;

  function take({ Type, Action, timeNano, Actor }: RawEvent): void {
    const { ID: container, Attributes: attributes } = Actor;
    const atNano = BigInt(timeNano);
    if (Type === "image") {
      barriers.get(attributes["name"] ?? "")?.(atNano);
      return;
    }
    const service = serviceOf(attributes);
    if (service === undefined) return;
    const events = history.get(service) ?? [];
    history.set(service, events);
    events.push({ action: Action, container, image: attributes["image"] ?? "", atNano });
  }

  return {
    async now() {
      count += 1;
      const name = `barrier:${count}`;
      const { promise, resolve, reject } = Promise.withResolvers<bigint>();
      barriers.set(name, resolve);
      const late = setTimeout(() => reject(new Error(`no event of ${name}`)), barrierMs);
      await engine.post("/images/lab/idle:1/tag", undefined, { repo: "barrier", tag: String(count) });
      return promise.finally(async () => {
        clearTimeout(late);
        barriers.delete(name);
        await engine.api.call("DELETE", `/images/${name}`);
      });
    },
    gaps: (service, from, to) => findGaps(history.get(service.id) ?? [], service, from, to),
    starts: ({ id }, fromNano) =>
      (history.get(id) ?? []).flatMap(({ action, atNano, image }) =>
        action === "start" && atNano >= fromNano ? [image] : [],
      ),
    trail: ({ id }) =>
      (history.get(id) ?? []).map(({ action, atNano, container, image }) => {
        const at = new Date(Number(atNano / 1_000_000n)).toISOString().slice(11, 23);
        return `${at} ${action} ${container.slice(0, 6)} ${image}`;
      }),
    forget(prefix) {
      for (const id of history.keys()) if (id.startsWith(prefix)) history.delete(id);
    },
    async [Symbol.asyncDispose]() {
      stream.destroy();
      lines.close();
    },
  };
}

const watched = ["start", "die", "health_status", "pause", "unpause", "tag"];

async function openEvents(engine: EngineClient): Promise<IncomingMessage> {
  const filters = JSON.stringify({ type: ["container", "image"], event: watched });
  return await engine.api.open("GET", "/events", { query: { filters }, idleMs: 24 * 3_600_000 });
}

/** Nanoseconds since 1970 are more than a JavaScript number holds. */
function exactTime(line: string): string {
  return line.replace(/"timeNano":(\d+)/, '"timeNano":"$1"');
}

/** What an event means for whether its container serves; `undefined`: nothing. */
function meaning(action: string, hasHealthcheck: boolean): boolean | undefined {
  if (action === "die" || action === "pause") return false;
  if (action === "start" || action === "unpause") return hasHealthcheck ? undefined : true;
  if (action === "health_status: healthy") return true;
  return action === "health_status: unhealthy" ? false : undefined;
}

function findGaps(
  events: readonly ContainerEvent[],
  { hasHealthcheck }: Service,
  fromNano: bigint,
  toNano: bigint,
): readonly Gap[] {
  const serving = new Set<string>();
  const gaps: Gap[] = [];
  let gap: { readonly fromNano: bigint; readonly because: string } | undefined = {
    fromNano: 0n,
    because: "it was never started",
  };
  const end = (untilNano: bigint) => {
    if (gap === undefined) return;
    const since = gap.fromNano > fromNano ? gap.fromNano : fromNano;
    const until = untilNano < toNano ? untilNano : toNano;
    if (until > since)
      gaps.push({ fromNano: since, milliseconds: Number(until - since) / 1e6, because: gap.because });
  };
  for (const { action, container, image, atNano } of events) {
    const serves = meaning(action, hasHealthcheck);
    if (serves === undefined) continue;
    if (serves) serving.add(container);
    else serving.delete(container);
    if (serving.size > 0) {
      end(atNano);
      gap = undefined;
    } else gap ??= { fromNano: atNano, because: `${action} of ${image}` };
  }
  end(toNano);
  return gaps;
}
