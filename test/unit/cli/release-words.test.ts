import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { textFiles } from "../../../src/app.ts";
import { runWired } from "../../support/wired-program.ts";

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mysysconfig-test-submit-"));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** Mistakes of the command line are told before the repository is asked, which does not answer. */
const repository = ["--repo", "https://127.0.0.1:1/config.git", "--branch", "develop"];

const run = (command: string, words: readonly string[]) => runWired([command, ...words]);

test.for([
  ["a file that is not there", "missing.service", "ENOENT"],
  ["a folder", ".", "EISDIR"],
] as const)("submit must call %s a mistake of the command line", async ([_what, name, reason]) => {
  const { exitCode, out, err } = await run("submit", [...repository, "--tag", "58-develop", join(dir, name)]);
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

test.for([
  "web=",
  "=58-develop",
  "web=@sha256:0",
  "web=58-develop@",
  `web=58-develop@sha256:${"a".repeat(64)}@garbage`,
])("set-image must call %s a mistake of the command line", async (word) => {
  const { exitCode, out, err } = await run("set-image", [...repository, word]);
  expect({ exitCode, out }).toEqual({ exitCode: 64, out: "" });
  expect(err).toContain(`"${word}" is no name with a tag`);
  expect(err).toContain("write web=58-develop");
});

test("builds must name those of its words that stand for nothing", async () => {
  await mkdir(join(dir, "units"));
  const unit = "[Service]\nExecStart=/usr/bin/docker run --name web 127.0.0.1:1/web:58-develop\n";
  await writeFile(join(dir, "units", "web.service"), unit);
  const { exitCode, out, err } = await run("builds", ["--config", dir, "web", "nope"]);
  expect({ exitCode, out }).toEqual({ exitCode: 64, out: "" });
  expect(err).toContain('no workload and no image is called "nope"');
  expect(err).not.toContain('"web"');
});
