import type { Readable } from "node:stream";
import { apiPath, type EngineClient } from "../engine-client.ts";
import { clean } from "../failure-story.ts";
import { readLogLines } from "../log-lines.ts";
import type { NodeAnswer, ServiceAnswer, TaskAnswer } from "./answers.ts";
import { listNodes, listTasks } from "./manager-calls.ts";

const mostTasks = 3;
const logTail = 10;
/** A log is fetched from the node of its task, which may be the very thing that is wrong. */
const logTimeoutMs = 5_000;
const storyTimeoutMs = 15_000;

/**
 * The story of a service for a report: what Swarm says about its update, its newest tasks that failed or cannot start, and
 * the last lines of the newest of them (Docker Engine API, "TaskList" and "ServiceLogs"). Of a job it is the story of its
 * present run, with its last lines also when it ended well. What cannot be read is left out.
 */
export async function tellService(
  client: EngineClient,
  id: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const both = AbortSignal.any([signal, AbortSignal.timeout(storyTimeoutMs)]);
  try {
    const path = apiPath`/services/${id}`;
    const [service, tasks, nodes] = await Promise.all([
      client.get<ServiceAnswer>({ what: "inspect service", path }, both),
      listTasks(client, [id], both),
      listNodes(client, both).catch((): NodeAnswer[] => []),
    ]);
    const told = newestFirst(toldTasks(tasks, service));
    const bad = badTasks(told, service);
    const newest = [...bad, ...(isJob(service) ? told : [])].find(hasRun);
    const log = newest === undefined ? [] : await readLog(client, newest, both);
    return [
      ...updateStory(service),
      ...merged(bad.map((task) => taskStory(task, nodes))).slice(0, mostTasks),
      ...log.map((line) => `log: ${line}`),
    ];
  } catch {
    return [];
  }
}

function updateStory({ UpdateStatus: status }: ServiceAnswer): string[] {
  if (!status?.Message || status.State === "completed") return [];
  return [`Swarm: ${clean(status.Message)}`];
}

function isJob({ Spec: { Mode } }: ServiceAnswer): boolean {
  return Mode?.ReplicatedJob !== undefined || Mode?.GlobalJob !== undefined;
}

/** What became of an earlier run of a job says nothing about this one. */
function toldTasks(tasks: readonly TaskAnswer[], service: ServiceAnswer): readonly TaskAnswer[] {
  if (!isJob(service)) return tasks;
  const present = service.JobStatus?.JobIteration?.Index ?? 0;
  return tasks.filter(({ JobIteration }) => (JobIteration?.Index ?? 0) === present);
}

function newestFirst(tasks: readonly TaskAnswer[]): readonly TaskAnswer[] {
  const timeOf = ({ Status }: TaskAnswer) => Date.parse(Status?.Timestamp ?? "");
  return tasks.toSorted((a, b) => timeOf(b) - timeOf(a));
}

/**
 * Those that have failed, and those that wait with a reason. What is to stay up has failed if it ended well, too, as an
 * unhealthy container does that stops in good order.
 */
function badTasks(tasks: readonly TaskAnswer[], service: ServiceAnswer): readonly TaskAnswer[] {
  const bad = new Set(["failed", "rejected", ...(isJob(service) ? [] : ["complete"])]);
  return tasks.filter(({ Status }) => (Status?.Err ?? "") !== "" || bad.has(Status?.State ?? ""));
}

function hasRun({ Status: status }: TaskAnswer): boolean {
  return (status?.ContainerStatus?.ContainerID ?? "") !== "";
}

function taskStory(task: TaskAnswer, nodes: readonly NodeAnswer[]): string {
  const { State = "", Err = "", Message = "", ContainerStatus: container } = task.Status ?? {};
  const node = nodes.find(({ ID }) => ID === task.NodeID)?.Description?.Hostname;
  const where = node === undefined ? "" : ` on ${node}`;
  const reason = clean(Err || Message);
  const code = container?.ExitCode ?? 0;
  const isTold = code === 0 || reason.includes(String(code));
  return `task${where} ${State}${reason === "" ? "" : `: ${reason}`}${isTold ? "" : ` (exit code ${code})`}`;
}

/** Equal stories become one line. */
function merged(stories: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const story of stories) counts.set(story, (counts.get(story) ?? 0) + 1);
  return [...counts].map(([story, count]) => (count === 1 ? story : `${count} times: ${story}`));
}

/** Logging drivers that keep nothing to read refuse with an error, and so does a node that is away. */
async function readLog(
  client: EngineClient,
  { ID: id, Spec: spec }: TaskAnswer,
  signal: AbortSignal,
): Promise<string[]> {
  let stream: Readable | undefined;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(logTimeoutMs)]);
  const end = () => stream?.destroy();
  deadline.addEventListener("abort", end, { once: true });
  try {
    const query = { stdout: "1", stderr: "1", tail: String(logTail) };
    const request = { what: "read log", path: apiPath`/tasks/${id}/logs`, query, timeoutMs: logTimeoutMs };
    stream = await client.stream("GET", request, deadline);
    const lines = await readLogLines(stream, spec.ContainerSpec?.TTY === true);
    return lines
      .map(clean)
      .filter((line) => line !== "")
      .slice(-logTail);
  } catch {
    return [];
  } finally {
    deadline.removeEventListener("abort", end);
    stream?.destroy();
  }
}
