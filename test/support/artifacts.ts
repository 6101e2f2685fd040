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

/**
 * An endpoint may outlive its removed container: for a moment, or, when the Engine lost sight of it (a container that
 * was attached while it died), until somebody takes it off the network by force.
 */
async function removeNetwork(engine: EngineClient, id: string): Promise<void> {
  await waitUntil(`network ${id} to be free`, 30_000, async () => {
    try {
      await engine.api.call("DELETE", `/networks/${id}`);
      return true;
    } catch (error) {
      if (!(error instanceof EngineError && /active endpoints/.test(error.message))) throw error;
      await detachAll(engine, id);
      return undefined;
    }
  });
}

async function detachAll(engine: EngineClient, id: string): Promise<void> {
  const { Containers } = await engine.api.call<{ Containers: Record<string, { Name: string }> | null }>(
    "GET",
    `/networks/${id}`,
  );
  for (const { Name } of Object.values(Containers ?? {}))
    await engine
      .post(`/networks/${id}/disconnect`, { Container: Name, Force: true })
      .catch((error: Error) => {
        if (!(error instanceof EngineError)) throw error;
      });
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
