/** A running daemon over the example system, and what the tests of it do around it. */
import { createHash, randomBytes } from "node:crypto";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { test as base, expect, inject } from "vitest";
import { ensureExampleImages } from "../../deploy/lab/example-images.ts";
import { buildProjectImage } from "../../deploy/lab/project-image.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import type { HookProvider } from "../../src/model/daemon-settings.ts";
import { identity } from "../support/checks.ts";
import type { InspectedContainer } from "../support/engine-client.ts";
import { createTempRepository, type TempRepository } from "../support/temp-repository.ts";
import {
  DaemonLog,
  type DaemonMachine,
  daemonName,
  daemonPort,
  type LogLine,
  reportFailed,
  startDaemonMachine,
} from "./daemon-machine.ts";

const owned = "mysysconfig.project=example";
export const image = "mysysconfig:develop";

const random = () => randomBytes(24).toString("hex");
export const whsec = () => `whsec_${randomBytes(32).toString("base64")}`;

export const hookSecrets: Readonly<Record<HookProvider, string>> = {
  github: random(),
  gitlab: whsec(),
  "gitlab-token": random(),
  gitea: random(),
  forgejo: random(),
  circleci: random(),
  "docker-hub": random(),
  harbor: `Bearer ${random()}`,
  registry: `Bearer ${random()}`,
  "standard-webhooks": whsec(),
  hmac: random(),
};
export const providers = Object.keys(hookSecrets) as HookProvider[];
const secretName = (provider: HookProvider) => `HOOK_${provider.toUpperCase().replaceAll("-", "_")}`;

export const settings = `
policy: { stability: 300ms, settle: 100ms, retention: 0s }
secrets: [SPOILED, PAGER_URL, PAGER_SIGN, CHAT_URL, ${providers.map(secretName).join(", ")}]
notifications:
  pager: { kind: webhook, url: PAGER_URL, sign: PAGER_SIGN }
  chat: { kind: slack, url: CHAT_URL, on: [failure, recovery] }
webhooks:
  spoiled: { provider: gitlab, secret: SPOILED }
${providers.map((provider) => `  ${provider}: ${JSON.stringify(endpointOf(provider))}`).join("\n")}
`;

function endpointOf(provider: HookProvider) {
  const secret = secretName(provider);
  return provider === "docker-hub" ? { provider, pathSecret: secret } : { provider, secret };
}

/** Prints each request that it gets as a line of JSON. */
const receiver = `require("http").createServer((request, answer) => {
  let body = "";
  request.on("data", (chunk) => { body += chunk; }).on("end", () => {
    console.log(JSON.stringify({ path: request.url, headers: request.headers, body }));
    answer.end();
  });
}).listen(9000);`;

interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface Notice {
  readonly kind: string;
  readonly key: string;
  readonly title: string;
  readonly details: readonly string[];
}

/** A running daemon and what a test does around it. */
export interface Scene {
  readonly machine: DaemonMachine;
  readonly log: DaemonLog;
  /** All values that nobody may ever see. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The daemon's container: never another one, and never restarted. */
  readonly daemonId: string;
  containers(): Promise<ReadonlyMap<string, InspectedContainer>>;
  /** Builds the image that is followed with these files changed, and waits until the daemon has dealt with it. */
  configure(files: Readonly<Record<string, string>>, options?: BuildOptions): Promise<LogLine>;
  received(path: string): Promise<readonly Received[]>;
}

interface BuildOptions {
  /** By default the number after the last one. */
  readonly build?: number;
  readonly dockerfile?: readonly string[];
  /** Of the line that is waited for; by default a run that converged with it. */
  readonly until?: (line: LogLine) => boolean;
}

export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures it needs
  .extend("scene", { scope: "file" }, async ({}, { onCleanup }) => {
    const stack = new AsyncDisposableStack();
    onCleanup(() => stack.disposeAsync());
    return await openScene(stack);
  })
  .extend("report", { auto: true }, async ({ task, scene }, { onCleanup }) => {
    onCleanup(() => reportFailed(task, scene.log));
  });

async function openScene(stack: AsyncDisposableStack): Promise<Scene> {
  const machine = stack.use(await startDaemonMachine("daemon"));
  const { client, docker } = machine;
  await ensureExampleImages(client.api, () => {});
  const { tool } = inject("project");
  const receiverId = await docker(
    "run",
    "-d",
    "--name",
    "receiver",
    "--entrypoint",
    "node",
    tool,
    "-e",
    receiver,
  );
  const address = (await client.inspect(receiverId))?.NetworkSettings.Networks["bridge"]?.IPAddress;
  const secrets: Record<string, string> = {
    // Too short for a key of Standard Webhooks.
    SPOILED: `whsec_${randomBytes(12).toString("base64")}`,
    PAGER_URL: `http://${address}:9000/pager-${random()}`,
    PAGER_SIGN: whsec(),
    CHAT_URL: `http://${address}:9000/chat-${random()}`,
    ...Object.fromEntries(providers.map((provider) => [secretName(provider), hookSecrets[provider]])),
  };
  const given = Object.entries(secrets).flatMap(([name, value]) => [
    "-e",
    `MYSYSCONFIG_SECRET_${name}=${value}`,
  ]);
  const daemonId = await docker(
    ...["run", "-d", "--name", daemonName, "--restart", "unless-stopped"],
    ...["-p", `127.0.0.1:${daemonPort}:${daemonPort}`, "-v", "/var/run/docker.sock:/var/run/docker.sock"],
    ...[...given, image, "run"],
  );
  const log = stack.use(await DaemonLog.follow(machine));
  const repository = stack.use(await createTempRepository({}, machine.engine.sharedDir));
  for (const part of ["units", "templates", "mysysconfig.yaml"])
    await cp(join(inject("project").copyDir, part), join(repository.dir, part), { recursive: true });
  return {
    ...{ machine, log, secrets, daemonId },
    containers: async () => new Map((await client.inspectAll(owned)).map((one) => [one.Name.slice(1), one])),
    configure: (files, options) => configure({ machine, log, repository }, files, options),
    async received(path) {
      const lines = (await client.logs(receiverId)).trim().split("\n");
      const all = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Received);
      return all.filter((one) => one.path.startsWith(path));
    },
  };
}

