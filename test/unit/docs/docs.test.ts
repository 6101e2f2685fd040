import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPages } from "../../../deploy/docs/pages.ts";
import { renderDocs } from "../../../deploy/docs/render-docs.ts";
import { declaredCommands } from "../../../deploy/docs/sections/run.ts";
import { settingsKeys, variables } from "../../../deploy/docs/sections/settings.ts";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { parseSettings } from "../../../src/desired/settings-file.ts";
import type { ManifestTree } from "../../../src/model/manifest-tree.ts";
import { readSettings } from "../../../src/settings.ts";
import { flagTable } from "../../../src/unit/docker-run-flags.ts";
import { brokenLinks, codeBlocks, configurationFiles, root, writtenPages } from "./pages.ts";

const pages = [...writtenPages()].map(([path, text]) => ({ path, text }));
const readme = readFileSync(join(root, "README.md"), "utf8");

describe("the generated parts of docs/", () => {
  test("must be what the code gives (npm run docs)", () => {
    const committed = readPages();
    expect(Object.fromEntries(renderDocs(committed))).toEqual(Object.fromEntries(committed));
  });

  test("must refuse a marker that names nothing", () => {
    const page = "<!-- generated: nonsense -->\n<!-- /generated -->";
    expect(() => renderDocs(new Map([["docs/x.md", page]]))).toThrow('no generated part "nonsense"');
  });
});

describe("the tables that are written by hand", () => {
  test("must have every key of the settings and no other", () => {
    const hintFor = (text: string) =>
      parseSettings(text).diagnostics.find(({ code }) => code === "unknown-key")?.hint ?? "";
    const known = (text: string) => hintFor(text).replace("known keys: ", "").split(", ");
    const prefixed = (prefix: string, keys: readonly string[]) => keys.map((key) => `${prefix}.${key}`);
    const groups = ["images", "policy", "prune"];
    const keys = [
      ...known("zzzzzzzz: 1").filter((key) => !groups.includes(key)),
      ...groups.flatMap((group) => prefixed(group, known(`${group}: { zzzzzzzzzz: 1 }`))),
      ...prefixed("environments.NAME", known("environments: { a: { zzzzzzzz: 1 } }")),
      ...prefixed("schedules.NAME", ["cron", "timeZone", "jitter", "catchUp"]),
      ...prefixed("notifications.NAME", known("notifications: { a: { zzzzzzzz: 1 } }")),
    ];
    expect(Object.keys(settingsKeys).sort()).toEqual(keys.sort());
  });

  test("must have every variable that the program reads", () => {
    const read = new Set<string>();
    const environment = new Proxy<Record<string, string>>(
      { MYSYSCONFIG_VALUE_NAME: "x", MYSYSCONFIG_SECRET_NAME: "y", HOME: "/nowhere" },
      {
        get: (target, name) => {
          if (typeof name === "string") read.add(name);
          return Reflect.get(target, name);
        },
      },
    );
    const settings = readSettings(environment);
    expect([...settings.variables.keys()]).toEqual(["NAME"]);
    expect([...settings.secrets.keys()]).toContain("NAME");
    // NO_COLOR is read where colours are chosen.
    const documented = Object.keys(variables).filter((name) => name !== "NO_COLOR");
    expect(documented.sort()).toEqual([...read].sort());
  });
});

describe.for(pages)("$path", ({ path, text }) => {
  test("must have no link that leads nowhere", () => {
    expect(brokenLinks(path, text)).toEqual([]);
  });

  test("must name only options and commands that exist", () => {
    expect([...unknownOptions(text), ...unknownCommands(text)]).toEqual([]);
  });
});

describe.for(pages.filter(({ text }) => configurationFiles(text).size > 0))(
  "the example in $path",
  ({ text }) => {
    test("must compile", () => {
      expect(compile(configurationFiles(text))).toEqual({ mistakes: [], hasWorkloads: true });
    });
  },
);

describe("README", () => {
  test("must show a whole configuration", () => {
    expect([...configurationFiles(readme).keys()].sort()).toEqual([
      "mysysconfig.yaml",
      "units/hello.service",
    ]);
  });

  test("must list every command and every option", () => {
    const commands = declaredCommands();
    const options = commands.flatMap((command) => command.options.map(({ long }) => long ?? ""));
    const names = [...commands.map((command) => command.name()), ...options];
    expect(names.filter((name) => !new RegExp(`^\\| \`${name}\\b`, "m").test(readme))).toEqual([]);
  });

  test("must report an option that does not exist", () => {
    expect(unknownOptions("`plan --dry-runs`")).toEqual(["--dry-runs"]);
    expect(unknownCommands("```\ndocker run --rm mysysconfig:develop aply\n```")).toEqual(["aply"]);
  });
});

/** Options of the other programs that the pages tell to run: docker build and run, npm, git, systemctl. */
const otherOptions = ["target", "build-arg", "rm", "purge", "format", "filter", "help", "version", "now"];

/** In inline code and in command lines alike. */
function unknownOptions(page: string): string[] {
  const own = declaredCommands().flatMap((command) => command.options.map(({ long = "" }) => long?.slice(2)));
  const flags = flagTable.flatMap(({ name, aliases = [], formerly = [] }) => [name, ...aliases, ...formerly]);
  const known = new Set([...own, ...flags, ...otherOptions]);
  const spans = [...page.matchAll(/`[^`\n]+`/g)].map(([span]) => span);
  // The options of a test program are its own.
  const blocks = codeBlocks(page).map(({ text }) => text.replace(/npm run test:faults -- .*/g, ""));
  const texts = [...spans, ...blocks];
  const found = texts.flatMap((text) => [...text.matchAll(/(?<![\w<!-])--([a-z][a-z0-9-]*)/g)]);
  return found.flatMap(([, name = ""]) => (known.has(name) ? [] : [`--${name}`]));
}

/** The word behind the image of a docker run line is a command of ours. */
function unknownCommands(page: string): string[] {
  const commands = declaredCommands().map((command) => command.name());
  const lines = codeBlocks(page).flatMap(({ text }) => [
    ...text.matchAll(/docker run .*mysysconfig:develop ([a-z]+)\b/g),
  ]);
  return lines.flatMap(([, word = ""]) => (commands.includes(word) ? [] : [word]));
}

function compile(files: ReadonlyMap<string, string>) {
  const tree: ManifestTree = new Map(
    [...files].map(([path, text]) => [
      path,
      { path, content: new TextEncoder().encode(text), executable: false },
    ]),
  );
  const none = new Map<string, string>();
  const inputs = { branch: "develop", variables: none, mountedValues: none, secrets: none };
  const options = { allowMissingSecrets: true, hostName: "prod-1" };
  const { value, diagnostics } = compileDesiredState(tree, { id: "0".repeat(40) }, inputs, options);
  const mistakes = diagnostics.map(
    ({ position, message }) => `${position.file}:${position.line}: ${message}`,
  );
  return { mistakes, hasWorkloads: (value?.workloads.length ?? 0) > 0 };
}
