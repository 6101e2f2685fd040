import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readSettings } from "../../src/settings.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mysysconfig-settings-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Settings with values and secrets folders of the test's own. */
function settingsOf(env: Record<string, string>) {
  return readSettings({
    MYSYSCONFIG_VALUES_DIR: join(folder, "values"),
    MYSYSCONFIG_SECRETS_DIR: join(folder, "secrets"),
    ...env,
  });
}

function write(kind: "values" | "secrets", name: string, text: string): void {
  mkdirSync(join(folder, kind), { recursive: true });
  writeFileSync(join(folder, kind, name), text);
}

describe("the settings", () => {
  test("must have a default for everything", () => {
    const settings = settingsOf({});
    expect(settings.docker).toEqual({ tlsVerify: false });
    expect(settings.configDir).toBe(".");
    expect(settings.baked).toEqual({});
    expect(settings.secrets.size + settings.variables.size + settings.mountedValues.size).toBe(0);
  });

  test("must treat an empty variable as one that is not set", () => {
    const settings = settingsOf({ DOCKER_HOST: "", MYSYSCONFIG_BRANCH: "", DOCKER_TLS_VERIFY: "" });
    expect(settings.docker).toEqual({ tlsVerify: false });
    expect(settings.baked).toEqual({});
  });

  test("must take the Engine's address and its certificates from the environment", () => {
    const env = {
      DOCKER_HOST: "tcp://h:2376",
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: "/c",
      DOCKER_CONFIG: "/d",
    };
    expect(settingsOf(env).docker).toEqual({
      host: "tcp://h:2376",
      tlsVerify: true,
      certPath: "/c",
      configDir: "/d",
    });
  });

  test("must look for registry credentials in the home folder", () => {
    expect(settingsOf({ HOME: "/home/ci" }).docker.configDir).toBe("/home/ci/.docker");
  });

  test("must read the facts that were baked into the image", () => {
    const env = {
      MYSYSCONFIG_REVISION: "abc",
      MYSYSCONFIG_BRANCH: "develop",
      MYSYSCONFIG_SUBJECT: "New tag",
      MYSYSCONFIG_SOURCE: "https://example.com/config.git",
    };
    const { baked } = settingsOf(env);
    expect(baked).toEqual({
      revision: "abc",
      branch: "develop",
      subject: "New tag",
      source: "https://example.com/config.git",
    });
  });

  test("must turn two underscores of a value's name into a level", () => {
    const { variables } = settingsOf({ MYSYSCONFIG_VALUE_db__host: "x", MYSYSCONFIG_VALUE_plain: "y" });
    expect([...variables]).toEqual([
      ["db.host", "x"],
      ["plain", "y"],
    ]);
  });

  test("must read one value from each mounted file, without its last line end", () => {
    write("values", "greeting", "hello\n");
    write("values", "two", "a\n\n");
    write("values", ".hidden", "no");
    expect([...settingsOf({}).mountedValues]).toEqual([
      ["greeting", "hello"],
      ["two", "a\n"],
    ]);
  });

  test("must tell of a file that cannot be read by its name, and of nothing in it", () => {
    mkdirSync(join(folder, "secrets"));
    // It is a file like others, and reading it fails (proc(5)).
    symlinkSync("/proc/self/mem", join(folder, "secrets", "token"));
    expect(() => settingsOf({})).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringMatching(/secrets\/token: EIO$/) }),
    );
  });

  test("must prefer a secret of the run to a mounted one", () => {
    write("secrets", "token", "from the file\r\n");
    expect(settingsOf({}).secrets.get("token")).toBe("from the file");
    expect(settingsOf({ MYSYSCONFIG_SECRET_token: "from the run" }).secrets.get("token")).toBe(
      "from the run",
    );
  });

  test.for(["modem", "*", "app,modem", "modem:*"])(
    "must refuse DEBUG=%s, which would print credentials",
    (debug) => {
      expect(() => settingsOf({ DEBUG: debug })).toThrow(/would print credentials/);
    },
  );

  test("must leave other debug switches alone", () => {
    expect(settingsOf({ DEBUG: "app:modem-free" }).configDir).toBe(".");
  });
});

describe("the settings of Git", () => {
  test("must be empty without variables", () => {
    expect(settingsOf({}).git).toEqual({ environment: new Map() });
  });

  test("must name credentials and author, and pass on only what git needs", () => {
    const env = {
      MYSYSCONFIG_GIT_TOKEN: "t",
      MYSYSCONFIG_GIT_USERNAME: "u",
      MYSYSCONFIG_GIT_SSH_KEY: "/k",
      MYSYSCONFIG_GIT_KNOWN_HOSTS: "/h",
      MYSYSCONFIG_GIT_CA: "/c",
      MYSYSCONFIG_GIT_AUTHOR: "The CI <ci@example.org>",
      PATH: "/bin",
      https_proxy: "http://p",
      NO_PROXY: "x",
      SSH_AUTH_SOCK: "/s",
      GIT_SSH_COMMAND: "evil",
      LD_PRELOAD: "evil",
    };
    expect(settingsOf(env).git).toEqual({
      ...{ token: "t", username: "u", sshKeyFile: "/k", knownHostsFile: "/h", caFile: "/c" },
      author: { name: "The CI", email: "ci@example.org" },
      environment: new Map([
        ["PATH", "/bin"],
        ["SSH_AUTH_SOCK", "/s"],
        ["https_proxy", "http://p"],
        ["NO_PROXY", "x"],
      ]),
    });
  });

  test("must take the token from a file, without its line break", () => {
    writeFileSync(join(folder, "token"), "t0k\r\n");
    expect(settingsOf({ MYSYSCONFIG_GIT_TOKEN_FILE: join(folder, "token") }).git.token).toBe("t0k");
  });

  test.for([
    [{ MYSYSCONFIG_GIT_TOKEN: "t0k", MYSYSCONFIG_GIT_TOKEN_FILE: "/x" }, "both"],
    [{ MYSYSCONFIG_GIT_TOKEN_FILE: "/nowhere/token" }, "ENOENT"],
    [{ MYSYSCONFIG_GIT_AUTHOR: "ci@example.org" }, "no author"],
    [{ MYSYSCONFIG_GIT_AUTHOR: "A <a@b> <c@d>" }, "no author"],
    [{ MYSYSCONFIG_GIT_AUTHOR: "<a@b>" }, "no author"],
  ])("must be refused: %j", ([env, words]) => {
    const read = () => settingsOf(env as Record<string, string>);
    expect(read).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringContaining(String(words)) }),
    );
    expect(read).not.toThrow(/t0k/);
  });
});
