/** What the bundled program prints: ten mistakes at once, JSON with a stable shape, plain text in a pipe. */
import { expect, inject } from "vitest";
import { type RunResult, startProcess } from "../support/program.ts";
import { type System, test } from "../support/scenario.ts";
import { compose, unit } from "../support/texts.ts";

/** Runs the bundle as a user would; `FORCE_COLOR` must not count in a pipe. */
function runBundle({ repository, proxy }: System, ...args: readonly string[]): Promise<RunResult> {
  const [command = "", ...rest] = args;
  const argv = [inject("project").bundle, command, "--config", repository.dir, ...rest];
  return startProcess(process.execPath, argv, { DOCKER_HOST: proxy.host, TERM: "xterm-256color" }).result;
}

test("validate must list ten different mistakes of a folder with their positions", async ({ system }) => {
  await system.write({
    "mysysconfig.yaml": "project: shop\nprune:\n  maxShar: 0.5\n",
    "units/file-a.service": unit("--nmae a lab/idle:1"),
    "units/file-b.service": unit("-p 80:99999 lab/idle:1"),
    "units/file-c.service": unit("-v ./missing.conf:/etc/c.conf lab/idle:1"),
    "units/file-d.service": unit("-m lots lab/idle:1"),
    "units/file-e.service": unit("lab/idle:1").replace("Restart=", "Restrat="),
    "units/file-f.service.hbs": unit("-e X={{nowhere}} lab/idle:1"),
    "units/file-g.compose.yaml": "services:\n  web:\n    image: lab/idle:1\n    imgae: twice\n",
    "units/file-h.compose.yaml":
      "services:\n  api:\n    image: lab/idle:1\n    depends_on: [databse]\n  database:\n    image: lab/db:12\n",
    "units/file-i.compose.yaml": "services:\n  web:\n\timage: lab/idle:1\n",
    "units/file-j.compose.yaml": "services:\n  web:\n    image: lab/idle:1\n    mem_limit: lots\n",
  });
  const result = await runBundle(system, "validate");
  expect(result.exitCode).toBe(4);
  expect(system.proxy.calls()).toEqual([]);
  const positions = [...result.stderr.matchAll(/^([\w./@-]+):(\d+):(\d+): (.*)$/gm)].map(
    ([, file, line, column, message]) => ({ place: `${file}:${line}:${column}`, message }),
  );
  expect(positions.map(({ place }) => place)).toEqual([
    "mysysconfig.yaml:3:3",
    "units/file-a.service:7:31",
    "units/file-b.service:7:34",
    "units/file-c.service:7:34",
    "units/file-d.service:7:34",
    "units/file-e.service:5:1",
    "units/file-f.service.hbs:7:38",
    "units/file-g.compose.yaml:4:5",
    "units/file-h.compose.yaml:4:18",
    "units/file-i.compose.yaml:3:1",
    "units/file-j.compose.yaml:4:16",
  ]);
  expect(result.stderr).toMatch(/did you mean --name\?/);
  expect(result.stderr).toMatch(/did you mean "database"\?/);
  expect(result.stderr).toMatch(/11 mistakes in 11 files; nothing was changed\. \(exit 4\)/);
});

test("what is printed into a pipe must have no colour codes", async ({ system }) => {
  await system.write({ [`units/${system.p}web.service`]: unit("-e A=1 lab/idle:1") });
  for (const command of ["validate", "plan", "apply", "show", "plan"]) {
    const result = await runBundle(system, command);
    expect([0, 2], result.stderr).toContain(result.exitCode);
    expect(`${result.stdout}${result.stderr}`).not.toContain("\u001b");
  }
});

test("two plans of the same state must be byte-identical", async ({ system }) => {
  await system.write({
    [`units/${system.p}web.service`]: unit("-e A=1 -e B=2 lab/idle:1"),
    [`units/${system.p}shop.compose.yaml`]: compose({
      services: { db: { image: "lab/db:12", volumes: ["data:/var/lib/db"] }, api: { image: "lab/idle:1" } },
      volumes: { data: {} },
    }),
  });
  for (const args of [["plan"], ["plan", "--json"]]) {
    const [first, second] = [await runBundle(system, ...args), await runBundle(system, ...args)];
    expect(second.stdout).toBe(first.stdout);
    expect(first.exitCode, first.stderr).toBe(2);
  }
});

/** The shape of a document: names and types, a list by its first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shapeOf(member)]));
}

test("JSON must be one document with a stable shape", async ({ system }) => {
  const { p } = system;
  await system.write({ [`units/${p}web.service`]: unit("-e SECRET=hush lab/idle:1") });
  const shape = async (...args: string[]) => {
    const result = await runBundle(system, ...args);
    expect(result.stdout).not.toContain("hush");
    return shapeOf(JSON.parse(result.stdout));
  };
  expect(await shape("validate", "--json")).toEqual({
    version: "number",
    valid: "boolean",
    environment: "string",
    workloads: ["string"],
    diagnostics: [],
  });
  const position = { file: "string", line: "number", column: "number", length: "number" };
  const plan = {
    version: "number",
    project: "string",
    environment: "string",
    revision: "string",
    changes: [
      { key: "string", subject: "string", kind: "string", cause: "string", fields: [], position, notes: [] },
    ],
    steps: [
      {
        id: "string",
        kind: "string",
        change: "string",
        cause: "string",
        text: "string",
        dependsOn: [],
        after: [],
      },
    ],
    volumesKept: [],
  };
  expect(await shape("plan", "--json")).toEqual({ ...plan, refused: [], warnings: [] });
  expect(await shape("apply", "--json")).toEqual({
    version: "number",
    plan,
    report: {
      environment: "string",
      project: "string",
      revision: { id: "string" },
      changes: [{ key: "string", outcome: "string", summary: "string", durationMs: "number" }],
      converged: "boolean",
      exitCode: "number",
      verdict: "string",
      durationMs: "number",
      warnings: [],
    },
  });
  expect(await shape("show", "--json")).toMatchObject({
    [`${p}web`]: { key: "string", containerNames: ["string"] },
  });
  await system.write({ [`units/${p}web.service`]: unit("--nmae x lab/idle:1") });
  expect(await shape("plan", "--json")).toEqual({
    version: "number",
    valid: "boolean",
    diagnostics: [
      {
        severity: "string",
        code: "string",
        file: "string",
        line: "number",
        column: "number",
        endLine: "number",
        endColumn: "number",
        message: "string",
        hint: "string",
        position,
      },
    ],
  });
});

test("wrong usage must exit 64 and name what is wrong", async ({ system }) => {
  const unknownCommand = await runBundle(system, "aply");
  const unknownFlag = await runBundle(system, "plan", "--jsno");
  expect([unknownCommand.exitCode, unknownFlag.exitCode]).toEqual([64, 64]);
  expect(unknownFlag.stderr).toContain("--jsno");
  const version = await startProcess(process.execPath, [inject("project").bundle, "--version"], {}).result;
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
