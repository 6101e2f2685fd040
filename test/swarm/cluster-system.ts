/**
 * The language of the scenarios on a Swarm: a configuration repository of its own, the program run as a process against
 * one of the managers, and what the cluster shows, told by the API alone.
 */
import { randomBytes } from "node:crypto";
import type { SwarmCluster, SwarmNode } from "../../deploy/lab/swarm-cluster.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import type { NodeAnswer, ServiceAnswer, StoredAnswer, TaskAnswer } from "../../src/docker/swarm/answers.ts";
import { type RunningProgram, type RunResult, startProgram } from "../support/program.ts";
import type { PlanDocument, ReportDocument } from "../support/scenario.ts";
import { createTempRepository, type TempRepository } from "../support/temp-repository.ts";

/** A node that runs, or a socket in front of one. */
export type Via = Pick<SwarmNode, "socket"> | { readonly host: string };

export type Told = RunResult & { readonly plan?: PlanDocument; readonly report?: ReportDocument };

/** Short on purpose: a scenario that needs a longer look says so itself. */
export const swarmSettings = (project: string, policy: Readonly<Record<string, string>> = {}) => {
  const all = { stability: "300ms", lockExpiry: "20s", ...policy };
  const lines = Object.entries(all).map(([name, value]) => `  ${name}: ${value}\n`);
  return `project: ${project}\npolicy:\n${lines.join("")}`;
};

/** An election takes 10 to 20 s. */
const answerMs = 120_000;

export class ClusterSystem implements AsyncDisposable {
  readonly cluster: SwarmCluster;
  /** Name of its stack: its services are called `STACK_NAME`. */
  readonly stack = `t${randomBytes(3).toString("hex")}`;
  readonly project = `${this.stack}-project`;
  readonly repository: TempRepository;
  readonly trail: string[] = [];
  readonly notes: string[] = [];

  private constructor(cluster: SwarmCluster, repository: TempRepository) {
    this.cluster = cluster;
    this.repository = repository;
  }

  static async open(cluster: SwarmCluster): Promise<ClusterSystem> {
    const system = new ClusterSystem(cluster, await createTempRepository());
    await system.settings();
    return system;
  }

  /** Settings of the repository; those that are not named are short. */
  async settings(policy: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.repository.write({ "mysysconfig.yaml": swarmSettings(this.project, policy) });
  }

  async write(files: Parameters<TempRepository["write"]>[0]): Promise<void> {
    await this.repository.write(files);
  }

  start(via: Via, command: string, ...args: readonly string[]): RunningProgram {
    const host = "host" in via ? via.host : `unix://${via.socket}`;
    return startProgram([command, "--config", this.repository.dir, ...args], { DOCKER_HOST: host });
  }

  /** Runs the program to its end. */
  async run(via: Via, command: string, ...args: readonly string[]): Promise<Told> {
    return await this.end(this.start(via, command, ...args));
  }

  async apply(via: Via = this.cluster.manager(), ...args: readonly string[]): Promise<Told> {
    return await this.run(via, "apply", "--json", ...args);
  }

  /** What a run that was started said in the end. */
  async end({ result }: RunningProgram): Promise<Told> {
    const told = await result;
    const text = `${told.stdout}${told.stderr}`.trimEnd();
    const document = parse(told);
    const outcomes = document.report?.changes
      .filter(({ outcome }) => outcome !== "unchanged")
      .map(({ key, outcome, summary }) => `      => ${outcome} ${key}: ${summary}`);
    this.trail.push(`    $ mysysconfig ${told.args.slice(1).join(" ")}: exit ${told.exitCode}`);
    this.trail.push(
      ...(outcomes ??
        text
          .split("\n")
          .slice(-25)
          .map((line) => `      | ${line.slice(0, 300)}`)),
    );
    if (outcomes !== undefined && told.stderr !== "") this.trail.push(told.stderr.slice(-1500));
    return { ...told, ...document };
  }

  /** A sentence for the table. */
  note(text: string): void {
    this.notes.push(text);
    this.trail.push(`  - ${text}`);
  }

  /** Asks a manager that is connected, as long as the cluster has no leader. */
  async ask<T>(
    method: string,
    path: string,
    json?: unknown,
    query?: Readonly<Record<string, string>>,
  ): Promise<T> {
    return await waitUntil(`an answer to ${method} ${path}`, answerMs, async () => {
      try {
        const body = json === undefined ? {} : { json };
        const options = { ...body, ...(query === undefined ? {} : { query }), idleMs: 10_000 };
        return { answer: await this.cluster.manager().api.call<T>(method, path, options) };
      } catch (error) {
        if (
          method === "GET" &&
          /no byte|leader|deadline|hang up|ECONN|context canceled|Unavailable/i.test(String(error))
        )
          return undefined;
        throw error;
      }
    }).then(({ answer }) => answer);
  }

