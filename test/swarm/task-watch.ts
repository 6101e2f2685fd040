/** Follows the containers of a service on all nodes, and tells how many of them served at every moment. */
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import type { SwarmCluster, SwarmNode } from "../../deploy/lab/swarm-cluster.ts";
import { engineClient } from "../support/engine-client.ts";

interface TaskEvent {
  readonly action: string;
  readonly container: string;
  readonly image: string;
  readonly atNano: bigint;
}

export interface TaskWatch extends AsyncDisposable {
  /** The smallest number of containers that served at the same time, of those images, since the watch began. */
  fewest(images?: RegExp): number;
  /** How many containers of the image were started since. */
  starts(image: string): number;
  /** Every event so far, for whoever reads why a test failed. */
  story(): string;
}

const label = "com.docker.swarm.service.name";
const watched = ["start", "die", "health_status"];

/**
 * A container serves from its start on, or from its first good health check on where it has one, until it ends. The nodes
 * of a lab have one clock.
 *
 * @param hasHealthcheck whether all builds of the service have one
 */
export async function watchTasks(
  cluster: SwarmCluster,
  service: string,
  hasHealthcheck: boolean,
): Promise<TaskWatch> {
  const events: TaskEvent[] = [];
  const streams: IncomingMessage[] = [];
  for (const node of cluster.nodes) streams.push(await follow(node, service, (event) => events.push(event)));
  // After the streams were opened: what is counted twice is the same container.
  const serving = new Map<string, string>();
  for (const node of cluster.nodes)
    for (const [id, image] of await servingOn(node, service, hasHealthcheck)) serving.set(id, image);
  const inOrder = () => events.toSorted((a, b) => (a.atNano < b.atNano ? -1 : a.atNano > b.atNano ? 1 : 0));
  return {
    fewest(images = /./) {
      const now = new Map([...serving].filter(([, image]) => images.test(image)));
      let fewest = now.size;
      for (const { action, container, image } of inOrder()) {
        const serves = meaning(action, hasHealthcheck);
        if (serves === undefined || !images.test(image)) continue;
        if (serves) now.set(container, image);
        else now.delete(container);
        fewest = Math.min(fewest, now.size);
      }
      return fewest;
    },
    starts: (image) => events.filter((one) => one.action === "start" && one.image.startsWith(image)).length,
    story: () =>
      inOrder()
        .map(
          ({ atNano, action, container, image }) => `${atNano} ${action} ${container.slice(0, 12)} ${image}`,
        )
        .join("\n"),
    async [Symbol.asyncDispose]() {
      for (const stream of streams) stream.destroy();
    },
  };
}

async function follow(
  { api }: SwarmNode,
  service: string,
  take: (event: TaskEvent) => void,
): Promise<IncomingMessage> {
  const filters = JSON.stringify({ type: ["container"], event: watched, label: [`${label}=${service}`] });
  const stream = await api.open("GET", "/events", { query: { filters }, idleMs: 3_600_000 });
  // A node that is killed ends its stream, and so do we; whoever reads its lines is told as well.
  stream.on("error", () => {});
  const lines = createInterface({ input: stream }).on("error", () => {});
  lines.on("line", (line) => {
    // Nanoseconds since 1970 are more than a JavaScript number holds.
    const exact = JSON.parse(line.replace(/"timeNano":(\d+)/, '"timeNano":"$1"'));
    const { Action: action, Actor, timeNano } = exact;
    const atNano = BigInt(timeNano);
    take({ action, container: Actor.ID, image: Actor.Attributes.image ?? "", atNano });
  });
  return stream;
}

async function servingOn(
  { socket }: SwarmNode,
  service: string,
  hasHealthcheck: boolean,
): Promise<readonly (readonly [id: string, image: string])[]> {
  const found = await engineClient(socket).inspectAll(`${label}=${service}`);
  return found
    .filter(({ State }) => State.Running && (!hasHealthcheck || State.Health?.Status === "healthy"))
    .map(({ Id, Config }) => [Id, Config.Image] as const);
}

/** What an event means for whether its container serves; `undefined`: nothing. */
function meaning(action: string, hasHealthcheck: boolean): boolean | undefined {
  if (action === "die") return false;
  if (action === "start") return hasHealthcheck ? undefined : true;
  if (action === "health_status: healthy") return true;
  return action === "health_status: unhealthy" ? false : undefined;
}
