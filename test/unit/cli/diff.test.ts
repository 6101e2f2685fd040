import { describe, expect, onTestFinished, test } from "vitest";
import { createApp } from "../../../src/app.ts";
import { runCli } from "../../../src/cli/cli.ts";
import type { Runtime } from "../../../src/cli/runtime.ts";
import { plainPaint } from "../../../src/lib/paint.ts";
import { readSettings } from "../../../src/settings.ts";
import { createTempRepository, type RepositoryFiles } from "../../support/temp-repository.ts";
import { compose, unit } from "../../support/texts.ts";

interface Answer {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Two folders, the program as it is wired, and no Engine. `A` and `B` in the arguments stand for the folders. */
async function diff(
  before: RepositoryFiles,
  after: RepositoryFiles,
  options: { readonly args?: readonly string[]; readonly variables?: Readonly<Record<string, string>> } = {},
): Promise<Answer & { readonly a: string; readonly b: string }> {
  const [a, b] = [
    await createTempRepository({ "units/none": undefined, ...before }),
    await createTempRepository({ "units/none": undefined, ...after }),
  ];
  onTestFinished(async () => {
    await a[Symbol.asyncDispose]();
    await b[Symbol.asyncDispose]();
  });
  const answer = await run(["diff", a.dir, b.dir, ...(options.args ?? [])], options.variables);
  return { ...answer, a: a.dir, b: b.dir };
}

async function run(
  argv: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const out: string[] = [];
  const err: string[] = [];
  const runtime: Runtime = {
    daemonProcess: () => Promise.reject(new Error("nothing stays up here")),
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    interactive: false,
    paint: plainPaint,
    signal: AbortSignal.timeout(30_000),
    version: "1.2.3",
    files: { read: async () => "", readBytes: async () => new Uint8Array(), write: async () => {} },
    createApp: (flags) => createApp(flags, readSettings({ HOME: "/nowhere", ...variables }), () => {}),
  };
  const exitCode = await runCli(argv, runtime);
  return { exitCode, out: out.join(""), err: err.join("") };
}

const web = (tag: string, more = "") => unit(`--name web --network front ${more} myrepo/web:${tag}`);
const front = {
  "units/shop.compose.yaml": compose({
    services: { db: { image: "postgres:16", networks: ["front"] } },
    networks: { front: { name: "front" } },
  }),
};

/** Markdown with its entities as the characters they stand for. */
function decoded(text: string): string {
  return text
    .replace(/<\/?code>/g, "")
    .replace(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)));
}

