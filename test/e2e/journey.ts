/** The steps of a build's way from a service's repository to the cluster, each as its pipeline or its operator does it. */
import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { inject } from "vitest";
import { buildProjectImage } from "../../deploy/lab/project-image.ts";
import { pushImage } from "../../deploy/lab/registry.ts";
import { version } from "../../src/version.ts";
import type { TestRepository } from "../support/git-repositories.ts";
import { type RunResult, startProcess } from "../support/program.ts";
import type { System } from "../support/scenario.ts";
import { createTempRepository, type TempRepository } from "../support/temp-repository.ts";
import { unit } from "../support/texts.ts";
import { type CiMachine, gitToken, registryLogin, type Variables } from "./ci-machine.ts";
import { closeSocket } from "./run-image.ts";

export interface Journey {
  readonly system: System;
  readonly ci: CiMachine;
  /** The service's repository, checked out. */
  readonly service: TempRepository;
  /** The configuration repository on the Git server. */
  readonly config: TestRepository;
  /** The tool's image; `gitTool` is the same with the authority of the Git server. */
  readonly tool: string;
  readonly gitTool: string;
  /** Where a client in the cluster finds the service. */
  readonly port: number;
  /** A folder with the cluster's registry credentials. */
  readonly credentials: string;
}

/** Both repositories, the tool's image on the building machine, and a login on it and on the cluster. */
export async function prepareJourney(system: System, ci: CiMachine): Promise<Journey> {
  const { p } = system;
  const { registry, engine } = ci;
  await closeSocket(system);
  const [tool, gitTool] = await bringTool(system, ci);
  await ci.runPart("docker login", engine.sharedDir, {
    REGISTRY: registry,
    REGISTRY_USERNAME: registryLogin.username,
    REGISTRY_PASSWORD: registryLogin.password,
  });
  const credentials = await mkdtemp(join(system.options.sharedDir, "credentials-"));
  const auth = Buffer.from(`${registryLogin.username}:${registryLogin.password}`).toString("base64");
  await writeFile(join(credentials, "config.json"), JSON.stringify({ auths: { [registry]: { auth } } }));
  const idle = await pushImage(engine.api, "lab/idle:1", { address: registry }, registryLogin);
  const port = system.port();
  const service = await createTempRepository(
    { [`${p}myservice.service`]: unit(`-p ${port}:80 ${registry}/myrepo/myservice`) },
    engine.sharedDir,
  );
  const config = await ci.git.repository("system.git", {
    "mysysconfig.yaml": settings(p, registry),
    [`units/${p}api.service`]: unit(idle),
  });
  return { system, ci, service, config, tool, gitTool, port, credentials };
}

const settings = (p: string, registry: string) => `project: ${p}project
environments:
  develop: {}
  acceptance: { promotesFrom: [develop] }
images: { own: ["${registry}/myrepo/*"] }
policy: { stability: 300ms, retention: 0s }
`;

/** From the Engine that built it, as if pulled; and one that knows the authority of a private Git server. */
async function bringTool({ engine }: System, ci: CiMachine): Promise<readonly [string, string]> {
  const { api, sharedDir } = ci.engine;
  const built = inject("project").tool;
  const archive: Readable = await engine.api.open("GET", `/images/${built}/get`);
  await api.call("POST", "/images/load", { query: { quiet: "1" }, stream: archive });
  const repo = `${ci.registry}/ops/mysysconfig`;
  await api.call("POST", `/images/${built}/tag`, { query: { repo, tag: version } });
  const [tool, gitTool] = [`${repo}:${version}`, `${repo}-git:${version}`];
  await using own = await createTempRepository(
    {
      Dockerfile: `FROM ${tool}\nCOPY ca.pem /etc/mysysconfig/\nENV MYSYSCONFIG_GIT_CA=/etc/mysysconfig/ca.pem\n`,
      "ca.pem": await readFile(ci.gitAuthority, "utf8"),
    },
    sharedDir,
  );
  await buildProjectImage(api, { reference: gitTool, baseImage: tool, contextDir: own.dir });
  return [tool, gitTool];
}

const repositoryUrl = ({ ci }: Journey) => `${ci.gitUrl}/system.git`;
const configImage = ({ ci }: Journey) => `${ci.registry}/ops/mysysconfig`;

/** The service's pipeline, both parts: a change of the service is built, pushed and submitted. */
export async function deliver(journey: Journey, build: number): Promise<RunResult> {
  const { ci, service, system, tool, gitTool } = journey;
  await service.write({
    Dockerfile: `FROM lab/web:58-develop\nENV SERVICE=myservice BUILD=${build}-develop\n`,
  });
  const common = {
    ...{ IMAGE: `${ci.registry}/myrepo/myservice`, BRANCH: "develop", BUILD: String(build) },
  };
  await ci.runPart("docker build", service.dir, { ...common, TOOL: tool });
  return await ci.runPart("submit ", service.dir, {
    ...common,
    ...{ TOOL: gitTool, UNIT: `${system.p}myservice.service`, REPOSITORY: repositoryUrl(journey) },
    ...{ TARGET: "", NETWORK: "host", MYSYSCONFIG_GIT_TOKEN: gitToken },
  });
}

