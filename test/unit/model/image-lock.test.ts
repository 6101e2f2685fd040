import { describe, expect, test } from "vitest";
import { formatLockFile, type LockFile, lockText, parseLockFile } from "../../../src/model/image-lock.ts";

const digest = `sha256:${"1a".repeat(32)}`;
const lock: LockFile = {
  environment: "develop",
  images: new Map([
    ["redis:7", { kind: "id", value: digest }],
    ["myrepo/web:58-develop", { kind: "digest", value: digest }],
  ]),
  values: new Map([["region", "eu"]]),
};

describe("a lock file", () => {
  test("must come back as it was written, and be the same text whatever the order", () => {
    const text = formatLockFile(lock);
    const parsed = parseLockFile(text);
    if (typeof parsed === "string") throw new Error(parsed);
    expect(new Map([...parsed.images].reverse())).toEqual(lock.images);
    expect(parsed).toMatchObject({ environment: "develop", values: lock.values });
    expect(formatLockFile({ ...lock, images: new Map([...lock.images].reverse()) })).toBe(text);
    expect(text).toMatchInlineSnapshot(`
      "{
        "version": 1,
        "environment": "develop",
        "images": {
          "myrepo/web:58-develop": {
            "digest": "sha256:1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a"
          },
          "redis:7": {
            "id": "sha256:1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a"
          }
        },
        "values": {
          "region": "eu"
        }
      }
      "
    `);
  });

  test("must say what is wrong with it", () => {
    const written = JSON.parse(formatLockFile(lock)) as Record<string, unknown>;
    const broken = (change: Record<string, unknown>) =>
      parseLockFile(JSON.stringify({ ...written, ...change }));
    expect([
      parseLockFile("{"),
      parseLockFile("[]"),
      broken({ version: 2 }),
      broken({ environment: 1 }),
      broken({ images: undefined }),
      broken({ images: { "redis:7": { digest: "sha256:12" } } }),
      broken({ values: { region: 1 } }),
    ]).toMatchInlineSnapshot(`
      [
        "it is no JSON object",
        "it is no JSON object",
        "its version is 2, not 1",
        "it names no environment",
        "it has no images or no values",
        "the lock of "redis:7" has neither a digest nor an id",
        "one of its values is no text",
      ]
    `);
  });

  test("must be told in a few digits", () => {
    expect(lockText({ kind: "digest", value: digest })).toBe("locked sha256:1a1a1a1");
    expect(lockText({ kind: "id", value: digest })).toBe("locked id sha256:1a1a1a1");
  });
});