describe("diff", () => {
  test("must print the plan that the change would be, with both revisions, and exit with 2", async () => {
    const { exitCode, out, err } = await diff(
      { ...front, "units/web.service": web("58-develop"), "units/old.service": unit("busybox:1") },
      { ...front, "units/web.service": web("59-develop", "-e LOG=debug") },
    );
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: "" });
    const [title, , ...rest] = out.split("\n");
    expect(title).toMatch(/^default @ [0-9a-f]{7} → [0-9a-f]{7}$/);
    expect(rest.join("\n")).toBe(
      [
        "      pull  myrepo/web:59-develop  the image is not on the Engine",
        "",
        "  - old  no longer in the configuration",
        "      stop     old, up to 2 s",
        "      remove   old",
        "  ~ web  image  myrepo/web:58-develop → 59-develop  units/web.service:7  start-first, no downtime",
        "      env LOG  + ***",
        "      cause: the configuration changed",
        "      create   web (next), without its aliases yet",
        "      start    web (next)",
        "      gate     web (next) good within 3 min 10 s, then stable for 5 s",
        "      cut over web on front",
        "      wait     1 s for clients to reach the new address",
        "      stop     web, up to 2 s",
        "      retain   web (previous) for 24 h; undo: mysysconfig rollback web",
        "      rename   web (next) to web",
        "",
        "1 to replace, 1 to remove, 1 unchanged. Expected downtime: none.",
        "",
      ].join("\n"),
    );
  });

  test("must say when nothing that runs would change, and exit with 0", async () => {
    const files = { ...front, "units/web.service": web("58-develop") };
    const moved = { ...front, "units/web.service": `# a remark\n${web("58-develop")}` };
    const { exitCode, out } = await diff(files, moved);
    expect(exitCode).toBe(0);
    expect(out.split("\n").slice(2)).toEqual(["Nothing that runs would change: 2 workloads.", ""]);
  });

  test("must tell settings that change for later runs, which is no change of what runs", async () => {
    const files = (policy: string) => ({ ...front, "mysysconfig.yaml": `policy: { ${policy} }\n` });
    for (const format of ["text", "markdown", "json"]) {
      const args = ["--format", format];
      const { exitCode, out } = await diff(files("stability: 5s"), files("stability: 20s"), { args });
      expect(exitCode).toBe(0);
      expect(decoded(out)).toContain("policy.stability: 5 s → 20 s");
    }
  });

  test("must list the mistakes of both sides with the side in front, and exit with 4", async () => {
    const { exitCode, out, err, a, b } = await diff(
      { "units/web.service": unit("--nmae x img:1") },
      { "units/web.service": unit("-p 99999:1 img:1"), "units/ok.service": unit("img") },
    );
    expect({ exitCode, out }).toEqual({ exitCode: 4, out: "" });
    expect(err).toContain(`${a}:units/web.service:7:31: unknown`);
    expect(err).toContain(`${b}:units/web.service:7:34:`);
    // The lines they are about are those of the right side.
    expect(err).toContain("--nmae x img:1\n");
    expect(err).toContain("-p 99999:1 img:1\n");
    expect(err).toContain("2 mistakes in 2 files; nothing was compared. (exit 4)\n");
  });

  test("must refuse when only the earlier side has a mistake, in JSON as in text", async () => {
    const files = { "units/web.service": unit("--nmae x img:1") };
    const { exitCode, out, a } = await diff(files, front, { args: ["--json"] });
    expect(exitCode).toBe(4);
    expect(JSON.parse(out)).toMatchObject({
      valid: false,
      diagnostics: [{ side: a, position: { file: "units/web.service", line: 7 } }],
    });
  });

  test("must warn about the later side alone", async () => {
    const { err, b } = await diff({ "units/aa.service": unit("img") }, { "units/bb.service": unit("img") });
    expect(err.match(/warning: /g)).toHaveLength(1);
    expect(err).toContain(`${b}:units/bb.service:7:`);
  });

  test("must give the versioned document of a plan, and both ends", async () => {
    const { out, a, b } = await diff(
      { ...front, "units/web.service": web("58-develop") },
      { ...front, "units/web.service": web("59-develop") },
      { args: ["--format", "json"] },
    );
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      environment: "default",
      changes: [{ key: "shop/db" }, { key: "web", kind: "replace", fields: [{ field: "image" }] }],
      from: { name: a, environment: "default", revision: expect.stringMatching(/^[0-9a-f]{64}$/) },
      to: { name: b, environment: "default", revision: expect.stringMatching(/^[0-9a-f]{64}$/) },
      refused: [],
    });
  });

  test("must say what apply would refuse", async () => {
    const files = { "units/aa.service": unit("img:1"), "units/bb.service": unit("img:1") };
    const { exitCode, out } = await diff(files, {});
    expect(exitCode).toBe(2);
    expect(out).toContain(
      "apply would refuse this: the configuration has no workloads, but 2 workloads of it",
    );
    const markdown = await diff(files, {}, { args: ["--format", "markdown"] });
    expect(markdown.out).toContain("apply would refuse this: the configuration has no workloads");
  });

  test("must take both sides for the environment that is asked for, whatever this image was baked for", async () => {
    const settings =
      "environments:\n  develop: { values: { tag: 1 } }\n  production: { values: { tag: 2 } }\n";
    const files = { "mysysconfig.yaml": settings, "units/web.service.hbs": unit("img:{{tag}}") };
    const changed = { ...files, "units/web.service.hbs": unit("img:{{tag}} -v") };
    const variables = { MYSYSCONFIG_BRANCH: "develop" };
    const args = ["--environment", "production"];
    const chosen = await diff(files, changed, { args, variables });
    expect(chosen.out).toMatch(/^production @ /);
    const undecided = await diff(files, changed, { variables });
    expect(undecided.exitCode).toBe(4);
    expect(undecided.err).toContain("no environment is chosen");
  });

  test("must never show a secret, in any format", async () => {
    const secret = "p|<&ss`word_";
    const files = (tag: string) => ({
      "mysysconfig.yaml": "secrets: [token]\n",
      "units/web.service.hbs": unit(`--label "key={{secrets.token}}-${tag}" img:1`),
    });
    const variables = { MYSYSCONFIG_SECRET_token: secret };
    for (const format of ["text", "markdown", "json"]) {
      const args = ["--format", format, "--show-values"];
      const { exitCode, out } = await diff(files("1"), files("2"), { args, variables });
      expect(exitCode).toBe(2);
      const text = decoded(out);
      expect(text).toContain("***-2");
      expect(text).not.toContain(secret);
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
  });

  test.for([
    ["diff", "."],
    ["diff", ".", ".", "--format", "html"],
    ["diff", ".", ".", "--json", "--format", "text"],
    ["diff", "no such thing:", "."],
    ["diff", "develop", "master", "--repo", "http://git.example.com/config.git"],
  ])("must answer wrong usage with exit code 64 and words: %o", async (argv) => {
    const { exitCode, out, err } = await run(argv);
    expect(exitCode).toBe(64);
    expect(`${out}${err}`).toMatch(/error|mysysconfig: /);
  });

  test("must say in JSON what went wrong when JSON was asked for", async () => {
    for (const args of [["--format", "json"], ["--format=json"], ["--json"]]) {
      const { out } = await run(["diff", "no such thing:", ".", ...args]);
      expect(JSON.parse(out)).toMatchObject({
        error: { code: "usage", message: expect.stringContaining("no such thing:") },
      });
    }
  });

  test("must take a word that is no folder for a revision of the clone around it", async () => {
    const { exitCode, err } = await run(["diff", "no-such-revision", "."]);
    expect(exitCode).toBe(4);
    expect(err).toContain("no-such-revision");
  });

  test("must take a path for a folder and nothing else, and say that it is missing", async () => {
    const { exitCode, err } = await run(["diff", "./no-such-thing", "."]);
    expect(exitCode).toBe(4);
    expect(err).toContain('configuration folder "./no-such-thing": not found');
  });

  test("must take a bare word for a folder, unless revisions of another repository are asked for", async () => {
    const folder = await run(["diff", "test", "./src"]);
    expect(folder).toMatchObject({ exitCode: 4 });
    expect(folder.err).toContain('"test" is not a configuration repository');
    // The address is refused before anybody is asked.
    const revision = await run(["diff", "test", "./src", "--repo", "http://git.example.com/config.git"]);
    expect(revision).toMatchObject({ exitCode: 64 });
    expect(revision.err).toContain("http");
  });
});

