import { describe, expect, test } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { formatLockFile, type ImageLock, lockFileName } from "../../../src/model/image-lock.ts";
import { describeDiagnostic, treeOf } from "../render/support.ts";

const digest = `sha256:${"1a".repeat(32)}`;
const pinned = `redis@sha256:${"2b".repeat(32)}`;
const files = {
  "mysysconfig.yaml": "project: shop\nenvironments: {develop: {}, acceptance: {}}\n",
  "units/web.service": "[Service]\nExecStart=/usr/bin/docker run myrepo/web:58-develop\n",
  "units/cache.service": `[Service]\nExecStart=/usr/bin/docker run ${pinned}\n`,
  "units/greet.service.hbs":
    "[Service]\nExecStart=/usr/bin/docker run -e WHO={{who}} myrepo/web:58-develop\n",
};

function compile(lock: string, environment = "develop", variables: readonly [string, string][] = []) {
  const nothing = new Map<string, string>();
  const inputs = { variables: new Map(variables), mountedValues: nothing, secrets: nothing, environment };
  const compiled = compileDesiredState(
    treeOf({ ...files, [lockFileName]: lock }),
    { id: "3f2c1ab" },
    inputs,
    {
      allowMissingSecrets: false,
      hostName: "prod-1",
    },
  );
  return { ...compiled, said: compiled.diagnostics.map(describeDiagnostic) };
}

const lockOf = (images: readonly [string, ImageLock][]) =>
  formatLockFile({ environment: "develop", images: new Map(images), values: new Map([["who", "us"]]) });
const webLock = { kind: "digest", value: digest } as const;
const good = lockOf([["myrepo/web:58-develop", webLock]]);

describe("a baked configuration", () => {
  test("must give each container its locked image, and leave alone what a digest pins already", () => {
    const { value, said } = compile(good);
    expect(said).toEqual([]);
    const locks = value?.workloads.map(({ key, container }) => [key, container.imageLock]);
    expect(locks).toEqual([
      ["cache", undefined],
      ["greet", webLock],
      ["web", webLock],
    ]);
  });

  test("must have the values that it was baked with, unless the run gives others", () => {
    const who = (compiled: ReturnType<typeof compile>) =>
      compiled.value?.workloads.find(({ key }) => key === "greet")?.container.environment["WHO"];
    expect(who(compile(good))).toBe("us");
    expect(who(compile(good, "develop", [["who", "them"]]))).toBe("them");
  });

  test.for([
    [
      "for another environment",
      good,
      "acceptance",
      [
        'mysysconfig.lock:1:1 other-environment this configuration was baked for environment "develop", not for "acceptance"',
      ],
    ],
    [
      "without one of its images",
      lockOf([]),
      "develop",
      [
        'units/greet.service.hbs:2:46 image-not-locked image "myrepo/web:58-develop" is not in mysysconfig.lock',
        'units/web.service:2:31 image-not-locked image "myrepo/web:58-develop" is not in mysysconfig.lock',
      ],
    ],
    [
      "with a broken lock file",
      "{",
      "develop",
      ["mysysconfig.lock:1:1 invalid-lock mysysconfig.lock cannot be read: it is no JSON object"],
    ],
  ] as const)("must be refused %s", ([_title, lock, environment, mistakes]) => {
    const { value, said } = compile(lock, environment, [["who", "us"]]);
    expect(value).toBeUndefined();
    expect(said).toEqual(mistakes);
  });
});
