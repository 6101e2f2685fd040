import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/desired/settings-file.ts";
import { resolveValues } from "../../../src/desired/values.ts";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";

interface Given {
  readonly variables?: Readonly<Record<string, string>>;
  readonly mounted?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly allowMissingSecrets?: boolean;
}

function resolve(text: string, given: Given = {}) {
  const { value } = parseSettings(text);
  if (!value) throw new Error("the settings of the test are broken");
  const sink = new DiagnosticSink();
  const mapOf = (record: Readonly<Record<string, string>> = {}) => new Map(Object.entries(record));
  const resolved = resolveValues(
    {
      layers: [value.values, ...value.environments.map((environment) => environment.values)],
      secrets: value.secrets,
      inputs: {
        variables: mapOf(given.variables),
        mountedValues: mapOf(given.mounted),
        secrets: mapOf(given.secrets),
      },
      builtIns: { project: "p", environment: "e", branch: "b" },
      allowMissingSecrets: given.allowMissingSecrets ?? false,
    },
    sink,
  );
  return {
    ...resolved,
    plain: JSON.parse(JSON.stringify(resolved.templateValues)),
    mistakes: sink.diagnostics.map(
      ({ position, message }) => `${position.line}:${position.column} ${message}`,
    ),
    hints: sink.diagnostics.map(({ hint }) => hint),
  };
}

describe("values", () => {
  test("must be layered base ← environment ← variables ← mounted files, mappings merged, lists replaced", () => {
    const { plain, mistakes } = resolve(
      `
values: { a: base, b: base, c: base, d: base, list: [1, 2], web: { port: 80, host: x, tls: { on: false } } }
environments: { e: { values: { b: env, c: env, d: env, list: [3], web: { host: y } } } }`,
      {
        variables: {
          c: "variable",
          d: "variable",
          "web.port": "8080",
          "web.tls.on": "true",
          "new.deep.name": "n",
        },
        mounted: { d: "mounted" },
      },
    );
    expect(mistakes).toEqual([]);
    expect(plain).toEqual({
      a: "base",
      b: "env",
      c: "variable",
      d: "mounted",
      list: [3],
      web: { port: 8080, host: "y", tls: { on: true } },
      new: { deep: { name: "n" } },
      project: "p",
      environment: "e",
      branch: "b",
      secrets: {},
    });
  });

  test("must be variables of compose files where they are single, with the secrets", () => {
    const { variables } = resolve(
      "values: { a: x, n: 1.10, yes: true, none: , list: [1], map: {k: v} }\nsecrets: [S]",
      {
        secrets: { S: "hunter22" },
      },
    );
    expect([...variables]).toEqual([
      ["a", "x"],
      ["n", "1.10"],
      ["yes", "true"],
      ["S", "hunter22"],
    ]);
  });

  test.for([
    ["flag", "maybe", '1:17 value "flag" of the run must be true or false, not "maybe"'],
    ["port", "http", '1:29 value "port" of the run must be a number, not "http"'],
    ["list", "a", '1:39 value "list" of the run would replace a list'],
    ["map", "a", '1:49 value "map" of the run would replace a mapping'],
    ["secrets.x", "a", '1:1 value "secrets.x": "secrets" is a name of the tool\'s own'],
    ["environment", "a", '1:1 value "environment": "environment" is a name of the tool\'s own'],
    ["a..b", "a", '1:1 value "a..b" has no valid name'],
    ["__proto__.x", "a", '1:1 value "__proto__.x" has no valid name'],
  ] as const)("must refuse %s=%s", ([name, text, expected]) => {
    const settings = "values: { flag: true, port: 80, list: [1], map: {k: v} }";
    const { mistakes } = resolve(settings, { variables: { [name]: text } });
    expect(mistakes).toEqual([expected]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});

describe("secrets", () => {
  test("must be given from outside and kept apart from the values", () => {
    const { plain, secretValues, mistakes } = resolve("secrets: [B, A]", {
      secrets: { A: "aaaa", B: "bbbb", C: "cc" },
    });
    expect(mistakes).toEqual([]);
    expect(plain.secrets).toEqual({ A: "aaaa", B: "bbbb" });
    expect(secretValues).toEqual(["aaaa", "bbbb"]);
  });

  test("must be an error when missing or empty, which says how to give them", () => {
    const { mistakes, hints, secretValues } = resolve("secrets: [A, B]", { secrets: { B: "" } });
    expect(mistakes).toEqual(['1:11 secret "A" is not given', '1:14 secret "B" is empty']);
    expect(hints[0]).toBe("give it as the variable MYSYSCONFIG_SECRET_A, or mount a file /run/secrets/A");
    expect(secretValues).toEqual([]);
  });

  test("must have a placeholder where they are not needed, which is not masked", () => {
    const { plain, variables, secretValues, mistakes } = resolve("secrets: [A]", {
      allowMissingSecrets: true,
    });
    expect(mistakes).toEqual([]);
    expect(plain.secrets.A).toBe("secret-A-is-not-given");
    expect(variables.get("A")).toBe("secret-A-is-not-given");
    expect(secretValues).toEqual([]);
  });

  test("must not mask half of every text when they are too short, but warn", () => {
    const { secretValues, mistakes } = resolve("secrets: [A]", { secrets: { A: "a" } });
    expect(secretValues).toEqual([]);
    expect(mistakes).toEqual(['1:11 secret "A" is shorter than 3 characters and cannot be masked']);
  });

  test("must not come from the values of a run", () => {
    const { plain, mistakes } = resolve("secrets: [A]", {
      variables: { A: "x1234" },
      secrets: { A: "right" },
    });
    expect(mistakes).toEqual(['1:1 "A" is declared under secrets but given as a value']);
    expect(plain.A).toBeUndefined();
  });
});
