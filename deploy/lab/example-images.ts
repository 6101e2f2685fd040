/**
 * The images that the example system in `units/` runs. They are made here, out of busybox, because a machine without
 * a registry must be able to run the example.
 */
import type { Report } from "./apt.ts";
import type { EngineApi } from "./engine-api.ts";
import { hasImage, type ImageConfig, type ImageHealthcheck } from "./image-import.ts";
import { makeWorkloadImage } from "./workload-image.ts";

interface ExampleImage {
  readonly repo: string;
  readonly tags: readonly string[];
  readonly config: ImageConfig;
}

const EXAMPLE_IMAGES: readonly ExampleImage[] = [
  {
    repo: "myrepo/myservice",
    tags: ["58-develop", "59-develop"],
    config: { cmd: ["serve", "3000"], expose: ["3000/tcp"] },
  },
  {
    repo: "myrepo/web",
    tags: ["58-develop", "59-develop"],
    config: { cmd: ["serve", "80"], expose: ["80/tcp"], healthcheck: answers(80) },
  },
  { repo: "myrepo/worker", tags: ["58-develop", "59-develop"], config: { cmd: ["work"] } },
  {
    repo: "myrepo/db",
    tags: ["12-develop"],
    config: {
      cmd: ["database"],
      expose: ["5432/tcp"],
      volumes: ["/var/lib/db"],
      healthcheck: { command: ["test", "-e", "/tmp/ready"], interval: "1s" },
    },
  },
  {
    repo: "myrepo/api",
    tags: ["41-develop", "42-develop"],
    config: { cmd: ["serve", "8080"], expose: ["8080/tcp"], healthcheck: answers(8080) },
  },
  { repo: "myrepo/migrate", tags: ["41-develop", "42-develop"], config: { cmd: ["migrate"] } },
  {
    repo: "myrepo/proxy",
    tags: ["7-develop"],
    config: { cmd: ["proxy"], expose: ["80/tcp"] },
  },
];

/**
 * Makes those that the Engine has not got and answers their references. It never tries to pull them: on a public
 * registry `myrepo` is somebody else's name.
 */
export async function ensureExampleImages(api: EngineApi, report: Report): Promise<readonly string[]> {
  const made: string[] = [];
  for (const { repo, tags, config } of EXAMPLE_IMAGES) {
    for (const tag of tags) {
      const reference = `${repo}:${tag}`;
      if (await hasImage(api, reference)) continue;
      const env = { SERVICE: repo.slice(repo.lastIndexOf("/") + 1), BUILD: tag };
      await makeWorkloadImage(api, { reference, config: { ...config, env } }, report);
      made.push(reference);
    }
  }
  return made;
}

function answers(port: number): ImageHealthcheck {
  const command = ["wget", "-q", "-O-", `http://127.0.0.1:${port}/`];
  return { command, interval: "1s", timeout: "3s", retries: 3 };
}
