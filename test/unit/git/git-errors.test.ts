import { describe, expect, test } from "vitest";
import { translateGitError } from "../../../src/git/git-errors.ts";
import { isRace, parsePushReport } from "../../../src/git/push.ts";
import { GitExit } from "../../../src/git/run-git.ts";
import { DeadlineError } from "../../../src/lib/abort.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";

const { signal } = new AbortController();
const translate = (stderr: string, stdout = "", secrets: readonly string[] = []) =>
  translateGitError(new GitExit(128, stdout, stderr), { what: "fetch x", secrets, signal });

/** Words of servers and versions that no test can start here. */
describe("words of git and its servers", () => {
  test.for([
    ["fatal: unable to access 'https://h/x/': Could not resolve host: h", "git-unreachable"],
    [
      "fatal: unable to access 'https://h/x/': Failed to connect to h port 443: Connection timed out",
      "git-unreachable",
    ],
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 429", "git-unreachable"],
    [
      "ssh: connect to host h port 22: No route to host\nfatal: Could not read from remote repository.",
      "git-unreachable",
    ],
    [
      "fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate",
      "git-untrusted",
    ],
    [
      "fatal: unable to access 'https://h/': SSL: no alternative certificate subject name matches target host name 'h'",
      "git-untrusted",
    ],
    [
      "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://gitlab.com/a/b.git/'",
      "git-access-denied",
    ],
    [
      "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
      "git-access-denied",
    ],
    [
      "remote: Write access to repository not granted.\nfatal: unable to access 'https://h/': The requested URL returned error: 403",
      "git-access-denied",
    ],
    [
      "remote: Repository not found.\nfatal: repository 'https://github.com/a/b.git/' not found",
      "git-not-found",
    ],
    [
      "remote: The project you were looking for could not be found or you don't have permission to view it.",
      "git-not-found",
    ],
    ["ERROR: Repository not found.\nfatal: Could not read from remote repository.", "git-not-found"],
    ["fatal: remote error: upload-pack: not our ref 1111", "unknown-revision"],
    ["fatal: something that nobody has seen", "git-failed"],
    ["", "git-failed"],
  ] as const)("must be understood: %s", ([words, code]) => {
    const error = translate(words);
    expect(error).toMatchObject({ code, message: expect.stringMatching(/^fetch x: \S/) });
    expect(error.message).not.toContain("\n");
  });

  test.for([
    [
      "remote: error: GH006: Protected branch update failed for refs/heads/main.\nremote: error: Changes must be made through a pull request.",
      "!\t1:refs/heads/main\t[remote rejected] (protected branch hook declined)",
      "Changes must be made through a pull request",
    ],
    [
      "remote: GitLab: You are not allowed to push code to protected branches on this project.",
      "!\t1:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
      "not allowed to push code",
    ],
    // Words of a hook must not be taken for another failure.
    [
      "remote: your certificate could not be found: Authentication failed",
      "!\t1:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
      "your certificate",
    ],
  ] as const)("must be passed on when a server refuses a push", ([stderr, stdout, words]) => {
    const error = translate(`${stderr}\nerror: failed to push some refs`, stdout);
    expect(error).toMatchObject({
      code: "git-push-refused",
      exitCode: 6,
      message: expect.stringContaining(words),
    });
  });

  test("must lose secrets, control characters and too great a length", () => {
    const words = `fatal: https://u:p4ss@h/ s3cret \u001b[31m Authorization: Basic Zm9v ${"x".repeat(2_000)}`;
    const error = translate(words, "", ["s3cret"]);
    const shown = `${error.message}${error.stack}${JSON.stringify(error)}`;
    for (const secret of ["p4ss", "s3cret", "Zm9v", "\u001b"]) expect(shown).not.toContain(secret);
    expect(error.message.length).toBeLessThan(500);
    expect(error.cause).toBeUndefined();
  });

  test("must come after the caller's own reasons", () => {
    const attempt = (reason: unknown) => ({
      what: "fetch x",
      secrets: [],
      signal: AbortSignal.abort(reason),
    });
    const exit = new GitExit(128, "", "fatal: x");
    expect(translateGitError(exit, attempt(new Error("enough")))).toMatchObject({ code: "interrupted" });
    expect(translateGitError(exit, attempt(new DeadlineError("the run", 1000)))).toMatchObject({
      code: "deadline-passed",
    });
    const own = new ReconcilerError("lock-lost", "lost");
    expect(translateGitError(exit, attempt(own))).toBe(own);
  });
});

describe("a rejected push", () => {
  const race = (...lines: readonly string[]) =>
    isRace(parsePushReport(["To https://h/x", ...lines, "Done"].join("\n")));

  test.for([
    "[rejected] (fetch first)",
    "[rejected] (non-fast-forward)",
    "[rejected] (stale info)",
    "[remote rejected] (cannot lock ref 'refs/heads/x': is at 1 but expected 2)",
    "[remote rejected] (failed to update ref)",
    "[remote rejected] (incorrect old value provided)",
  ])("must be tried again after %s", (summary) => {
    expect(race(`!\t1:refs/heads/x\t${summary}`)).toBe(true);
    const tag = "!\t1:refs/tags/t\t[rejected] (atomic push failed)";
    expect(race(`!\t1:refs/heads/x\t${summary}`, tag)).toBe(true);
  });

  test.for([
    ["!\t1:refs/heads/x\t[remote rejected] (pre-receive hook declined)"],
    ["!\t1:refs/heads/x\t[remote rejected] (protected branch hook declined)"],
    ["!\t1:refs/tags/t\t[rejected] (already exists)", "!\t1:refs/heads/x\t[rejected] (atomic push failed)"],
    [" \t1:refs/heads/x\t1..2"],
  ])("must not be tried again after %s", (lines) => {
    expect(race(...lines)).toBe(false);
  });
});
