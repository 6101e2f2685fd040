/** The real `docker compose config` as the judge of what compose files mean. It needs no Engine. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { DockerClient } from "../../deploy/lab/docker-client.ts";
import type { ComposeAnswer } from "../unit/compose/oracle/compose-answer.ts";
import type { ComposeCase } from "../unit/compose/oracle/oracle-case.ts";

/** Asks once for each case, four at a time. Each answer is one line of JSON, with the name of its case. */
export async function recordCompose(cases: readonly ComposeCase[], client: DockerClient): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "compose-oracle-")));
  const answers = new Map<string, ComposeAnswer>();
  const waiting = [...cases.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, one] = next;
      answers.set(one.name, await askOnce(one, client, join(root, String(index))));
    }
  };
  try {
    await Promise.all([worker(), worker(), worker(), worker()]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return cases.map(({ name }) => `${JSON.stringify({ name, ...answers.get(name) })}\n`).join("");
}

async function askOnce(one: ComposeCase, client: DockerClient, dir: string): Promise<ComposeAnswer> {
  for (const [path, text] of Object.entries(one.files)) {
    await mkdir(dirname(join(dir, "units", path)), { recursive: true });
    await writeFile(join(dir, "units", path), text);
  }
  const files = one.run.flatMap((path) => ["--file", path]);
  // The plugin by itself says the same as the client that would call it, in a third of the time.
  const plugin = join(client.configDir, "cli-plugins/docker-compose");
  const args = [...files, "--project-name", "shop", "config", "--format", "json"];
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: dir, DOCKER_CONFIG: client.configDir, ...one.variables };
  return await new Promise((resolve) => {
    execFile(plugin, args, { cwd: join(dir, "units"), env }, (error, stdout, stderr) => {
      const plain = (text: string) =>
        text.replaceAll(dir, "/repository").replaceAll(dirname(dir), "/elsewhere");
      if (error) resolve({ refused: plain(firstMessage(stderr)) });
      else resolve({ model: JSON.parse(plain(stdout)) });
    });
  });
}

/** Behind a warning with its time, and without the rest of a list that begins anywhere. */
function firstMessage(stderr: string): string {
  return stderr.split("\n").find((line) => line !== "" && !line.startsWith("time=")) ?? "";
}
