import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readFolder } from "../../../src/source/read-folder.ts";
import { compileUnit } from "../../../src/unit/compile-unit.ts";
import { makeContext } from "../unit/support.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const unit =
  "[Service]\nEnvironmentFile=web.env\nExecStart=/usr/bin/docker run --env-file ./web.env -e A a:1\n";

/** A folder with files, and links by what they point to; `outside` lies beside it. */
function repository(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): string {
  const around = mkdtempSync(join(tmpdir(), "links-"));
  folders.push(around);
  const root = join(around, "repository");
  const write = (path: string, text: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  write(join(around, "outside/secret.env"), "A=of the host\n");
  for (const [path, text] of Object.entries(files)) write(join(root, path), text);
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  }
  return root;
}

const read = (root: string) =>
  readFolder(root, ["units", "templates", "mysysconfig.yaml"], new AbortController().signal);

async function environmentOf(root: string) {
  const files = await read(root);
  const context = { ...makeContext(), tree: new Map(files.map((file) => [file.path, file])) };
  const { value, diagnostics } = compileUnit("units/web.service", unit, context);
  return value?.workloads[0]?.container.environment ?? diagnostics.map(({ message }) => message);
}

describe("links in a configuration folder", () => {
  test("must be followed inside of it", async () => {
    const files = { "units/web.service": unit, "templates/web.env": "A=of the repository\n" };
    expect(await environmentOf(repository(files, { "units/web.env": "../templates/web.env" }))).toEqual({
      A: "of the repository",
    });
  });

  test.for([
    { what: "an environment file", links: { "units/web.env": "../../outside/secret.env" } },
    { what: "an environment file, by an absolute path", links: { "units/web.env": "/etc/hostname" } },
    { what: "a folder of drop-ins", links: { "units/web.service.d": "../../outside" } },
    { what: "a drop-in", links: { "units/web.service.d/10-x.conf": "../../../outside/secret.env" } },
    { what: "a folder of templates", links: { templates: "../outside" } },
    { what: "the settings", links: { "mysysconfig.yaml": "../outside/secret.env" } },
    {
      what: "a unit by way of another link",
      links: { "templates/up": "../..", "units/x.service": "../templates/up/outside/secret.env" },
    },
  ])("must not lead out of it: $what", async ({ links }) => {
    await expect(read(repository({ "units/web.service": unit }, links))).rejects.toMatchObject({
      code: "configuration-unreadable",
      message: expect.stringContaining("is a link that leaves the configuration"),
    });
  });

  test("must not lead in circles or nowhere", async () => {
    await expect(read(repository({ "units/web.service": unit }, { "units/loop": "." }))).rejects.toThrow(
      "leads back",
    );
    await expect(
      read(repository({ "units/web.service": unit }, { "units/web.env": "gone" })),
    ).rejects.toThrow("leads nowhere");
  });
});

describe("a path of a unit", () => {
  test.for(["../../outside/secret.env", "../../../../../../etc/hostname", "a/../../../outside/secret.env"])(
    "must not lead out of the repository: %s",
    async (path) => {
      const root = repository({ "units/web.service": unit });
      const files = await read(root);
      const text = unit.replaceAll("./web.env", `./${path}`).replace("=web.env", `=${path}`);
      const context = { ...makeContext(), tree: new Map(files.map((file) => [file.path, file])) };
      const { value, diagnostics } = compileUnit("units/web.service", text, context);
      expect([
        value,
        diagnostics.some(({ message }) => message.includes("is not in the repository")),
      ]).toEqual([undefined, true]);
    },
  );
});
