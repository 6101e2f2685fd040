/** What tests ask and do to an Engine behind the program's back: looks at its state, meddles by hand, runs probes. */
import { text } from "node:stream/consumers";
import { type EngineApi, EngineError, engineApi } from "../../deploy/lab/engine-api.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";

/** The parts of an inspected container that tests read. */
export interface InspectedContainer {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly ExitCode: number;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Pid: number;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: {
    readonly Image: string;
    readonly Env: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly HostConfig: {
    readonly Memory: number;
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
    readonly ReadonlyRootfs: boolean;
  };
  readonly Mounts: readonly { readonly Type: string; readonly Name?: string; readonly Destination: string }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, Endpoint>> };
}

export interface Endpoint {
  readonly IPAddress: string;
  readonly Aliases: readonly string[] | null;
  readonly NetworkID: string;
}

interface ListedContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
}

export interface ContainerRequest {
  readonly name?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly network?: string;
  readonly aliases?: readonly string[];
  /** Bind mounts and named volumes as `docker run -v` takes them. */
  readonly volumes?: readonly string[];
  /** Container port → host port, tcp. */
  readonly ports?: Readonly<Record<number, number>>;
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly restart?: string;
  readonly capAdd?: readonly string[];
}

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

export type EngineClient = ReturnType<typeof engineClient>;

const json = (path: string) => encodeURI(path);

export function engineClient(socket: string) {
  const api: EngineApi = engineApi({ kind: "unix", path: socket });
  const post = (path: string, body?: unknown, query?: Readonly<Record<string, string>>) =>
    api.call("POST", path, {
      ...(body === undefined ? {} : { json: body }),
      ...(query === undefined ? {} : { query }),
    });

  async function list(filters: Readonly<Record<string, readonly string[]>> = {}): Promise<ListedContainer[]> {
    return api.call("GET", "/containers/json", { query: { all: "1", filters: JSON.stringify(filters) } });
  }

  /** `undefined` when there is none. */
  async function inspect(nameOrId: string): Promise<InspectedContainer | undefined> {
    return unlessMissing(() => api.call<InspectedContainer>("GET", json(`/containers/${nameOrId}/json`)));
  }

  /** All containers that carry the label, the oldest name order. */
  async function inspectAll(label: string): Promise<InspectedContainer[]> {
    const listed = await list({ label: [label] });
    const found = await Promise.all(listed.map(({ Id }) => inspect(Id)));
    return found
      .flatMap((one) => (one === undefined ? [] : [one]))
      .sort((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  async function create(request: ContainerRequest): Promise<string> {
    const query = request.name === undefined ? {} : { name: request.name };
    const made = await api.call<{ Id: string }>("POST", "/containers/create", {
      json: createBody(request),
      query,
    });
    return made.Id;
  }

  async function run(request: ContainerRequest): Promise<string> {
    const id = await create(request);
    await post(`/containers/${id}/start`);
    return id;
  }

  async function remove(nameOrId: string): Promise<void> {
    await unlessMissing(() =>
      api.call("DELETE", `/containers/${nameOrId}`, { query: { force: "1", v: "1" } }),
    );
  }

  async function exec(nameOrId: string, argv: readonly string[]): Promise<ExecResult> {
    const body = { Cmd: argv, AttachStdout: true, AttachStderr: true, Tty: true };
    const { Id } = await api.call<{ Id: string }>("POST", `/containers/${nameOrId}/exec`, { json: body });
    const stream = await api.open("POST", `/exec/${Id}/start`, { json: { Detach: false, Tty: true } });
    const output = await text(stream);
    const { ExitCode } = await api.call<{ ExitCode: number }>("GET", `/exec/${Id}/json`);
    return { exitCode: ExitCode, output: output.replaceAll("\r\n", "\n") };
  }

  async function logs(
    nameOrId: string,
    streams: readonly ("stdout" | "stderr")[] = ["stdout", "stderr"],
  ): Promise<string> {
    const query = Object.fromEntries(streams.map((stream) => [stream, "1"]));
    const stream = await api.open("GET", `/containers/${nameOrId}/logs`, { query });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return withoutFrames(Buffer.concat(chunks));
  }

  /** Waits until the container looks as wanted; answers what it then looked like. */
  async function waitFor(
    nameOrId: string,
    what: string,
    isSo: (container: InspectedContainer) => boolean,
    deadlineMs = 30_000,
  ): Promise<InspectedContainer> {
    return waitUntil(`"${nameOrId}" to be ${what}`, deadlineMs, async () => {
      const container = await inspect(nameOrId);
      return container !== undefined && isSo(container) ? container : undefined;
    });
  }

  /** Waits until the container has exited; answers its exit code. */
  async function waitForExit(nameOrId: string): Promise<number> {
    const { StatusCode } = await api.call<{ StatusCode: number }>("POST", `/containers/${nameOrId}/wait`);
    return StatusCode;
  }

  async function volumes(prefix = ""): Promise<string[]> {
    const { Volumes } = await api.call<{ Volumes: { Name: string }[] | null }>("GET", "/volumes");
    return (Volumes ?? []).map(({ Name }) => Name).filter((name) => name.startsWith(prefix));
  }

  async function networks(prefix = ""): Promise<{ Id: string; Name: string }[]> {
    const found = await api.call<{ Id: string; Name: string }[]>("GET", "/networks");
    return found.filter(({ Name }) => Name.startsWith(prefix));
  }

  /** Makes a second image out of one that exists; no layer is copied. */
  async function deriveImage(
    from: string,
    repo: string,
    tag: string,
    changes: readonly string[],
  ): Promise<void> {
    const container = await create({ image: from, command: ["true"] });
    await api.call("POST", "/commit", { query: { container, repo, tag, changes: [...changes] }, json: {} });
    await remove(container);
  }

  return {
    ...{ api, post, list, inspect, inspectAll, create, run, remove, exec, logs, waitFor, waitForExit },
    ...{ volumes, networks, deriveImage },
  };
}

function createBody(request: ContainerRequest) {
  const ports = Object.entries(request.ports ?? {});
  const { network, aliases } = request;
  return {
    Image: request.image,
    ...(request.command === undefined ? {} : { Cmd: request.command }),
    ...(request.user === undefined ? {} : { User: request.user }),
    Env: Object.entries(request.environment ?? {}).map(([name, value]) => `${name}=${value}`),
    Labels: request.labels ?? {},
    ExposedPorts: Object.fromEntries(ports.map(([inside]) => [`${inside}/tcp`, {}])),
    HostConfig: {
      Binds: request.volumes ?? [],
      PortBindings: Object.fromEntries(
        ports.map(([inside, outside]) => [`${inside}/tcp`, [{ HostPort: String(outside) }]]),
      ),
      ...(request.groups === undefined ? {} : { GroupAdd: request.groups }),
      ...(request.capAdd === undefined ? {} : { CapAdd: request.capAdd }),
      ...(request.restart === undefined ? {} : { RestartPolicy: { Name: request.restart } }),
      ...(network === undefined ? {} : { NetworkMode: network }),
    },
    ...(network === undefined || aliases === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: aliases } } } }),
  };
}

async function unlessMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

/** Without a terminal the Engine puts a header of 8 bytes before each piece of output: stream, 0, 0, 0, length. */
function withoutFrames(data: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= data.length; ) {
    if ((data[at] ?? 9) > 2) return data.toString("utf8");
    const end = at + 8 + data.readUInt32BE(at + 4);
    parts.push(data.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString("utf8");
}
