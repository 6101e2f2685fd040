import { describe, expect, test } from "vitest";
import { runWired } from "../../support/wired-program.ts";

const tag = (args: readonly string[], variables: Readonly<Record<string, string>> = {}) =>
  runWired(["tag", ...args], variables);

describe("tag", () => {
  test.for([
    [["--build", "58", "--branch", "develop"], "58-develop\n"],
    [["--build", "58", "--branch", "feature/login"], "58-feature__login\n"],
    [["--branch", "feature/login"], "feature__login\n"],
    [["--build=58", "--branch=-x"], "58--x\n"],
    [["--branch", "$(id)"], "_.24_.28id_.29\n"],
    [["--build", "58", "--branch", "develop", "--json"], '{"version":1,"tag":"58-develop"}\n'],
  ] as const)("%j must print the tag and nothing else", async ([args, out]) => {
    expect(await tag(args)).toEqual({ exitCode: 0, out, err: "" });
  });

  test("must take the branch from the environment, as a pipeline hands it on", async () => {
    const variables = { MYSYSCONFIG_BRANCH: "feature/login" };
    expect(await tag(["--build", "58"], variables)).toMatchObject({ out: "58-feature__login\n" });
    expect(await tag(["--branch", "develop"], variables)).toMatchObject({ out: "develop\n" });
  });

  test.for([
    [[], /there is no branch/],
    [["--branch", ""], /the branch has no name/],
    [["--branch", "-x"], /begins with "-"/],
    [["--branch", ".x"], /begins with "\."/],
    [["--branch", "x".repeat(129)], /129 characters long/],
    [["--build", "58", "--branch", "x".repeat(126)], /129 characters long/],
    [["--build", "0", "--branch", "develop"], /number/],
    [["--build", "", "--branch", "develop"], /number/],
    [["--build", "5.8", "--branch", "develop"], /number/],
  ] as const)("%j must print no tag and exit 64", async ([args, words]) => {
    const { exitCode, out, err } = await tag(args);
    expect({ exitCode, out }).toEqual({ exitCode: 64, out: "" });
    expect(err).toMatch(words);
  });
});
