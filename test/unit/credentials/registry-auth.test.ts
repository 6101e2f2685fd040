import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isRunning, waitForExit, waitUntil } from "../../../deploy/lab/waiting.ts";
import { findRegistryAuth } from "../../../src/credentials/registry-auth.ts";

const never = new AbortController().signal;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mysysconfig-auth-"));
  vi.stubEnv("PATH", `${dir}:${process.env["PATH"]}`);
});
afterEach(() => {
  rmSync(dir, { recursive: true });
  vi.unstubAllEnvs();
});

async function find(image: string, config: unknown) {
  const path = join(dir, "config.json");
  writeFileSync(path, typeof config === "string" ? config : JSON.stringify(config));
  return await findRegistryAuth(image, path, never);
}

/** A helper that is a real program: it sees its input and its argument. */
function installHelper(name: string, script: string): void {
  const path = join(dir, `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const auth = Buffer.from("ci:pa:ss").toString("base64");

describe("credentials of a docker config.json", () => {
  test.for([
    ["web:1", { auths: { "https://index.docker.io/v1/": { auth } } }, "https://index.docker.io/v1/"],
    [
      "docker.io/a/b:1",
      { auths: { "https://index.docker.io/v1/": { auth } } },
      "https://index.docker.io/v1/",
    ],
    ["reg.example.org:5000/web:1", { auths: { "reg.example.org:5000": { auth } } }, "reg.example.org:5000"],
    ["reg.example.org/web:1", { auths: { "https://reg.example.org/v2/": { auth } } }, "reg.example.org"],
  ] as const)("must be found for %s", async ([image, config, serveraddress]) => {
    expect(await find(image, config)).toEqual({ serveraddress, username: "ci", password: "pa:ss" });
  });

  test("must be given to no other registry", async () => {
    const config = { auths: { "reg.example.org": { auth } } };
    for (const image of ["web:1", "reg.example.org.evil/web:1", "reg.example.org:5000/web:1"])
      expect(await find(image, config)).toBeUndefined();
  });

  test("must pass identity tokens on as such", async () => {
    const config = { auths: { "reg.example.org": { auth, identitytoken: "tok" } } };
    expect(await find("reg.example.org/web:1", config)).toEqual({
      serveraddress: "reg.example.org",
      identitytoken: "tok",
    });
  });

  test("must be absent without a file", async () => {
    expect(await findRegistryAuth("web:1", undefined, never)).toBeUndefined();
    expect(await findRegistryAuth("web:1", join(dir, "missing.json"), never)).toBeUndefined();
  });

  test("must never quote the file in an error", async () => {
    const failure = await find("web:1", '{"auths": hunter2').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "pull-failed",
      message: expect.stringContaining("it is not JSON"),
    });
    expect(JSON.stringify([failure, String(failure), (failure as Error).stack])).not.toContain("hunter2");
  });
});

describe("credential helpers", () => {
  test("must be asked for the registry over their input, the registry's own before the store", async () => {
    installHelper(
      "own",
      '[ "$1" = get ] && read -r r; echo "{\\"Username\\":\\"u\\",\\"Secret\\":\\"for $r\\"}"',
    );
    installHelper("store", "exit 1");
    const config = { credHelpers: { "reg.example.org": "own" }, credsStore: "store" };
    expect(await find("reg.example.org/web:1", config)).toEqual({
      serveraddress: "reg.example.org",
      username: "u",
      password: "for reg.example.org",
    });
  });

  test("must be able to answer with a token, or that they know nothing", async () => {
    installHelper("token", 'echo \'{"Username":"<token>","Secret":"tok"}\'');
    expect(await find("web:1", { credsStore: "token" })).toEqual({
      serveraddress: "https://index.docker.io/v1/",
      identitytoken: "tok",
    });
    installHelper("empty", "echo 'credentials not found in native keychain'; exit 1");
    expect(
      await find("web:1", { credsStore: "empty", auths: { "index.docker.io": { auth } } }),
    ).toMatchObject({ username: "ci" });
  });

  test.for([
    ["missing", undefined, /not found/],
    ["broken", "echo hunter2; exit 3", /it failed \(3\)/],
    ["garbled", "echo hunter2", /not JSON/],
    ["../evil", undefined, /invalid name/],
  ] as const)(
    "must be reported without their output when they fail (%s)",
    async ([name, script, message]) => {
      if (script !== undefined) installHelper(name, script);
      const failure = await find("web:1", { credsStore: name }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "pull-failed", message: expect.stringMatching(message) });
      expect(JSON.stringify([failure, (failure as Error).cause])).not.toContain("hunter2");
    },
  );

  test("must be ended by an interruption, even when they ignore the polite signal", async () => {
    const pidFile = join(dir, "pid");
    installHelper(
      "deaf",
      // What is ignored stays ignored in the program that takes the shell's place.
      `trap "" TERM; echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec tail -f /dev/null`,
    );
    const controller = new AbortController();
    const path = join(dir, "config.json");
    writeFileSync(path, JSON.stringify({ credsStore: "deaf" }));
    const asked = findRegistryAuth("web:1", path, controller.signal).catch((error: unknown) => error);
    const pid = await waitUntil("the helper to start", 30_000, () =>
      existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : undefined,
    );
    controller.abort(new Error("stopped"));
    expect(await asked).toMatchObject({ code: "pull-failed" });
    await waitForExit(pid, 30_000);
    expect(isRunning(pid)).toBe(false);
  });
});
