import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { version } from "../../../src/version.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, "..", "..", "..", path), "utf8");

test("must be the same in the program, its package and its image", () => {
  const { version: ofPackage } = JSON.parse(read("package.json")) as { version: string };
  const ofImage = /^ENV MYSYSCONFIG_VERSION=(\S+)$/m.exec(read("Dockerfile"))?.[1];
  expect([ofPackage, ofImage]).toEqual([version, version]);
});
