/** Runs an image as `docker run --rm -v SOCKET:/var/run/docker.sock IMAGE ARGUMENT…` does. */
import { chmod, chown } from "node:fs/promises";
import type { EngineClient } from "../support/engine-client.ts";
import type { System } from "../support/scenario.ts";

/** A group that no image knows, as the docker group of a real host. */
export const socketGroup = 4321;

/** As an Engine leaves its socket: for root and one group. */
export async function closeSocket({ proxy }: Pick<System, "proxy">): Promise<void> {
  await chown(proxy.path, 0, socketGroup);
  await chmod(proxy.path, 0o660);
}

export interface ImageRunOptions {
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly groups?: readonly string[];
  /** The socket on the host; none at all with `null`. By default the recording proxy's. */
  readonly socket?: string | null;
}

export interface ImageRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts it and answers the container's id. */
export function startImage(
  { engine, proxy, p }: Pick<System, "engine" | "proxy" | "p">,
  image: string,
  args: readonly string[],
  options: ImageRunOptions = {},
): Promise<string> {
  const { socket = proxy.path, volumes = [], environment, user, groups } = options;
  runs += 1;
  return engine.run({
    name: `${p}run-${runs}`,
    image,
    command: args,
    volumes: [...(socket === null ? [] : [`${socket}:/var/run/docker.sock`]), ...volumes],
    ...(environment === undefined ? {} : { environment }),
    ...(user === undefined ? {} : { user }),
    ...(groups === undefined ? {} : { groups }),
  });
}

let runs = 0;

/** Waits for its end, reads what it printed and removes it. */
export async function endOfImage(engine: EngineClient, id: string): Promise<ImageRun> {
  const exitCode = await engine.waitForExit(id);
  const run = {
    exitCode,
    stdout: await engine.logs(id, ["stdout"]),
    stderr: await engine.logs(id, ["stderr"]),
  };
  await engine.remove(id);
  return run;
}

/** Also notes in the trail what it printed, for a failed test. */
export async function runImage(
  system: System,
  image: string,
  args: readonly string[],
  options?: ImageRunOptions,
): Promise<ImageRun> {
  const run = await endOfImage(system.engine, await startImage(system, image, args, options));
  const lines = `${run.stdout}${run.stderr}`.trimEnd().split("\n").slice(-30);
  system.trail.push(
    `    $ docker run ${image} ${args.join(" ")}: exit ${run.exitCode}`,
    ...lines.map((line) => `      | ${line.slice(0, 300)}`),
  );
  return run;
}
