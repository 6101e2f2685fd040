/**
 * The real docker client as the judge of what a stack or a `docker service create` line means: it talks to a socket that
 * answers like a manager of an empty Swarm and writes down what it is asked to create. No Engine is needed.
 */
import type { DockerClient } from "../../deploy/lab/docker-client.ts";
import { askDocker, type EngineRequest, runClient, type StubAnswer } from "../support/docker-oracle.ts";

export interface OracleRequest {
  readonly name: string;
  /** Arguments of `docker service create`. */
  readonly command?: readonly string[];
  /** A compose file for `docker stack deploy`, whose stack has the name `shop`. */
  readonly stack?: string;
  /** Files beside the compose file, by their name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What the client asked to create, or its words about what it refused. */
export interface OracleAnswer {
  readonly services?: readonly unknown[];
  /** Data of configs and secrets by `config NAME`, in base64. */
  readonly stored?: Readonly<Record<string, string>>;
  readonly refused?: string;
}

/** Runs the client once for each request, two at a time. Each answer is one line of JSON, with the name of its request. */
export async function recordDocker(
  requests: readonly OracleRequest[],
  client: DockerClient,
): Promise<string> {
  const answers = await askDocker(requests, (request, folder) => askOnce(request, client, folder));
  return requests.map(({ name }, index) => `${JSON.stringify({ name, ...answers[index] })}\n`).join("");
}

export function readRecorded(text: string): ReadonlyMap<string, OracleAnswer> {
  const answers = text.split("\n").filter((line) => line !== "");
  return new Map(
    answers.map((line) => {
      const { name, ...answer } = JSON.parse(line) as OracleAnswer & { readonly name: string };
      return [name, answer];
    }),
  );
}

async function askOnce(request: OracleRequest, client: DockerClient, dir: string): Promise<OracleAnswer> {
  const manager = new RecordingManager();
  const stack = request.stack === undefined ? {} : { "stack.yaml": request.stack };
  const words =
    request.stack === undefined
      ? ["service", "create", "--detach", "--quiet", ...(request.command ?? [])]
      : ["stack", "deploy", "--detach", "--compose-file", "stack.yaml", "shop"];
  const call = { words, files: { ...request.files, ...stack } };
  const { complaint } = await runClient(call, client, dir, (asked) => manager.answer(asked));
  if (complaint !== undefined) return { refused: complaint };
  const stored = Object.fromEntries(manager.stored.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const services = sorted(manager.services) as readonly unknown[];
  return { services, ...(manager.stored.length === 0 ? {} : { stored }) };
}

/** The order of lists in which order counts. */
const ordered: ReadonlySet<string> = new Set(["Preferences"]);

/** The client goes through its maps in another order each time: lists of objects are sorted where that says nothing. */
function sorted(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item));
    const isSet = items.every((item) => typeof item === "object") && !ordered.has(name);
    return isSet ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, sorted(member, key)]));
}

class RecordingManager {
  readonly services: unknown[] = [];
  readonly stored: [string, string][] = [];
  private readonly networks = new Map<string, string>();

  answer({ method, path, body, url }: EngineRequest): StubAnswer {
    if (path === "/info")
      return [
        200,
        { OSType: "linux", Swarm: { LocalNodeState: "active", ControlAvailable: true, NodeID: "n" } },
      ];
    if (path.startsWith("/distribution/")) return [404, { message: "no registry" }];
    if (method === "POST") return this.create(path, body);
    if (path.startsWith("/networks/")) return [200, this.network(decodeURIComponent(path.slice(10)))];
    if (path === "/configs" || path === "/secrets") return [200, this.list(path.slice(1, -1), url)];
    if (/^\/(?:configs|secrets)\//.test(path)) return [404, { message: "not found" }];
    return [200, []];
  }

  private create(path: string, body: EngineRequest["body"]): StubAnswer {
    const name = String(body["Name"] ?? "");
    if (path === "/services/create") this.services.push(body);
    if (path === "/configs/create" || path === "/secrets/create")
      this.stored.push([`${path.slice(1, 7)} ${name}`, String(body["Data"] ?? "")]);
    if (path === "/networks/create") this.networks.set(name, `id-of-${name}`);
    return [201, { ID: `id-of-${name}`, Id: `id-of-${name}` }];
  }

  /** Every network that is asked for is there, as one of the Swarm; only the Engine's own three are local. */
  private network(name: string): unknown {
    const isLocal = ["host", "bridge", "none"].includes(name);
    return {
      Name: name,
      Id: `id-of-${name}`,
      Scope: isLocal ? "local" : "swarm",
      Driver: isLocal ? name : "overlay",
    };
  }

  /** Whatever is asked for by name is there already. */
  private list(kind: string, url: URL): unknown {
    const filters = JSON.parse(url.searchParams.get("filters") ?? "{}") as Record<
      string,
      Record<string, boolean>
    >;
    const names = Object.keys(filters["name"] ?? {});
    return names.map((name) => ({ ID: `id-of-${kind}-${name}`, Spec: { Name: name } }));
  }
}
