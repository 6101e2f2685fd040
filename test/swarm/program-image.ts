/** The image of the program as a repository's own build makes it, on all nodes of a cluster. */
import { cp, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { ensureBaseImage } from "../../deploy/lab/base-image.ts";
import { runCommand } from "../../deploy/lab/command.ts";
import { labDir, repositoryRoot } from "../../deploy/lab/paths.ts";
import { buildProjectImage } from "../../deploy/lab/project-image.ts";
import type { SwarmCluster } from "../../deploy/lab/swarm-cluster.ts";
import { copyImages } from "../../deploy/lab/swarm-images.ts";
import type { TempRepository } from "../support/temp-repository.ts";

const tool = "mysysconfig:tool";

/** What the stacks of `deploy/swarm` run. */
export const programImage = "mysysconfig:develop";

/** Builds the program, and its image without a configuration, on the cluster's first node. */
export async function makeToolImage(cluster: SwarmCluster, report: (line: string) => void): Promise<void> {
  const { api } = cluster.manager();
  const contextDir = join(labDir(), "runs", `swarm-image-${process.pid}`);
  try {
    const [baseImage] = await Promise.all([ensureBaseImage(api, report), copySources(contextDir)]);
    await runCommand(process.execPath, [join(contextDir, "deploy", "build", "bundle.ts")], {
      cwd: contextDir,
    });
    await buildProjectImage(api, { contextDir, baseImage, reference: tool, target: "tool" });
  } finally {
    await rm(contextDir, { recursive: true, force: true });
  }
}

/** What a build needs of the working tree: nothing that others do to it meanwhile gets into the image half. */
async function copySources(target: string): Promise<void> {
  const ignored = await readFile(join(repositoryRoot, ".dockerignore"), "utf8");
  const kept = ignored.split("\n").flatMap((line) => (line.startsWith("!") ? [line.slice(1).trim()] : []));
  for (const path of ["Dockerfile", ".dockerignore", ...kept.filter((one) => !one.startsWith("dist/"))]) {
    await mkdir(join(target, path, ".."), { recursive: true });
    await cp(join(repositoryRoot, path), join(target, path), { recursive: true });
  }
  await symlink(join(repositoryRoot, "node_modules"), join(target, "node_modules"));
}

const dockerfile = [
  `FROM ${tool}`,
  ...["COPY units units", "COPY mysysconfig.yaml mysysconfig.yaml", ""],
].join("\n");

/**
 * Bakes the configuration as its owners do, and brings the image to all nodes. Nobody finds it under its name before it is
 * everywhere, as with a registry: a daemon follows the name.
 */
export async function bakeConfiguration(
  cluster: SwarmCluster,
  repository: TempRepository,
  { build, revision }: { readonly build: string; readonly revision: string },
): Promise<void> {
  const [first] = cluster.nodes;
  if (first === undefined) throw new Error("the cluster has no node");
  await repository.write({ Dockerfile: dockerfile });
  const reference = `mysysconfig:${build}`;
  // Without a branch it is of the same environment as the folder. The first node has the image of the program.
  await buildProjectImage(first.api, {
    ...{ reference, baseImage: tool, contextDir: repository.dir },
    buildArgs: { BUILD: build, REVISION: revision, SUBJECT: `Configuration ${build}` },
  });
  await repository.write({ Dockerfile: undefined });
  await copyImages(cluster, first, [reference]);
  const [repo = "", tag = ""] = programImage.split(":");
  for (const { api } of cluster.nodes)
    await api.call("POST", `/images/${reference}/tag`, { query: { repo, tag } });
}
