/** Builds the image of this repository through the Engine's own build call: no docker client is needed. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { lastLines } from "./command.ts";
import type { EngineApi } from "./engine-api.ts";
import { repositoryRoot } from "./paths.ts";

export interface ProjectImageOptions {
  /** The tag of the image, such as `mysysconfig:develop`. */
  readonly reference: string;
  readonly baseImage: string;
  /** Build arguments of the Dockerfile: BRANCH, REVISION, …. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** A stage of the Dockerfile; the last one by default. `tool` is the image without a configuration. */
  readonly target?: string;
  /** Another folder with a Dockerfile. */
  readonly contextDir?: string;
}

/** Builds and tags the image; an error ends with the last lines of the build. */
export async function buildProjectImage(
  api: EngineApi,
  options: ProjectImageOptions,
  onLine: (line: string) => void = () => {},
): Promise<void> {
  const contextDir = options.contextDir ?? repositoryRoot;
  const query = {
    t: options.reference,
    buildargs: JSON.stringify({ BASE_IMAGE: options.baseImage, ...options.buildArgs }),
    rm: "1",
    forcerm: "1",
    ...(options.target === undefined ? {} : { target: options.target }),
  };
  let output = "";
  try {
    await api.progress("POST", "/build", { query, stream: packContext(contextDir) }, ({ stream = "" }) => {
      output += stream;
      for (const line of stream.split("\n").filter((one) => one.trim() !== "")) onLine(line);
    });
  } catch (cause) {
    throw new Error(`building ${options.reference} failed:\n${lastLines(output, 15)}`, { cause });
  }
}

function packContext(contextDir: string): Readable {
  const tar = spawn("tar", ["-C", contextDir, "-c", "--", ...contextPaths(contextDir)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  tar.on("error", (error) => tar.stdout.destroy(error));
  return tar.stdout;
}

/**
 * The docker client applies `.dockerignore`, the Engine does not. Ours leaves everything out and lists what stays in,
 * which needs no pattern matching; a folder without such a file is packed whole.
 */
function contextPaths(contextDir: string): readonly string[] {
  const ignoreFile = join(contextDir, ".dockerignore");
  if (!existsSync(ignoreFile)) return ["."];
  const kept = readFileSync(ignoreFile, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1).trim());
  return ["Dockerfile", ".dockerignore", ...kept].filter((path) => existsSync(join(contextDir, path)));
}
