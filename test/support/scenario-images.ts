/**
 * The images that scenarios run, made once for each Engine after it started (a second `globalSetup`). The build tags of
 * `lab/web` tell what a build is like: 58 and 59 are good, the others each have a fault of their own.
 */
import type { TestProject } from "vitest/node";
import { engineApi } from "../../deploy/lab/engine-api.ts";
import type { ImageConfig } from "../../deploy/lab/image-import.ts";
import { makeWorkloadImage } from "../../deploy/lab/workload-image.ts";

const answers = {
  command: ["wget", "-q", "-O-", "http://127.0.0.1/"],
  interval: "500ms",
  timeout: "3s",
  retries: 5,
} as const;
const sh = (line: string) => ["sh", "-c", line];
const quick = (line: string, retries: number) => ({
  command: sh(line),
  interval: "200ms",
  timeout: "3s",
  retries,
});

const scenarioImages: Readonly<Record<string, ImageConfig>> = {
  "lab/web:58-develop": { cmd: ["serve", "80"], healthcheck: answers },
  "lab/web:59-develop": { cmd: ["serve", "80"], healthcheck: answers },
  "lab/web:60-exits": { cmd: sh("echo 'Error: missing DATABASE_URL' >&2; exit 3") },
  "lab/web:61-sick": { cmd: ["serve", "80"], healthcheck: quick("echo 'no database'; exit 1", 2) },
  // As sick as the one before, and it does not end in good order when it is told to.
  "lab/web:63-hangs": {
    cmd: sh("trap 'exit 7' TERM; while :; do sleep 0.2; done"),
    healthcheck: quick("echo 'no database'; exit 1", 2),
  },
  // Has a health check, and never comes to it.
  "lab/web:64-crashes": {
    cmd: sh("echo 'Error: missing DATABASE_URL' >&2; exit 3"),
    healthcheck: answers,
  },
  // Healthy at its first check, never again.
  "lab/web:62-fades": {
    cmd: ["serve", "80"],
    healthcheck: quick("test ! -e /tmp/seen && touch /tmp/seen", 2),
  },
  "lab/plain:58-develop": { cmd: ["serve", "80"] },
  "lab/plain:59-develop": { cmd: ["serve", "80"] },
  "lab/idle:1": { cmd: ["work"] },
  "lab/idle:2": { cmd: ["work"] },
  "lab/db:12": {
    cmd: ["database"],
    volumes: ["/var/lib/db"],
    healthcheck: { ...quick("test -e /tmp/ready", 20), interval: "500ms" },
  },
  "lab/migrate:41": { cmd: ["migrate"] },
  "lab/migrate:42": { cmd: ["migrate"] },
};

export const scenarioImageNames: readonly string[] = Object.keys(scenarioImages);

export async function setup(project: TestProject): Promise<void> {
  await makeScenarioImages(project.getProvidedContext().engine.socket);
}

export async function makeScenarioImages(socket: string): Promise<void> {
  const api = engineApi({ kind: "unix", path: socket });
  for (const [reference, config] of Object.entries(scenarioImages)) {
    const [repo = "", tag = ""] = reference.split(":");
    const env = { SERVICE: repo.slice(repo.indexOf("/") + 1), BUILD: tag };
    await makeWorkloadImage(api, { reference, config: { ...config, env } });
  }
}