/** The configuration repository's pipeline for a commit on a branch. */
export async function bakeBranch(journey: Journey, build: number, branch: string): Promise<RunResult> {
  const { ci, tool } = journey;
  const checkout = await checkOut(journey, branch);
  await ci.runPart("validate ", checkout, { TOOL: tool, BRANCH: branch, ENVIRONMENT: "" });
  return await ci.runPart("bake ", checkout, {
    ...{ TOOL: tool, IMAGE: configImage(journey), BRANCH: branch, BUILD: String(build) },
    ...{ NETWORK: "host", MYSYSCONFIG_SOURCE: repositoryUrl(journey) },
  });
}

/** The same repository's pipeline for a request to change `develop`: answers the comment. */
export async function checkRequest(journey: Journey, branch: string): Promise<string> {
  const { ci, tool, system } = journey;
  const checkout = await checkOut(journey, branch);
  const variables = { TOOL: tool, BRANCH: "develop", ENVIRONMENT: "" };
  await ci.runPart("validate ", checkout, variables);
  await ci.runPart("diff ", checkout, { ...variables, BASE: "refs/heads/develop", ...gitAccess(ci) });
  const comment = await readFile(join(checkout, "comment.md"), "utf8");
  system.trail.push(comment);
  return comment;
}

/** As a pipeline's first step leaves it: one commit, readable for every user. */
async function checkOut(journey: Journey, branch: string): Promise<string> {
  const { ci } = journey;
  const checkout = await mkdtemp(join(ci.engine.sharedDir, "checkout-"));
  await chmod(checkout, 0o755);
  const clone = ["git", "clone", "--quiet", "--depth", "1", "--branch", branch, repositoryUrl(journey), "."];
  const { exitCode, stderr } = await ci.run(clone, checkout, gitAccess(ci));
  if (exitCode !== 0) throw new Error(`git clone exited ${exitCode}:\n${stderr}`);
  return checkout;
}

/** What the CI system's own checkout leaves in Git's configuration. */
function gitAccess({ gitAuthority }: CiMachine): Variables {
  const authorization = Buffer.from(`x-access-token:${gitToken}`).toString("base64");
  return {
    ...{ GIT_CONFIG_COUNT: "2", GIT_CONFIG_KEY_0: "http.sslCAInfo", GIT_CONFIG_VALUE_0: gitAuthority },
    ...{ GIT_CONFIG_KEY_1: "http.extraHeader", GIT_CONFIG_VALUE_1: `Authorization: Basic ${authorization}` },
  };
}

/** A command of the tool on the building machine that works on the configuration repository. */
export async function runTool(journey: Journey, args: readonly string[]): Promise<RunResult> {
  const { ci, gitTool, system } = journey;
  const home = join(ci.engine.sharedDir, "home");
  const [command = "", ...rest] = args;
  const result = await ci.run(
    [
      ...["docker", "run", "--rm", "--network", "host", "--env", "MYSYSCONFIG_GIT_TOKEN"],
      ...["--volume", `${home}/.docker/config.json:/root/.docker/config.json:ro`],
      ...[gitTool, command, "--repo", repositoryUrl(journey), ...rest],
    ],
    ci.engine.sharedDir,
    { MYSYSCONFIG_GIT_TOKEN: gitToken },
  );
  noteRun(system, args.join(" "), result);
  return result;
}

/** What an operator or a timer runs on the cluster's machine: pull, run once, exit. */
export async function runInCluster(
  journey: Journey,
  tag: string,
  args: readonly string[] = [],
): Promise<RunResult> {
  const { system, ci, credentials } = journey;
  const volumes = [
    `${system.proxy.path}:/var/run/docker.sock`,
    `${credentials}/config.json:/root/.docker/config.json:ro`,
  ].flatMap((volume) => ["--volume", volume]);
  const image = `${configImage(journey)}:${tag}`;
  const argv = ["run", "--rm", "--quiet", "--pull", "always", ...volumes, image, ...args];
  const environment = { DOCKER_HOST: `unix://${system.options.socket}`, DOCKER_CONFIG: credentials };
  const result = await startProcess(ci.docker, argv, environment).result;
  noteRun(system, `${tag} ${args.join(" ")}`, result);
  return result;
}

function noteRun({ trail }: System, what: string, { exitCode, stdout, stderr }: RunResult): void {
  trail.push(`    $ ${what}: exit ${exitCode}`, `${stdout}${stderr}`.trimEnd());
}
