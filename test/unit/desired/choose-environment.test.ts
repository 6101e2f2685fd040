import { describe, expect, test } from "vitest";
import { chooseEnvironment, type EnvironmentWish } from "../../../src/desired/choose-environment.ts";
import { parseSettings } from "../../../src/desired/settings-file.ts";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { defaultPrunePolicy, defaultRolloutPolicy } from "../../../src/model/environment.ts";

function choose(text: string, wish: EnvironmentWish) {
  const { value } = parseSettings(text);
  if (!value) throw new Error("the settings of the test are broken");
  const sink = new DiagnosticSink();
  const chosen = chooseEnvironment(value, wish, sink);
  return { chosen, mistakes: sink.diagnostics.map(({ message, hint }) => `${message} | ${hint}`), sink };
}

const two = "environments: {develop: {}, production: {branch: master}}";

describe("the environment", () => {
  test.for([
    ["none declared, no branch", "", {}, "default", undefined],
    ["none declared, a branch", "", { branch: "develop" }, "develop", "develop"],
    ["none declared, an odd branch", "", { branch: "Feature/ÄX" }, "feature--x", "Feature/ÄX"],
    ["none declared, a branch of odd signs only", "", { branch: "///" }, "default", "///"],
    ["none declared, a name", "", { name: "lab", branch: "develop" }, "lab", "develop"],
    ["a name", two, { name: "production" }, "production", "master"],
    ["a name against the branch", two, { name: "production", branch: "develop" }, "production", "master"],
    ["the branch with its own name", two, { branch: "develop" }, "develop", "develop"],
    ["its declared branch", two, { branch: "master" }, "production", "master"],
    ["the only one", "environments: {lab: {}}", {}, "lab", "lab"],
    ["the only one, any branch", "environments: {lab: {}}", { branch: "x" }, "lab", "x"],
    ["the only one with its branch", "environments: {p: {branch: master}}", {}, "p", "master"],
  ] as const)("must be chosen by %s", ([, text, wish, name, branch]) => {
    const { chosen, mistakes } = choose(text, wish);
    expect(mistakes).toEqual([]);
    expect(chosen?.environment.name).toBe(name);
    expect(chosen?.environment.branch).toBe(branch);
  });

  test.for([
    [
      "several, nothing said",
      two,
      {},
      "no environment is chosen | give --environment NAME; declared: develop, production (branch master)",
    ],
    [
      "an unknown name",
      two,
      { name: "prodution" },
      'environment "prodution" is not declared | did you mean "production"?',
    ],
    [
      "an unknown branch",
      two,
      { branch: "x" },
      'no environment is declared for branch "x" | give --environment NAME; declared: develop, production (branch master)',
    ],
    [
      "a foreign branch for the only one",
      "environments: {p: {branch: master}}",
      { branch: "x" },
      'no environment is declared for branch "x" | give --environment NAME; declared: p (branch master)',
    ],
    [
      "two of one branch",
      "environments: {a: {branch: m}, b: {branch: m}}",
      { branch: "m" },
      'branch "m" has several environments: a, b | give --environment NAME',
    ],
    [
      "a bad name",
      "",
      { name: "A B" },
      'environment "A B" is no valid name | lowercase letters, digits, - _ and ., starting with a letter or digit, at most 63',
    ],
  ] as const)("must be refused with the list of them: %s", ([, text, wish, expected]) => {
    const { chosen, mistakes, sink } = choose(text, wish);
    expect(chosen).toBeUndefined();
    expect(mistakes).toEqual([expected]);
    expect(sink.diagnostics[0]?.position).toEqual({ file: "mysysconfig.yaml", line: 1, column: 1 });
  });

  test("must have its own policies over the common ones over the defaults", () => {
    const text = `
policy: { stability: 2s, gateTimeout: 60s }
prune: { maxShare: 0.2 }
environments: { a: { policy: { stability: 9s } }, b: { prune: { maxShare: 0 }, target: engine } }`;
    expect(choose(text, { name: "a" }).chosen?.environment).toEqual({
      name: "a",
      newBuilds: "commit",
      project: "mysysconfig",
      branch: "a",
      target: "auto",
      prune: { ...defaultPrunePolicy, maxShare: 0.2 },
      rollout: { ...defaultRolloutPolicy, stabilityMs: 9000, gateTimeoutMs: 60_000 },
    });
    expect(choose(text, { name: "b" }).chosen?.environment).toMatchObject({
      target: "engine",
      prune: { ...defaultPrunePolicy, maxShare: 0 },
      rollout: { ...defaultRolloutPolicy, stabilityMs: 2000, gateTimeoutMs: 60_000 },
    });
    expect(choose("", {}).chosen?.environment).toMatchObject({
      prune: defaultPrunePolicy,
      rollout: defaultRolloutPolicy,
    });
  });
});
