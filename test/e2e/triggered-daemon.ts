/** A daemon that follows a branch of a real Git server, on a machine with a registry; both tell it what was pushed. */
import { randomBytes } from "node:crypto";
import { chmod, copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test as base, inject } from "vitest";
import { ensurePackages } from "../../deploy/lab/apt.ts";
import { runCommand } from "../../deploy/lab/command.ts";
import { pushImage, startRegistry } from "../../deploy/lab/registry.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import { createAuthority, startGitHttps } from "../support/git-https.ts";
import { createTestRoot, type TestRepository, type TestRoot } from "../support/git-repositories.ts";
import type { RunResult } from "../support/program.ts";
import { startRelay, startRelayIn } from "../support/relay.ts";
import { createTempRepository } from "../support/temp-repository.ts";
import { unit } from "../support/texts.ts";
import { bytesOf, proofs } from "../unit/webhook/examples.ts";
import {
  DaemonLog,
  type DaemonMachine,
  daemonName,
  daemonPort,
  type HttpAnswer,
  readMetric,
  reportFailed,
  startDaemonMachine,
} from "./daemon-machine.ts";

type RepositoryName = "ops/config" | "ops/other";

export interface Triggered {
  readonly machine: DaemonMachine;
  readonly log: DaemonLog;
  /** The followed repository on the server. */
  readonly git: TestRepository;
  /** `127.0.0.1:<port>` */
  readonly registry: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** `mysysconfig.yaml` with this `policy.registry`. */
  settings(newBuilds: "commit" | "apply" | "wait"): string;
  /** Clones, commits and pushes as a developer does; answers the commit. */
  push(name: RepositoryName, files: Readonly<Record<string, string>>, branch?: string): Promise<string>;
  /** Waits until the newest commit of the followed branch has been carried out. */
  applied(): Promise<void>;
  /** Makes a build of `myrepo/web` and pushes it to the registry. */
  pushImage(tag: string): Promise<void>;
  /** The hook that the server sends of this repository, to another endpoint. */
  sendHook(name: RepositoryName, endpoint: string): Promise<HttpAnswer>;
  /** A one-shot command in another container beside the daemon. */
  runOnce(command: string): Promise<RunResult>;
}

export const webFile = ({ registry }: Pick<Triggered, "registry">, tag: string, state: string) =>
  unit(`--name web -e STATE=${state} ${registry}/myrepo/web:${tag}`);

export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures it needs
  .extend("triggered", { scope: "file" }, async ({}, { onCleanup }) => {
    const stack = new AsyncDisposableStack();
    onCleanup(() => stack.disposeAsync());
    return await openTriggered(stack);
  })
  .extend("report", { auto: true }, async ({ task, triggered }, { onCleanup }) => {
    onCleanup(() => reportFailed(task, triggered.log));
  });

