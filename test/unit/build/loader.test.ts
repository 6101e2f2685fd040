import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const loader = join(import.meta.dirname, "..", "..", "..", "deploy", "build", "loader.cjs");

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "loader-"));
  writeFileSync(
    join(folder, "program.cjs"),
    `const parts = {
      "./main.cjs": (exports, require, module) => {
        const { join } = require("node:path");
        const code = Number(process.argv[2] ?? 0);
        console.log(join("a", require("./lazy.cjs").word()), require("./lazy.cjs") === require("./lazy.cjs"));
        process.exitCode = code;
      },
      "./lazy.cjs": (exports, require, module) => { exports.word = () => "b"; },
    };
    require(${JSON.stringify(loader)})(parts, "f00", require);`,
  );
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(code: number, cache: string | null = join(folder, "cache")) {
  const env = cache === null ? {} : { NODE_COMPILE_CACHE: cache };
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "program.cjs"), String(code)], {
    env,
    encoding: "utf8",
  });
  return { stdout, stderr };
}

const good = { stdout: "a/b true\n", stderr: "" };

function cached(): string[] {
  const [version = ""] = readdirSync(join(folder, "cache"));
  const dir = join(folder, "cache", version);
  return readdirSync(dir)
    .filter((name) => name.startsWith("mysysconfig-"))
    .map((name) => join(dir, name));
}

describe("the loader of the bundled program", () => {
  test("must run the parts where there is no cache", () => {
    expect(run(0, null)).toEqual(good);
    expect(readdirSync(folder)).toEqual(["program.cjs"]);
  });

  test("must keep the parts that a run has used, and take them from there", () => {
    expect(run(0)).toEqual(good);
    const files = cached();
    expect(files.map((file) => file.replace(/.*\//, ""))).toEqual([
      "mysysconfig-f00-lazy.cjs",
      "mysysconfig-f00-main.cjs",
    ]);
    const before = files.map((file) => readFileSync(file));
    expect(run(2)).toEqual(good);
    expect(cached().map((file) => readFileSync(file))).toEqual(before);
  });

  test("must not keep what a failed run has used", () => {
    expect(run(1)).toEqual(good);
    expect(cached()).toEqual([]);
  });

  test("must replace what is damaged", () => {
    run(0);
    const files = cached();
    for (const file of files) writeFileSync(file, "damaged");
    expect(run(0)).toEqual(good);
    for (const file of files) expect(readFileSync(file, "utf8")).not.toBe("damaged");
  });
});
