import { describe, expect, test } from "vitest";
import { specifierTable } from "../../../src/unit/specifiers.ts";
import { compileText, findingsOf, type TestInput, underlinedIn, workloadOf } from "./support.ts";

/** The arguments after the image of a unit with these lines before ExecStart=. */
function argumentsOf(service: string, args: string, input: TestInput = {}): readonly string[] {
  return (
    workloadOf(`[Service]\n${service}\nExecStart=docker run busybox:1 ${args}\n`, input).container.command ??
    []
  );
}

describe("variables on a command line", () => {
  test.for([
    { rule: "split $NAME at whitespace", args: "$ONE $TWO", words: ["one", "two", "two"] },
    { rule: "keep ${NAME} in one word", args: "a${TWO}b", words: ["atwo twob"] },
    { rule: "drop $NAME of an empty variable", args: "x $NONE y", words: ["x", "y"] },
    { rule: "keep an empty word for ${NAME}", args: "x ${NONE} y", words: ["x", "", "y"] },
    { rule: "respect quotes in the value of $NAME", args: "$QUOTED", words: ["a b", "c"] },
    { rule: "leave quotes in the value of ${NAME}", args: "${QUOTED}", words: ["'a b' c"] },
    { rule: "read $$ as a dollar sign", args: "$$ONE a$$b", words: ["$ONE", "a$b"] },
    { rule: "expand inside quotes", args: "'x ${ONE}'", words: ["x one"] },
    { rule: "leave a dollar sign that begins no variable", args: "a$ 5$", words: ["a$", "5$"] },
    { rule: "not expand the values again", args: "${DOLLAR}", words: ["$ONE ${ONE}"] },
  ])("must $rule", ({ args, words }) => {
    const service = [
      "Environment=ONE=one 'TWO=two two' NONE=",
      "Environment=\"QUOTED='a b' c\" 'DOLLAR=$ONE ${ONE}'",
    ];
    expect(argumentsOf(service.join("\n"), args)).toEqual(words);
  });

  test("must not expand anything after the prefix :", () => {
    const text = "[Service]\nExecStart=:/usr/bin/docker run busybox:1 $A ${B} $$\n";
    expect(workloadOf(text).container.command).toEqual(["$A", "${B}", "$$"]);
  });

  test.for([
    { mistake: "an unknown variable", args: "${NAEM}", underlined: "${NAEM}", hint: 'did you mean "NAME"?' },
    {
      mistake: "an unknown variable of its own",
      args: "$OTHER",
      underlined: "$OTHER",
      hint: "Environment=OTHER=",
    },
    { mistake: "a variable that goes on", args: "$NAME/x", underlined: "$NAME/x", hint: "write ${NAME}/x" },
    {
      mistake: "a default value",
      args: "${NAME:-x}",
      underlined: "${NAME:-x}",
      hint: "only ${NAME} is known",
    },
    { mistake: "a command substitution", args: "$(date)", underlined: "$(date)", hint: "no shell runs here" },
  ])("must report $mistake at its place", ({ args, underlined, hint }) => {
    const text = `[Service]\nEnvironment=NAME=v\nExecStart=docker run busybox:1 \\\n  a ${args}\n`;
    expect(underlinedIn(text)).toEqual([underlined]);
    expect(findingsOf(text)[0]).toMatch(/^error 4:5 /);
    expect(findingsOf(text)[0]).toContain(hint);
  });

  test("must warn about a known variable that systemd does not expand", () => {
    const text = "[Service]\nEnvironment=TAG=1\nExecStart=docker run busybox:1 v$TAG\n";
    expect(findingsOf(text)).toEqual([
      'warning 3:33 systemd does not expand "$TAG" inside a word | write ${TAG}, or $$ for a dollar sign',
    ]);
    expect(workloadOf(text).container.command).toEqual(["v$TAG"]);
  });
});

describe("specifiers", () => {
  test.for([
    { specifier: "%i", value: "eu-1" },
    { specifier: "%I", value: "eu/1" },
    { specifier: "%p", value: "my-worker" },
    { specifier: "%P", value: "my/worker" },
    { specifier: "%j", value: "worker" },
    { specifier: "%J", value: "worker" },
    { specifier: "%n", value: "my-worker@eu-1.service" },
    { specifier: "%N", value: "my-worker@eu-1" },
    { specifier: "%H", value: "prod-1.example.org" },
    { specifier: "%l", value: "prod-1" },
    { specifier: "%%", value: "%" },
    { specifier: "a%%i", value: "a%i" },
  ])("must resolve $specifier", ({ specifier, value }) => {
    expect(argumentsOf("", specifier, { path: "units/my-worker@.service", instance: "eu-1" })).toEqual([
      value,
    ]);
  });

  test("must resolve specifiers in Environment= before they are used", () => {
    expect(argumentsOf("Environment=ME=%N", "${ME}")).toEqual(["web"]);
  });

  test.for([
    { specifier: "%z", hint: "write %% for a percent sign" },
    { specifier: "%m", hint: "it differs from host to host" },
    { specifier: "%d", hint: "it is a path of systemd's own service" },
    { specifier: "%i", hint: "only template units (web@.service)" },
    { specifier: "%", hint: "write %% for a percent sign" },
  ])("must report $specifier at its place", ({ specifier, hint }) => {
    const text = `[Service]\nExecStart=docker run busybox:1 "a b${specifier}"\n`;
    expect(findingsOf(text)[0]).toMatch(/^error 2:36 /);
    expect(findingsOf(text)[0]).toContain(hint);
    expect(compileText(text).value).toBeUndefined();
  });
});

test("must have a text for the documentation of every specifier", () => {
  expect(Object.keys(specifierTable).sort().join("")).toBe("%CEGHIJLNPSTUVfghijlnptu");
  expect(Object.values(specifierTable).filter(({ doc }) => doc === "")).toEqual([]);
});
