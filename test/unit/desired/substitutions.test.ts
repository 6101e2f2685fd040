import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { parseSettings } from "../../../src/desired/settings-file.ts";
import { newSubstituter } from "../../../src/desired/substitute.ts";
import { costGrowth } from "../../support/growth.ts";
import { treeOf } from "../render/support.ts";

const values = { tags: { cache: "myrepo/cache:58-develop" }, prefix: "x", secrets: { token: "s3cr3t" } };

function tableOf(yaml: string) {
  const { value, diagnostics } = parseSettings(`substitutions:\n${yaml}`);
  const table = newSubstituter(value?.substitutions ?? [], values, ["s3cr3t"]);
  const said = diagnostics.map(({ position, message, hint }) => {
    return `${position.line}:${position.column} ${message}${hint === undefined ? "" : ` | ${hint}`}`;
  });
  return { table, said, outputOf: (command: string) => table.substitute(command)?.value };
}

describe("the table of substitutions", () => {
  const { table, said, outputOf } = tableOf(`
  uuidgen: fixed
  "cat  /etc/tag": 58
  "get_image /deis/{app}": "{{lookup tags app}}"
  "get_image /deis/{app}/of/{user}": "{{app}}-{{user}}-{{prefix}}"
  "docker inspect --format {{.Id}} \${NAME}": id
  "get {key}": "any {{key}}"
  "get exact": one
  "docker port {name} {port}/tcp": "{{name}}:{{port}}"
  broken: "{{nothing}}"
`);

  test.for([
    ["uuidgen", "fixed"],
    ["cat /etc/tag", "58"],
    ["get_image /deis/cache", "myrepo/cache:58-develop"],
    ["get_image /deis/cache/of/me", "cache-me-x"],
    ["docker inspect --format {{.Id}} ${NAME}", "id"],
    ["get exact", "one"],
    ["get other", "any other"],
    ["docker port web 80/tcp", "web:80"],
    ["uuidgen -r", undefined],
    ["get", undefined],
    ["get a b", undefined],
    ["get a/b", undefined],
    ["docker inspect --format x y", undefined],
  ] as const)("must give for %s: %s", ([command, value]) => {
    expect(said).toEqual([]);
    expect(outputOf(command)).toBe(value);
  });

  test("must say at its own place what is wrong with an expression that is used", () => {
    expect(table.substitute("broken")?.diagnostics).toMatchObject([
      { code: "missing-value", position: { file: "mysysconfig.yaml", line: 11, column: 11 } },
    ]);
    expect(table.substitute("get_image /deis/nobody")?.diagnostics[0]?.message).toContain("substitutions.");
  });

  test.for([
    ["  $(uuidgen): x", '2:3 substitutions: write the command without $( ) around it | write "uuidgen"'],
    ['  "`a b`": x', '2:3 substitutions: write the command without $( ) around it | write "a b"'],
    ['  "": x', "2:3 substitutions: a command is missing"],
    ["  a: 1\n  a : 2", "3:3"],
    ['  "a b": 1\n  "a  b": 2', '3:3 substitutions: "a b" is given twice'],
    ["  a {x} {x}: 1", "2:3 substitutions: {x} is captured twice"],
    ["  a {x}{y}: 1", "2:3 substitutions: two captures side by side"],
    ["  a: [1]", '2:6 substitutions."a" must be a text, not a list'],
    ['  a: "{{#if}}"', '2:6 substitutions."a": '],
    ['  a: "{{unknown x y}}"', '2:6 substitutions."a": '],
    ['  a: "{{> part}}"', '2:6 substitutions."a": '],
    ["  - a", "2:3 substitutions must be a mapping, not a list"],
  ] as const)("must refuse %s", ([yaml, finding]) => {
    expect(tableOf(`${yaml}\n`).said.join("\n")).toContain(finding);
  });

  test("must know what helpers made of secrets", () => {
    const made = tableOf('  a: "{{upper secrets.token}}"\n');
    expect(made.table.derivedSecrets).toEqual([]);
    expect(made.outputOf("a")).toBe("S3CR3T");
    expect(made.table.derivedSecrets).toEqual(["S3CR3T"]);
  });

  test("must match any command in linear time and without an exception", () => {
    const { substitute } = tableOf('  "{a}-{b}/{c} {d}.{e}": "{{a}}"\n').table;
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (command) => {
        substitute(command);
        expect(substitute(`${command} ${command}`)?.diagnostics ?? []).toEqual([]);
      }),
    );
    const growth = costGrowth(
      (size) => {
        substitute("-".repeat(size));
        substitute(`${"a-".repeat(size / 2)} x`);
      },
      10_000,
      200_000,
    );
    // Quadratic were four hundred times as much.
    expect(growth).toBeLessThan(150);
  });
});

