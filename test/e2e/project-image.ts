/**
 * A second `globalSetup` of the end-to-end tests: a copy of this repository as a clone would have it, the images that its
 * own Dockerfile makes of it, and an image with Node for probes.
 */
import { spawn } from "node:child_process";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { ensureBaseImage } from "../../deploy/lab/base-image.ts";
import { runCommand } from "../../deploy/lab/command.ts";
import { engineApi } from "../../deploy/lab/engine-api.ts";
import { labDir, repositoryRoot } from "../../deploy/lab/paths.ts";
import { buildProjectImage } from "../../deploy/lab/project-image.ts";

/** What tests get by `inject("project")`. */
export interface ProvidedProject {
  /** The whole repository with its installed packages. */
  readonly copyDir: string;
  /** The image of this repository's own example system. */
  readonly image: string;
  /** The image without a configuration, for `FROM`. */
  readonly tool: string;
  /** Has Node and little more. */
  readonly base: string;
  /** The bundled program. */
  readonly bundle: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly project: ProvidedProject;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const report = (line: string) => process.stderr.write(`e2e: ${line}\n`);
  const api = engineApi({ kind: "unix", path: project.getProvidedContext().engine.socket });
  const copyDir = join(labDir(), "runs", `e2e-copy-${process.pid}`);
  const [base] = await Promise.all([ensureBaseImage(api, report), copyRepository(copyDir)]);
  await runCommand(process.execPath, [join(copyDir, "deploy", "build", "bundle.ts")], { cwd: copyDir });
  const [image, tool] = ["mysysconfig:develop", "mysysconfig:tool"];
  const context = { baseImage: base, contextDir: copyDir };
  await buildProjectImage(api, { ...context, reference: tool, target: "tool" });
  const buildArgs = {
    BRANCH: "develop",
    BUILD: "112-develop",
    REVISION: "0123456789abcdef",
    SUBJECT: "A change",
  };
  await buildProjectImage(api, { ...context, reference: image, buildArgs });
  // Out of the way of the tests that build it again.
  const bundleDir = join(labDir(), "runs", `e2e-bundle-${process.pid}`);
  const bundle = join(bundleDir, "mysysconfig.cjs");
  await mkdir(bundleDir, { recursive: true });
  await copyFile(join(copyDir, "dist", "mysysconfig.cjs"), bundle);
  project.provide("project", { copyDir, image, tool, base, bundle });
  return async () => {
    for (const dir of [copyDir, bundleDir]) await rm(dir, { recursive: true, force: true });
  };
}

/** What Git would put into a clone of the working tree, and the packages as hard links. */
export async function copyRepository(target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const list = spawn("git", ["-C", repositoryRoot, "ls-files", "-co", "--exclude-standard", "-z"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pack = spawn("tar", ["-C", repositoryRoot, "--null", "--ignore-failed-read", "-T", "-", "-c"], {
    stdio: [list.stdout, "pipe", "ignore"],
  });
  const unpack = spawn("tar", ["-C", target, "-x"], { stdio: [pack.stdout, "inherit", "inherit"] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  unpack.on("error", reject).on("exit", (code) => {
    if (code === 0) resolve();
    else reject(new Error(`copying the repository failed: tar exited ${code}`));
  });
  await promise;
  await runCommand("cp", ["-al", join(repositoryRoot, "node_modules"), join(target, "node_modules")]);
}