async function openTriggered(stack: AsyncDisposableStack): Promise<Triggered> {
  await ensurePackages(["git", "openssl", "busybox-static"], () => {});
  const machine = stack.use(await startDaemonMachine("triggers"));
  const { engine } = machine;
  const [hookSecret, bearer, gitToken] = [random(), `Bearer ${random()}`, random()];
  const secrets = { HOOK_SECRET: hookSecret, REGISTRY_SECRET: bearer };
  const { address: registry } = stack.use(
    await startRegistry({
      ...{ dir: join(engine.sharedDir, "registry"), engine },
      notifyUrl: `http://127.0.0.1:${daemonPort}/hook/registry`,
      notifyHeaders: { Authorization: [bearer] },
    }),
  );
  const pushBuild = (tag: string) => pushWeb(machine, registry, tag);
  await pushBuild("58-develop");
  const server = await startServer(stack, machine, gitToken);
  const settings: Triggered["settings"] = (newBuilds) => settingsWith(registry, newBuilds);
  const git = await server.root.repository("ops/config.git", {
    "mysysconfig.yaml": settings("commit"),
    "units/web.service": webFile({ registry }, "58-develop", "start"),
  });
  const other = await server.root.repository("ops/other.git", { "README.md": "Another one.\n" });
  await writeHook(git, machine, { name: "ops/config", endpoint: "push", secret: hookSecret });
  await writeHook(other, machine, { name: "ops/other", endpoint: "any", secret: hookSecret });

  const source = ["--repo", `${server.url}/ops/config.git`, "--branch", "develop"];
  const options = [
    ...["--network", "host", "-v", "/var/run/docker.sock:/var/run/docker.sock"],
    ...["-v", `${server.authorityFile}:/etc/mysysconfig/ca.pem:ro`],
    ...["-e", "MYSYSCONFIG_GIT_CA=/etc/mysysconfig/ca.pem", "-e", `MYSYSCONFIG_GIT_TOKEN=${gitToken}`],
    ...Object.entries(secrets).flatMap(([name, value]) => ["-e", `MYSYSCONFIG_SECRET_${name}=${value}`]),
  ];
  const { tool } = inject("project");
  const listen = ["--listen", `127.0.0.1:${daemonPort}`];
  await machine.docker("run", "-d", "--name", daemonName, ...options, tool, "run", ...source, ...listen);
  const log = stack.use(await DaemonLog.follow(machine));
  await log.waitForRun("start", 0);
  // The registry kept its word of the first build until somebody listened.
  await log.waitFor("that the first build was pushed", ({ msg }) => msg === "image pushed");
  const applied = async () => {
    const tip = (await git.git(["rev-parse", "develop"])).trim();
    await waitUntil(`commit ${tip} to be carried out`, 60_000, async () => {
      const revisions = await readMetric(machine, "mysysconfig_revision_info");
      return [...revisions.keys()].some((labels) => labels.includes(tip.slice(0, 7))) ? true : undefined;
    });
  };
  return {
    ...{ machine, log, git, registry, settings, applied },
    secrets: { ...secrets, gitToken },
    pushImage: pushBuild,
    push: (name, files, branch = "develop") => pushFiles(server, name, files, branch),
    sendHook: (name, endpoint) => sendHook(machine, { name, endpoint, secret: hookSecret }),
    runOnce: (command) => machine.tryDocker(["run", "--rm", ...options, tool, command, ...source]),
  };
}

const random = () => randomBytes(24).toString("hex");

const settingsWith = (registry: string, newBuilds: string) => `project: triggered
environments: { develop: {} }
images: { own: ["${registry}/myrepo/*"] }
policy: { stability: 300ms, settle: 100ms, retention: 0s, registry: ${newBuilds} }
# Once a year.
schedules: { reconcile: "0 0 1 1 *" }
secrets: [HOOK_SECRET, REGISTRY_SECRET]
webhooks:
  push: { provider: gitea, secret: HOOK_SECRET, repository: ops/config }
  any: { provider: gitea, secret: HOOK_SECRET }
  registry: { provider: registry, secret: REGISTRY_SECRET }
`;

/** The Engine has it no longer afterwards, so that it must be pulled. */
async function pushWeb({ client }: DaemonMachine, registry: string, tag: string): Promise<void> {
  await client.deriveImage("lab/plain:58-develop", "myrepo/web", tag, [
    `ENV BUILD=${tag}`,
    'CMD ["serve", "80"]',
  ]);
  const pushed = await pushImage(client.api, `myrepo/web:${tag}`, { address: registry });
  for (const reference of [pushed, `myrepo/web:${tag}`])
    await client.api.call("DELETE", `/images/${reference}`, { query: { force: "1" } });
}

interface Server {
  readonly root: TestRoot;
  /** The same for developers and on the machine. */
  readonly url: string;
  readonly token: string;
  /** On the machine, too. */
  readonly authorityFile: string;
}