  /** The services of this scenario, by name without the stack. */
  async services(project = this.project): Promise<ReadonlyMap<string, ServiceAnswer>> {
    const filters = JSON.stringify({ label: [`mysysconfig.project=${project}`] });
    const found = await this.ask<ServiceAnswer[]>("GET", "/services", undefined, { filters });
    return new Map(found.map((one) => [one.Spec.Name.replace(`${this.stack}_`, ""), one]));
  }

  async service(name: string, project = this.project): Promise<ServiceAnswer> {
    const found = (await this.services(project)).get(name);
    if (found === undefined) throw new Error(`there is no service "${this.stack}_${name}"`);
    return found;
  }

  /** Behind the program's back, as `docker service update` does it. */
  async meddle(name: string, change: (spec: ServiceAnswer["Spec"]) => ServiceAnswer["Spec"]): Promise<void> {
    const { ID, Version, Spec } = await this.service(name);
    const query = { version: String(Version?.Index) };
    await this.ask("POST", `/services/${ID}/update`, change(Spec), query);
  }

  async tasks(name: string, project = this.project): Promise<readonly TaskAnswer[]> {
    const { ID } = await this.service(name, project);
    const filters = JSON.stringify({ service: [ID] });
    return await this.ask<TaskAnswer[]>("GET", "/tasks", undefined, { filters });
  }

  /** Tasks that should run and do, on nodes that are up. */
  async running(name: string, project = this.project): Promise<readonly TaskAnswer[]> {
    const nodes = await this.ask<NodeAnswer[]>("GET", "/nodes");
    const ready = new Set(nodes.filter(({ Status }) => Status?.State === "ready").map(({ ID }) => ID));
    return (await this.tasks(name, project)).filter(
      ({ Status, DesiredState, NodeID = "" }) =>
        Status?.State === "running" && DesiredState === "running" && ready.has(NodeID),
    );
  }

  /** Services as `NAME IMAGE xTASKS`, by what their running tasks show. */
  async serving(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const name of [...(await this.services()).keys()].sort()) {
      const images = Map.groupBy(await this.running(name), ({ Spec }) => imageOf(Spec.ContainerSpec.Image));
      const counted = [...images].map(([image, tasks]) => `${image} x${tasks.length}`);
      lines.push(`${name} ${counted.sort().join(" + ")}`.trimEnd());
    }
    return lines;
  }

  async stored(kind: "configs" | "secrets"): Promise<readonly StoredAnswer[]> {
    const filters = JSON.stringify({
      label: [`mysysconfig.project=${this.project}`, "mysysconfig.content=files"],
    });
    return await this.ask<StoredAnswer[]>("GET", `/${kind}`, undefined, { filters });
  }

  /** The Engine's own filters overlook networks that the node has no task on. */
  async networks(project = this.project): Promise<readonly ListedNetwork[]> {
    const found = await this.ask<ListedNetwork[]>("GET", "/networks");
    return found.filter(({ Labels }) => Labels?.["mysysconfig.project"] === project);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await clearCluster(this, this.project);
    await this.repository[Symbol.asyncDispose]();
  }
}

/** Takes everything of a project out of the cluster. */
export async function clearCluster(system: ClusterSystem, project: string): Promise<void> {
  const filters = JSON.stringify({ label: [`mysysconfig.project=${project}`] });
  const listed = async <T>(path: string) => await system.ask<T[]>("GET", path, undefined, { filters });
  const ids = [...(await system.services(project)).values()].map(({ ID }) => ID);
  for (const id of ids) await system.ask("DELETE", `/services/${id}`);
  await waitUntil("all tasks to end", 120_000, async () => {
    const tasks = await system.ask<TaskAnswer[]>("GET", "/tasks");
    return tasks.some((task) => isAtWork(task, ids)) ? undefined : true;
  });
  for (const kind of ["configs", "secrets"])
    for (const { ID } of await listed<{ ID: string }>(`/${kind}`))
      await system.ask("DELETE", `/${kind}/${ID}`);
  for (const { Id, Name } of await system.networks(project))
    await waitUntil(`network ${Name} to go`, 60_000, async () => {
      try {
        await system.ask("DELETE", `/networks/${Id}`);
        return true;
      } catch (error) {
        if (/is in use|active endpoints/.test(String(error))) return undefined;
        if (/404|not found/.test(String(error))) return true;
        throw error;
      }
    });
}

/** Engine 20.10 goes on listing the runs of a job that is removed when they are done. */
export function isAtWork({ ServiceID = "", Status }: TaskAnswer, services: readonly string[]): boolean {
  return services.includes(ServiceID) && !ended.has(Status?.State ?? "");
}

const ended = new Set(["complete", "shutdown", "failed", "rejected", "remove", "orphaned"]);

interface ListedNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export const imageOf = (reference: string) => reference.replace(/@sha256:.*/, "");

/** One document with `--json`; otherwise what was printed says it. */
function parse({ stdout }: RunResult): { plan?: PlanDocument; report?: ReportDocument } {
  if (!stdout.startsWith("{")) return {};
  try {
    return JSON.parse(stdout);
  } catch {
    return {};
  }
}