describe("a configuration with shell lines", () => {
  const nothing: ReadonlyMap<string, string> = new Map();
  const compile = (files: Readonly<Record<string, string>>, branch = "develop") =>
    compileDesiredState(
      treeOf(files),
      { id: "3f2c1ab", branch },
      { variables: nothing, mountedValues: nothing, secrets: new Map([["token", "s3cr3t"]]) },
      { allowMissingSecrets: false, hostName: "prod-1" },
    );
  const settings = `
secrets: [token]
values: {tags: {cache: 58-develop}}
environments:
  develop: {}
  production: {branch: master, values: {tags: {cache: 7-master}}}
images: {own: [myrepo/*]}
substitutions:
  "etcdctl get /{app}/tag": "{{lookup tags app}}"
  "vault read token": "{{upper secrets.token}}"
`;
  const files = {
    "mysysconfig.yaml": settings,
    "units/cache.service":
      "[Service]\nExecStart=/bin/sh -c 'export T=$(vault read token); docker run -e T myrepo/%p:$(etcdctl get /%p/tag)'\n",
  };

  test.for([
    ["develop", "myrepo/cache:58-develop"],
    ["master", "myrepo/cache:7-master"],
  ] as const)("must have the values of the environment: %s", ([branch, image]) => {
    const { value, diagnostics } = compile(files, branch);
    expect(diagnostics).toEqual([]);
    expect(value?.workloads[0]?.container).toMatchObject({ image, environment: { T: "S3CR3T" } });
    expect(value?.secretValues).toEqual(["S3CR3T", "s3cr3t"]);
  });

  test("must have one mistake for a value that many units lack", () => {
    const missing = { ...files, "mysysconfig.yaml": settings.replaceAll("cache:", "other:") };
    const { diagnostics } = compile({ ...missing, "units/cache@a.service": files["units/cache.service"] });
    expect(diagnostics.filter(({ position }) => position.file === "mysysconfig.yaml")).toHaveLength(1);
  });
});

describe("units that change others", () => {
  const nothing: ReadonlyMap<string, string> = new Map();
  const compile = (files: Readonly<Record<string, string>>) =>
    compileDesiredState(
      treeOf(files),
      { id: "3f2c1ab", branch: "develop" },
      { variables: nothing, mountedValues: nothing, secrets: nothing },
      { allowMissingSecrets: false, hostName: "prod-1" },
    );
  const run = (name: string, unit = "") =>
    `[Unit]\n${unit}\n[Service]\nExecStart=/usr/bin/docker run --name ${name}-x busybox:1\n`;

  test("must be followed by those that Before= names", () => {
    const { value, diagnostics } = compile({
      "units/db.service": run("db", "Before=web.service api.service multi-user.target"),
      "units/web.service": run("web"),
      "units/api.service": run("api", "Requires=db.service"),
    });
    expect(diagnostics).toEqual([]);
    const needs = new Map(value?.workloads.map(({ key, dependsOn }) => [key, dependsOn]));
    expect(needs.get("web")).toEqual([
      { workload: "db", condition: "started", required: false, restart: false },
    ]);
    expect(needs.get("api")).toMatchObject([{ workload: "db", required: true }]);
    expect(needs.get("db")).toEqual([]);
  });

  test("must not go round in a circle, told where Before= stands", () => {
    const { diagnostics } = compile({
      "units/db.service": run("db", "Before=web.service\nAfter=web.service"),
      "units/web.service": run("web"),
    });
    expect(diagnostics).toMatchObject([{ code: "dependency-cycle" }]);
  });

  test("must be warned of a unit that is not there", () => {
    const { diagnostics } = compile({
      "units/db.service": run("db", "Before=wbe.service"),
      "units/web.service": run("web"),
    });
    expect(diagnostics).toMatchObject([
      {
        severity: "warning",
        code: "unknown-workload",
        position: { line: 2, column: 8 },
        hint: 'did you mean "web"?',
      },
    ]);
  });

  test("must have drop-ins that belong to a unit", () => {
    const { diagnostics } = compile({
      "units/web.service": run("web"),
      "units/wbe.service.d/a.conf": "[Service]\nRestart=always\n",
      "units/web.service.d/a.conf": "[Service]\nRestart=always\n",
      "units/timer.d/a.conf": "",
    });
    expect(diagnostics.map(({ code, position, hint }) => [code, position.file, hint])).toEqual([
      ["loose-drop-in", "units/timer.d/a.conf", expect.any(String)],
      ["loose-drop-in", "units/wbe.service.d/a.conf", 'did you mean "web.service"?'],
    ]);
  });

  test("must be rendered in drop-ins, too", () => {
    const { value, diagnostics } = compile({
      "mysysconfig.yaml": "values: {note: 100% of $5}\n",
      "units/web.service": run("web"),
      "units/web.service.d/a.conf.hbs":
        "[Service]\nExecStart=\nExecStart=/usr/bin/docker run -e A={{quote note}} busybox:1\n",
    });
    expect(diagnostics).toEqual([]);
    expect(value?.workloads[0]?.container.environment).toEqual({ A: "100% of $5" });
  });

  test("must have the default instance unless others are listed", () => {
    const unit = `${run("worker-%i")}[Install]\nDefaultInstance=main\n`;
    const keysOf = (files: Readonly<Record<string, string>>) =>
      compile(files).value?.workloads.map(({ key }) => key);
    expect(compile({ "units/worker@.service": unit }).diagnostics).toEqual([]);
    expect(keysOf({ "units/worker@.service": unit })).toEqual(["worker@main"]);
    const listed = { "mysysconfig.yaml": "instances: {worker: [1, 2]}\n" };
    expect(keysOf({ ...listed, "units/worker@.service": unit })).toEqual(["worker@1", "worker@2"]);
  });
});