async function startServer(
  stack: AsyncDisposableStack,
  { engine }: DaemonMachine,
  token: string,
): Promise<Server> {
  const root = stack.use(await createTestRoot());
  const authority = await createAuthority(join(root.dir, "authority"));
  const certificate = await authority.issue("server", "IP:127.0.0.1");
  const { url } = stack.use(await startGitHttps({ root: root.dir, certificate, token }));
  const port = { port: Number(new URL(url).port) };
  const path = { path: join(engine.sharedDir, "git.sock") };
  stack.use(await startRelay(path, port));
  stack.use(await startRelayIn(engine.inNetwork([]), port, path));
  const authorityFile = join(engine.sharedDir, "ca.pem");
  await copyFile(authority.caFile, authorityFile);
  return { root, url, token, authorityFile };
}

interface Hook {
  readonly name: RepositoryName;
  readonly endpoint: string;
  readonly secret: string;
}

/** What a forge does after each push: tells who moved, signed. It reaches the daemon where the machine's clients do. */
async function writeHook({ dir }: TestRepository, machine: DaemonMachine, hook: Hook): Promise<void> {
  const file = join(dir, "hooks", "post-receive");
  const url = `http://127.0.0.1:${daemonPort}/hook/${hook.endpoint}`;
  const wget = machine.engine.inNetwork(["busybox", "wget", "-q", "-O-"]).join(" ");
  const lines = [
    "#!/bin/sh",
    "while read -r before after ref; do",
    `  body='{"ref":"'$ref'","before":"'$before'","after":"'$after'","repository":{"full_name":"${hook.name}"}}'`,
    `  signature=$(printf %s "$body" | openssl dgst -sha256 -hmac '${hook.secret}' -r | cut -d' ' -f1)`,
    `  ${wget} --header 'Content-Type: application/json' --header 'X-Gitea-Event: push' \\`,
    `    --header "X-Gitea-Signature: $signature" --post-data "$body" ${url}`,
    "done",
    "",
  ];
  await writeFile(file, lines.join("\n"));
  await chmod(file, 0o755);
}

function sendHook(machine: DaemonMachine, { name, endpoint, secret }: Hook): Promise<HttpAnswer> {
  const body = bytesOf({ ref: "refs/heads/develop", after: "1".repeat(40), repository: { full_name: name } });
  const headers = { "content-type": "application/json", "x-gitea-event": "push" };
  return machine.ask({
    ...{ path: `/hook/${endpoint}`, method: "POST", body },
    headers: { ...headers, ...proofs.gitea(secret, body, new Date()) },
  });
}

async function pushFiles(
  { url, token, authorityFile }: Server,
  name: RepositoryName,
  files: Readonly<Record<string, string>>,
  branch: string,
): Promise<string> {
  await using clone = await createTempRepository();
  const authorization = Buffer.from(`x-access-token:${token}`).toString("base64");
  const env = {
    ...{ PATH: process.env["PATH"], HOME: "/nonexistent", GIT_CONFIG_COUNT: "2" },
    ...{ GIT_CONFIG_KEY_0: "http.sslCAInfo", GIT_CONFIG_VALUE_0: authorityFile },
    ...{ GIT_CONFIG_KEY_1: "http.extraHeader", GIT_CONFIG_VALUE_1: `Authorization: Basic ${authorization}` },
    ...{ GIT_AUTHOR_NAME: "dev", GIT_AUTHOR_EMAIL: "dev@example.org" },
    ...{ GIT_COMMITTER_NAME: "dev", GIT_COMMITTER_EMAIL: "dev@example.org" },
  };
  const git = async (...args: readonly string[]) =>
    (await runCommand("git", ["-C", clone.dir, ...args], { env })).stdout.trim();
  await git("clone", "--quiet", "--branch", "develop", `${url}/${name}.git`, ".");
  await clone.write(files);
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "A change by a developer");
  await git("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
  return await git("rev-parse", "HEAD");
}