describe("a secret in what diff prints", () => {
  const secret = 'a "b\\c\nd';
  const unitWith = (tag: string, word: string) => unit(`busybox:${tag} echo ${word}`);
  const settings = { "mysysconfig.yaml": "project: shop\nsecrets: [TOKEN]\n" };
  const before = { ...settings, "units/web.service": unitWith("1", "old") };
  const after = { ...settings, "units/web.service.hbs": unitWith("2", "{{quote secrets.TOKEN}}") };

  test.for(["text", "markdown", "json"])("must be masked as %s, however it is quoted", async (format) => {
    const { exitCode, out, err } = await diff(before, after, {
      args: ["--format", format, "--show-values"],
      variables: { MYSYSCONFIG_SECRET_TOKEN: secret },
    });
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: "" });
    expect(decoded(out)).toContain("***");
    expect(decoded(out)).not.toMatch(/a \\*"b|b\\+c|\\+nd/);
  });

  test.for(["text", "markdown"])("must not be shown in part where %s cuts it", async (format) => {
    const filler = "x".repeat(150);
    const long = { ...after, "units/web.service.hbs": unitWith("2", `${filler}{{secrets.TOKEN}}`) };
    const { out } = await diff(before, long, {
      args: ["--format", format],
      variables: { MYSYSCONFIG_SECRET_TOKEN: "correct-horse-battery" },
    });
    expect(decoded(out)).toContain(`${filler}***`);
    expect(decoded(out)).not.toContain("corr");
  });
});
