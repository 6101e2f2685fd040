/** The newest docker client and Compose plugin of Debian: the peers for speed and the oracles for comparisons. */
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Report } from "./apt.ts";
import { ensureEngineRoot } from "./engine-root.ts";
import { labDir } from "./paths.ts";

export interface DockerClient {
  /** The path of the `docker` program; it runs on this machine as it is. */
  readonly docker: string;
  /** For `DOCKER_CONFIG`: a folder in which `docker compose` is found and no credentials lie. */
  readonly configDir: string;
}

export async function ensureDockerClient(report: Report = () => {}): Promise<DockerClient> {
  const root = await ensureEngineRoot("newest", report);
  // Named after the root, whose plugins it links to: made once, by whoever comes first.
  const configDir = join(labDir(), "docker-config", basename(root));
  const plugins = join(configDir, "cli-plugins");
  await mkdir(configDir, { recursive: true });
  if (!existsSync(plugins))
    await symlink(join(root, "usr/libexec/docker/cli-plugins"), plugins).catch(() => {});
  return { docker: join(root, "usr/bin/docker"), configDir };
}
