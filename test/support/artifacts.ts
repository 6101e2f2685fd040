/** What a failed test leaves for the reader, and how a test cleans up after itself. */
import { EngineError } from "../../deploy/lab/engine-api.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import type { EngineClient } from "./engine-client.ts";

/** Everything of a test carries its prefix in the name or its project as owner. */
export async function cleanUp(engine: EngineClient, p: string): Promise<void> {
  const listed = await engine.list();
  const isOurs = (names: readonly string[], labels: Readonly<Record<string, string>>) =>
    names.some((name) => name.startsWith(`/${p}`)) || labels["mysysconfig.project"] === projectOf(p);
  const ours = listed.filter(({ Names, Labels }) => isOurs(Names, Labels));
  await Promise.all(ours.map(({ Id }) => engine.remove(Id)));
  for (const { Id } of await engine.networks(p)) await removeNetwork(engine, Id);
  for (const volume of await ownedVolumes(engine, p)) await engine.api.call("DELETE", `/volumes/${volume}`);
}

/** An endpoint may outlive its removed container for a moment. */
async function removeNetwork(engine: EngineClient, id: string): Promise<void> {
  const isFree = () => deleteIfFree(engine, id);
  try {
    await waitUntil(`network ${id} to be free`, 20_000, async () => ((await isFree()) ? true : undefined));
  } catch (error) {
    // Engine 20.10 sometimes goes on counting an endpoint whose container is gone, until it is restarted. That is no
    // fault of what was tested; a container that is still attached is.
    const attached = await containersOn(engine, id);
    if (attached.length > 0)
      throw new Error(`network ${id} is used by ${attached.join(", ")}`, { cause: error });
    process.stderr.write(`network ${id} stays: the Engine counts an endpoint that no container has\n`);
  }
}

async function deleteIfFree(engine: EngineClient, id: string): Promise<boolean> {
  try {
    await engine.api.call("DELETE", `/networks/${id}`);
    return true;
  } catch (error) {
    if (error instanceof EngineError && /active endpoints/.test(error.message)) return false;
    throw error;
  }
}

/** Names of the existing containers, running or not, that are attached to a network. */
async function containersOn(engine: EngineClient, id: string): Promise<readonly string[]> {
  const listed = await engine.list({ network: [id] });
  return listed.flatMap(({ Names }) => Names);
}

export const projectOf = (p: string) => `${p}project`;

async function ownedVolumes(engine: EngineClient, p: string): Promise<string[]> {
  const label = `mysysconfig.project=${projectOf(p)}`;
  const { Volumes } = await engine.api.call<{ Volumes: { Name: string }[] | null }>("GET", "/volumes", {
    query: { filters: JSON.stringify({ label: [label] }) },
  });
  return [...new Set([...(Volumes ?? []).map(({ Name }) => Name), ...(await engine.volumes(p))])];
}

/** The trail of steps, the test's containers and their last words, as one text. */
export async function dumpArtifacts(
  engine: EngineClient,
  p: string,
  trail: readonly string[],
): Promise<string> {
  const listed = await engine.list({ name: [`^/${p}`] });
  const stories = await Promise.all(listed.map(({ Id }) => storyOf(engine, Id)));
  return [
    `steps of the failed test (names begin with "${p}"):`,
    ...trail,
    "containers:",
    ...stories.sort(),
    "",
  ].join("\n");
}

async function storyOf(engine: EngineClient, id: string): Promise<string> {
  const container = await engine.inspect(id);
  if (container === undefined) return "";
  const { Name, Config, State, RestartCount } = container;
  const health = State.Health === undefined ? "" : `, ${State.Health.Status}`;
  const state = `${State.Status}${health}, exit code ${State.ExitCode}, ${RestartCount} restarts`;
  const log = await engine.logs(id).catch((error: Error) => error.message);
  const lastLines = log.trimEnd().split("\n").slice(-4);
  return [`  ${Name} ${Config.Image}: ${state}`, ...lastLines.map((line) => `      | ${line}`)].join("\n");
}
