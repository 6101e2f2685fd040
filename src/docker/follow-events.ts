import type { EngineEvent, EngineEventListener } from "../ports.ts";
import type { EngineClient } from "./engine-client.ts";
import { readNdjson } from "./ndjson.ts";

const subjects = ["container", "network", "volume", "image", "service", "node"] as const;

/**
 * Actions that may mean that something is not as it should be (Docker Engine API, "SystemEvents"). Health probes are
 * `exec_*` and would only make noise.
 */
const actions = [
  ...["die", "destroy", "stop", "pause", "unpause", "rename", "update", "oom", "health_status", "start"],
  ...["disconnect", "connect", "remove", "tag", "pull", "load", "untag", "delete"],
  // Of services and nodes, which managers tell with the scope of the Swarm.
  "create",
];

/** What is new on one Engine asks for nothing; a service or node of the cluster may be somebody else's doing. */
const isOfCluster = (subject: EngineEvent["subject"]) => subject === "service" || subject === "node";

/** The events of the whole Engine: those of networks carry no labels that could be asked for. */
export async function followEvents(
  client: EngineClient,
  listener: EngineEventListener,
  signal: AbortSignal,
): Promise<void> {
  const filters = JSON.stringify({ type: subjects, event: actions });
  const request = { what: "follow events", path: "/events", query: { filters } };
  const stream = await client.stream("GET", request, signal);
  try {
    listener.opened();
    for await (const line of readNdjson(stream)) {
      const event = line.kind === "value" ? toEvent(line.value) : undefined;
      if (event !== undefined) listener.happened(event);
    }
  } catch (error) {
    // A stream that breaks has ended; only who asked for it is told otherwise.
    if (signal.aborted) throw error;
  } finally {
    stream.destroy();
  }
}

function toEvent(value: Readonly<Record<string, unknown>>): EngineEvent | undefined {
  const actor = value["Actor"] as { ID?: unknown; Attributes?: unknown } | undefined;
  const [subject, action, id] = [value["Type"], value["Action"], actor?.ID];
  if (typeof action !== "string" || typeof id !== "string" || !isSubject(subject)) return undefined;
  if (action === "create" && !isOfCluster(subject)) return undefined;
  const found = actor?.Attributes;
  const attributes = typeof found === "object" && found !== null ? Object.entries(found) : [];
  const texts = attributes.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (subject === "node" && !isNodeChange(action, Object.fromEntries(texts))) return undefined;
  return { subject, action, id, attributes: Object.fromEntries(texts) };
}

/**
 * A node tells about itself again and again; what tasks depend on is named with its new value: `state.new`,
 * `availability.new`.
 */
export function isNodeChange(action: unknown, attributes: Readonly<Record<string, unknown>>): boolean {
  return action !== "update" || Object.keys(attributes).some((name) => name.endsWith(".new"));
}

function isSubject(value: unknown): value is EngineEvent["subject"] {
  return subjects.some((subject) => subject === value);
}
