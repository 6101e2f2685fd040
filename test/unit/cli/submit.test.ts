import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp, textFiles } from "../../../src/app.ts";
import { runCli } from "../../../src/cli/cli.ts";
import { plainPaint } from "../../../src/lib/paint.ts";
import { readSettings } from "../../../src/settings.ts";

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mysysconfig-test-submit-"));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function submit(file: string) {
  const printed = { out: "", err: "" };
  const where = ["--repo", "https://127.0.0.1:1/config.git", "--branch", "develop"];
  const exitCode = await runCli(["submit", "--tag", "58-develop", ...where, file], {
    stdout: (text) => {
      printed.out += text;
    },
    stderr: (text) => {
      printed.err += text;
    },
    interactive: false,
    paint: plainPaint,
    signal: new AbortController().signal,
    version: "1.2.3",
    files: textFiles,
    createApp: (flags) => createApp(flags, readSettings({}), () => {}),
  });
  return { exitCode, ...printed };
}

test.for([
  ["a file that is not there", "missing.service", "ENOENT"],
  ["a folder", ".", "EISDIR"],
] as const)("submit must call %s a mistake of the command line", async ([_what, name, reason]) => {
  const { exitCode, out, err } = await submit(join(dir, name));
  expect({ exitCode, out }).toEqual({ exitCode: 64, out: "" });
  expect(err).toContain(reason);
  expect(err).toContain("name a file that exists and can be read");
});

test("a file must be read byte for byte, whatever it holds", async () => {
  const path = join(dir, "latin.service");
  const content = Uint8Array.of(0xef, 0xbb, 0xbf, 0x63, 0xe9, 0x00, 0x0a);
  await writeFile(path, content);
  expect([...(await textFiles.readBytes(path))]).toEqual([...content]);
});
