/**
 * A machine that builds: an Engine and a network of its own, a registry, a way to a Git server, and the shell parts of
 * the ready-made pipelines. Nothing leads from it to the cluster, the Engine of the tests; both reach the registry, and
 * that is all they have in common.
 */
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { ensurePackages } from "../../deploy/lab/apt.ts";
import { runCommand } from "../../deploy/lab/command.ts";
import { ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import type { RunningEngine } from "../../deploy/lab/private-engine.ts";
import { type RunningRegistry, startRegistry } from "../../deploy/lab/registry.ts";
import { createAuthority, startGitHttps } from "../support/git-https.ts";
import { createTestRoot, type TestRoot } from "../support/git-repositories.ts";
import { ownEngineDir, startOwnEngine } from "../support/own-engine.ts";
import { commonPart, readPipelines, shellPartsOf } from "../support/pipelines.ts";
import { type RunResult, startProcess } from "../support/program.ts";
import { startRelay, startRelayIn } from "../support/relay.ts";
import type { System } from "../support/scenario.ts";

export const gitToken = "tok3n-of-the-journey";

/** For the registry, which lets nobody else in. */
export const registryLogin = { username: "builder", password: "hunter2-of-the-journey" };

export type Variables = Readonly<Record<string, string>>;

export interface CiMachine extends AsyncDisposable {
  readonly engine: RunningEngine;
  /** The docker command. */
  readonly docker: string;
  /** Bare repositories; the Git server shows each as `<gitUrl>/<name>` to who has the token. */
  readonly git: TestRoot;
  readonly gitUrl: string;
  /** PEM file of the authority that the Git server's certificate is of. */
  readonly gitAuthority: string;
  /** `127.0.0.1:<port>`, the same for the machine and for the cluster. */
  readonly registry: string;
  /** Runs a program on this machine. */
  run(argv: readonly string[], folder: string, variables?: Variables): Promise<RunResult>;
  /** Runs the shell part in which this text stands as a pipeline does; one that fails is an error. */
  runPart(text: string, folder: string, variables: Variables): Promise<RunResult>;
}

export async function startCiMachine(system: System): Promise<CiMachine> {
  await ensurePackages(["git", "openssl", "iproute2", "busybox-static"], () => {});
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(await startOwnEngine(ownEngineDir("ci")));
  await showSocketAsUsual(engine);
  const credentials = registryLogin;
  const registry = stack.use(
    await startRegistry({ dir: join(engine.sharedDir, "registry"), engine, credentials }),
  );
  const git = stack.use(await createTestRoot());
  const authority = await createAuthority(join(git.dir, "authority"));
  const certificate = await authority.issue("server", "IP:127.0.0.1");
  const https = stack.use(await startGitHttps({ root: git.dir, certificate, token: gitToken }));
  await openWays(stack, engine, system, { registry, gitUrl: https.url });
  const { docker } = await ensureDockerClient();
  const run = await shellOf(engine, docker);
  const runPart: CiMachine["runPart"] = async (text, folder, variables) => {
    const result = await run(["sh", "-ec", findPart(text)], folder, variables);
    const said = `${result.stdout}${result.stderr}`.trimEnd();
    system.trail.push(`    $ part "${text}": exit ${result.exitCode}`, said);
    if (result.exitCode !== 0) throw new Error(`"${text}" exited ${result.exitCode}:\n${said}`);
    return result;
  };
  const owned = stack.move();
  return {
    ...{ engine, docker, git, gitUrl: https.url, gitAuthority: authority.caFile, registry: registry.address },
    ...{ run, runPart },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A machine's Engine listens at /var/run/docker.sock; those of the lab do so in a folder of their own. */
export async function showSocketAsUsual({ socket, netnsPid }: RunningEngine): Promise<void> {
  // The lab's root has no links for the programs of busybox.
  const script = [
    "if [ ! -L /var/run ]; then busybox mkdir -p /var/run && busybox mount -t tmpfs tmpfs /var/run; fi",
    'busybox touch /var/run/docker.sock && busybox mount --bind "$1" /var/run/docker.sock',
  ].join("\n");
  const enter = [`--target=${netnsPid}`, "--mount", "--", "/bin/busybox", "sh", "-ec"];
  await runCommand("nsenter", [...enter, script, "sh", socket]);
}

/** The registry's port in the cluster, and the Git server's on the machine. */
async function openWays(
  stack: AsyncDisposableStack,
  engine: RunningEngine,
  system: System,
  { registry, gitUrl }: { readonly registry: RunningRegistry; readonly gitUrl: string },
): Promise<void> {
  const [machine, cluster] = [engine.inNetwork([]), system.options.networkPrefix];
  const registryPort = { port: Number(new URL(`http://${registry.address}`).port) };
  const registryPath = { path: join(engine.sharedDir, "registry.sock") };
  stack.use(await startRelayIn(machine, registryPath, registryPort));
  stack.use(await startRelayIn(cluster, registryPort, registryPath));
  const gitPort = { port: Number(new URL(gitUrl).port) };
  const gitPath = { path: join(engine.sharedDir, "git.sock") };
  stack.use(await startRelay(gitPath, gitPort));
  stack.use(await startRelayIn(machine, gitPort, gitPath));
}

/** Programs find the machine's network, its docker command, and nothing of the cluster in their environment. */
async function shellOf(engine: RunningEngine, docker: string): Promise<CiMachine["run"]> {
  const [bin, home] = [join(engine.sharedDir, "bin"), join(engine.sharedDir, "home")];
  await mkdir(bin);
  await mkdir(home);
  await symlink(docker, join(bin, "docker"));
  return async (argv, folder, variables = {}) => {
    const [file = "", ...args] = engine.inNetwork(argv);
    const environment = {
      ...{ PATH: `${bin}:${process.env["PATH"]}`, HOME: home, DOCKER_HOST: `unix://${engine.socket}` },
      // Debian's client comes without the plugin for the other builder.
      DOCKER_BUILDKIT: "0",
      ...variables,
    };
    return await startProcess(file, args, environment, folder).result;
  };
}

/** As it stands in the pipelines for GitHub; the others have the same. */
function findPart(text: string): string {
  const parts = readPipelines()
    .filter(({ path }) => path.startsWith("github/"))
    .flatMap(({ content }) => shellPartsOf(content).map(commonPart));
  const found = [...new Set(parts)].filter((part) => part.includes(text));
  if (found[0] === undefined || found.length > 1)
    throw new Error(`${found.length} shell parts of the pipelines have "${text}" in them`);
  return found[0];
}
