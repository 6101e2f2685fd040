import { mkdir, mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileCompose } from "../../../src/compose/compile-compose.ts";
import type { Parsed } from "../../../src/lib/diagnostic.ts";
import type { CompiledManifest } from "../../../src/model/compile.ts";
import { isReconcilerError } from "../../../src/model/errors.ts";
import { readFolder } from "../../../src/source/read-folder.ts";
import { context, describe as describeAll, path } from "./support.ts";

/** Every place of a compose file that names a file of the repository. */
const places: Readonly<Record<string, (file: string) => string>> = {
  include: (file) => `include: ["${file}"]\nservices: {web: {image: a:1}}\n`,
  "include.path": (file) => `include: [{path: ["${file}"]}]\nservices: {web: {image: a:1}}\n`,
  "include.env_file": (file) =>
    `include: [{path: part.yaml, env_file: "${file}"}]\nservices: {web: {image: a:1}}\n`,
  "include.project_directory": (file) =>
    `include: [{path: part.yaml, project_directory: "${file}"}]\nservices: {web: {image: a:1}}\n`,
  extends: (file) => `services: {web: {image: a:1, extends: {service: x, file: "${file}"}}}\n`,
  env_file: (file) => `services: {web: {image: a:1, env_file: "${file}"}}\n`,
  "env_file, not required": (file) =>
    `services: {web: {image: a:1, env_file: [{path: "${file}", required: false}]}}\n`,
  label_file: (file) => `services: {web: {image: a:1, label_file: ["${file}"]}}\n`,
  "configs.file": (file) => `services: {web: {image: a:1, configs: [c]}}\nconfigs: {c: {file: "${file}"}}\n`,
  "secrets.file": (file) => `services: {web: {image: a:1, secrets: [c]}}\nsecrets: {c: {file: "${file}"}}\n`,
  volumes: (file) =>
    `services: {web: {image: a:1, volumes: [{type: bind, source: "${file}", target: /d}]}}\n`,
  seccomp: (file) => `services: {web: {image: a:1, security_opt: ["seccomp=${file}"]}}\n`,
};

const part = "services: {x: {image: x:1}}\n";

/** Reads a folder with these files and links, and compiles its stack. */
async function compileFolder(
  text: string,
  links: Readonly<Record<string, string>> = {},
): Promise<Parsed<CompiledManifest>> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "contained-"));
  const root = join(folder.path, "repository");
  await mkdir(join(root, "units/parts"), { recursive: true });
  await mkdir(join(folder.path, "outside"));
  await writeFile(join(folder.path, "outside/part.yaml"), part);
  await writeFile(join(folder.path, "outside/secret.env"), "SECRET=leaked\n");
  await writeFile(join(root, "units/part.yaml"), part);
  await writeFile(join(root, "units/parts/p.yaml"), part);
  await writeFile(join(root, "units/parts/p.env"), "A=1\n");
  await writeFile(join(root, path), text);
  for (const [name, target] of Object.entries(links)) await symlink(target, join(root, name));
  const files = await readFolder(root, ["units"], AbortSignal.timeout(10_000));
  const tree = new Map(files.map((file) => [file.path, file]));
  return compileCompose(path, text, "shop", { ...context(), tree });
}

describe.each(Object.entries(places))("%s", (place, write) => {
  test.for([
    ["../../outside/secret.env", "outside-repository"],
    ["../../../../../../../../etc/passwd", "outside-repository"],
    ["parts/../../../outside/part.yaml", "outside-repository"],
  ] as const)("must not lead out of the repository: %s", async ([file, code]) => {
    const { value, diagnostics } = await compileFolder(write(file));
    expect(value).toBeUndefined();
    expect(diagnostics.filter(({ severity }) => severity === "error").map((one) => one.code)).toEqual([code]);
  });

  test("must not lead to a file of the host that would be read", async () => {
    const { value, diagnostics } = await compileFolder(write("/etc/passwd"));
    // Only what the Engine mounts by itself may lie on its host; nothing of it is read here.
    const isMounted = ["configs.file", "secrets.file", "volumes"].includes(place);
    const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
    expect(errors).toEqual(isMounted ? [] : ["host-file"]);
    expect(value?.fileSets ?? []).toEqual([]);
  });
});

describe("a link in the repository", () => {
  const refusal = async (links: Readonly<Record<string, string>>, text = part): Promise<string> => {
    try {
      const { value, diagnostics } = await compileFolder(text, links);
      return value ? "taken" : describeAll(diagnostics).join("\n");
    } catch (error) {
      if (isReconcilerError(error)) return `${error.code}: ${error.message}`;
      throw error;
    }
  };

  test.for([
    ["a file outside", { "units/link": "../../outside/secret.env" }],
    ["a folder outside", { "units/link": "../../outside" }],
    ["an absolute path", { "units/link": "/etc/passwd" }],
    ["a folder of the host", { "units/link": "/etc" }],
  ] as const)("must not lead to %s", async ([_, links]) => {
    const text = places["env_file"]?.("link") ?? "";
    expect(await refusal(links, text)).toBe(
      'configuration-unreadable: "units/link" is a link that leaves the configuration',
    );
  });

  test.for([
    ["itself", { "units/link": "link" }, "leads nowhere"],
    ["one that leads back", { "units/one": "two", "units/two": "one" }, "leads nowhere"],
    ["the folder around it", { "units/parts/up": ".." }, "leads back to a folder around it"],
  ] as const)("must not lead to %s", async ([_, links, words]) => {
    expect(await refusal(links)).toContain(words);
  });

  test("must lead to files and folders of the repository", async () => {
    const text = `include: [linked/p.yaml]
services:
  web: {image: a:1, env_file: file.env, extends: {service: x, file: linked/p.yaml}, volumes: ["./linked:/d"]}
`;
    const links = { "units/linked": "parts", "units/file.env": "parts/p.env" };
    const { value, diagnostics } = await compileFolder(text, links);
    expect(describeAll(diagnostics)).toEqual([]);
    expect(value?.workloads.map(({ key }) => key)).toEqual(["shop/web", "shop/x"]);
    expect(value?.workloads[0]?.container.environment).toEqual({ A: "1" });
    expect(value?.fileSets[0]?.files.map((file) => file.path)).toEqual(["p.env", "p.yaml"]);
  });

  test("must not make a circle of includes", async () => {
    const text = "include: [again.yaml]\nservices: {web: {image: a:1}}\n";
    const said = await refusal({ "units/again.yaml": "shop.compose.yaml" }, text);
    expect(said).toContain("include one another in a circle");
  });
});
