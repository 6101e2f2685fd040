/**
 * What the docker client asks an Engine to create for a line of `docker run`. The stub refuses the creation, so that the
 * client neither attaches nor waits.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { DockerClient } from "../../deploy/lab/docker-client.ts";
import { oracleEnvironment, oracleFiles, type RunCase } from "../unit/unit/run-oracle/cases.ts";
import { askDocker, runClient } from "./docker-oracle.ts";

export type Body = Readonly<Record<string, unknown>>;

/** What the client asked to create, or its words about what it refused. */
export interface RunAnswer {
  /** Members of the body and of its `HostConfig` that differ from those of a line without flags. */
  readonly body?: Body;
  readonly refused?: string;
  /** When an Engine refuses what the client asks for; known of lines that we refuse. */
  readonly engine?: "create" | "start";
}

/** A flag as the client's help says it. */
export interface ClientFlag {
  readonly long: string;
  readonly short?: string;
  readonly takesValue: boolean;
}

export interface RunAnswers {
  /** Of `docker run --help`. */
  readonly flags: readonly ClientFlag[];
  /** The whole body of a line without flags. */
  readonly bare: Body;
  readonly answers: ReadonlyMap<string, RunAnswer>;
}

/** Asks the client about each case. */
export async function recordRuns(cases: readonly RunCase[], client: DockerClient): Promise<RunAnswers> {
  const bareCase: RunCase = { name: "", table: "line", words: ["busybox:1"] };
  const raw = await askDocker([bareCase, ...cases], (one, folder) => askOnce(one, client, folder));
  const bare = raw[0]?.body ?? {};
  const flags = await readHelp(client);
  const answers = cases.map(({ name }, index): [string, RunAnswer] => {
    const { body, refused = "" } = raw[index + 1] ?? {};
    return [name, body === undefined ? { refused } : { body: difference(bare, body) }];
  });
  return { flags, bare, answers: new Map(answers) };
}

/** Whether client and Engine take a line, as far as is known. */
export function isTakenBy({ answers }: RunAnswers, name: string): boolean {
  const answer = answers.get(name);
  return answer?.body !== undefined && answer.engine === undefined;
}

async function readHelp({ docker }: DockerClient): Promise<readonly ClientFlag[]> {
  const { stdout } = await promisify(execFile)(docker, ["run", "--help"]);
  return [...stdout.matchAll(/^ +(?:-([a-zA-Z]), | {4})--([a-z0-9-]+)(?: ([a-z0-9-]+))? /gm)].map(
    ([, short, long = "", value]) => ({
      long,
      ...(short === undefined ? {} : { short }),
      takesValue: value !== undefined,
    }),
  );
}

async function askOnce({ words }: RunCase, client: DockerClient, folder: string): Promise<RunAnswer> {
  let body: Body | undefined;
  // Without a terminal the client refuses -t in the foreground, and nobody is attached to a workload anyway.
  const isAttached = words.some((word) => /^(?:-a|--attach)/.test(word));
  const call = {
    words: ["run", ...(isAttached ? [] : ["--detach"]), ...words],
    files: oracleFiles,
    environment: oracleEnvironment,
  };
  const { complaint } = await runClient(call, client, folder, ({ path, url, body: asked }) => {
    // With --pull the client pulls first.
    if (path === "/images/create") return [200, {}];
    if (path !== "/containers/create") return [404, { message: "not here" }];
    const query = { name: url.searchParams.get("name"), platform: url.searchParams.get("platform") };
    body = inOneOrder(JSON.parse(JSON.stringify({ ...query, ...asked }).replaceAll(folder, ".")) as Body);
    return [500, { message: "recorded" }];
  });
  return body === undefined ? { refused: complaint ?? "" } : { body };
}

/** The client keeps variables and binds in maps, and sends them in another order each time; the last value counts. */
function inOneOrder(body: Body): Body {
  const { Env, HostConfig } = body as { Env?: readonly string[] | null; HostConfig?: Body };
  const variables = new Map((Env ?? []).map((text) => [text.split("=")[0], text]));
  const { Binds } = (HostConfig ?? {}) as { Binds?: readonly string[] | null };
  return {
    ...body,
    ...(Env ? { Env: [...variables.values()].sort() } : {}),
    ...(Binds ? { HostConfig: { ...HostConfig, Binds: Binds.toSorted() } } : {}),
  };
}

function difference(bare: Body, body: Body): Body {
  const members = Object.entries(body).flatMap(([key, value]): [string, unknown][] => {
    const usual = bare[key];
    if (JSON.stringify(usual) === JSON.stringify(value)) return [];
    return [[key, key === "HostConfig" ? difference(usual as Body, value as Body) : value]];
  });
  return Object.fromEntries(members);
}

/** The whole body again. */
export function wholeBody(bare: Body, { body = {} }: RunAnswer): Body {
  const host = { ...(bare["HostConfig"] as Body), ...(body["HostConfig"] as Body | undefined) };
  return { ...bare, ...body, HostConfig: host };
}

/** One line of JSON for each case, after those for the flags of the help and for the line without flags. */
export function writeRuns({ flags, bare, answers }: RunAnswers): string {
  const lines = [...answers].map(([name, answer]) => JSON.stringify({ name, ...answer }));
  return [JSON.stringify({ flags }), JSON.stringify({ bare }), ...lines, ""].join("\n");
}

export function readRuns(text: string): RunAnswers {
  const [first = "{}", second = "{}", ...lines] = text.split("\n").filter((line) => line !== "");
  const { flags } = JSON.parse(first) as Pick<RunAnswers, "flags">;
  const { bare } = JSON.parse(second) as Pick<RunAnswers, "bare">;
  const answers = lines.map((line): [string, RunAnswer] => {
    const { name, ...answer } = JSON.parse(line) as RunAnswer & { readonly name: string };
    return [name, answer];
  });
  return { flags, bare, answers: new Map(answers) };
}