/** The example's image was built as 112. */
let lastBuild = 112;

async function configure(
  { machine, log, repository }: { machine: DaemonMachine; log: DaemonLog; repository: TempRepository },
  files: Readonly<Record<string, string>>,
  { build = ++lastBuild, dockerfile = [], until }: BuildOptions = {},
): Promise<LogLine> {
  const from = log.position;
  const lines = [
    `FROM ${inject("project").tool}`,
    ...dockerfile,
    ...["COPY units units", "COPY templates templates", "COPY mysysconfig.yaml mysysconfig.yaml", ""],
  ];
  await repository.write({ ...files, Dockerfile: lines.join("\n") });
  const revision = createHash("sha1")
    .update(`${build} ${JSON.stringify(files)}`)
    .digest("hex");
  const buildArgs = {
    ...{
      BRANCH: "develop",
      BUILD: `${build}-develop`,
      REVISION: revision,
      SUBJECT: `Configuration ${build}`,
    },
  };
  await buildProjectImage(machine.engine.api, {
    ...{ reference: image, baseImage: inject("project").base, contextDir: repository.dir, buildArgs },
  });
  if (until !== undefined) return await log.waitFor(`what became of build ${build}`, until, { from });
  // Usually the event of the image has led to it; a job that falls due may be faster.
  const isOfIt = (one: LogLine) =>
    one.msg === "run converged" && revision.startsWith(String(one["revision"]));
  const line = await log.waitFor(`that build ${build} is in force`, isOfIt, { from });
  expect(line).toMatchObject({
    level: "info",
    msg: "run converged",
    revision: expect.stringContaining(revision.slice(0, 7)),
  });
  return line;
}

export async function exampleFile(path: string): Promise<string> {
  return await readFile(join(inject("project").copyDir, path), "utf8");
}

export async function webFile(tag: string): Promise<string> {
  return (await exampleFile("units/web.service")).replace(/myrepo\/web:\S+/, `myrepo/web:${tag}`);
}

/** What runs, but for the named ones, is the very same as before. */
export function expectOthersUntouched(
  before: ReadonlyMap<string, InspectedContainer>,
  after: ReadonlyMap<string, InspectedContainer>,
  but: readonly string[],
): void {
  const others = (all: ReadonlyMap<string, InspectedContainer>) =>
    identity(
      new Map([...all].filter(([name]) => !but.includes(name) && !name.startsWith("mysysconfig-state"))),
    );
  expect(others(after)).toEqual(others(before));
}

export async function expectSameDaemon({ machine, daemonId }: Scene): Promise<void> {
  const found = await machine.client.inspect(daemonName);
  expect(found).toMatchObject({ Id: daemonId, RestartCount: 0, State: { Running: true } });
}

export const measured = (what: string, ms: number) =>
  process.stderr.write(`daemon: ${what}: ${Math.round(ms)} ms\n`);

interface JobRun {
  readonly command: string;
  readonly exitCode: number;
  readonly by: string;
  readonly changes: readonly {
    readonly key: string;
    readonly outcome: string;
    readonly summary: string;
    readonly details: readonly string[];
  }[];
}

/** As an operator asks, with another container beside the daemon. */
export async function historyOfJobs({ machine, secrets }: Scene): Promise<readonly JobRun[]> {
  const given = Object.entries(secrets).flatMap(([name, value]) => [
    "-e",
    `MYSYSCONFIG_SECRET_${name}=${value}`,
  ]);
  const socket = ["-v", "/var/run/docker.sock:/var/run/docker.sock"];
  const said = await machine.docker("run", "--rm", ...socket, ...given, image, "history", "--json");
  const { runs } = JSON.parse(said) as { readonly runs: readonly JobRun[] };
  return runs.filter(({ command }) => command === "job");
}

/** Waits for a notice that is so; answers those that are. Each message has to be signed. */
export async function noticesUntil(
  scene: Scene,
  isSo: (notice: Notice) => boolean,
): Promise<readonly Notice[]> {
  const { PAGER_SIGN: sign = "" } = scene.secrets;
  return await waitUntil("a notice", 30_000, async () => {
    const messages = await scene.received("/pager-");
    const notices = messages.flatMap(({ body, headers }) => {
      const verified = new Webhook(sign).verify(body, headers) as { readonly notices: readonly Notice[] };
      return verified.notices;
    });
    const found = notices.filter(isSo);
    return found.length > 0 ? found : undefined;
  });
}
