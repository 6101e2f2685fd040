import { describe, expect, test } from "vitest";
import type { LocalImage } from "../../../src/model/baked-image.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";
import type { ImageStore } from "../../../src/ports.ts";
import { ImageSource } from "../../../src/source/image-source.ts";

const never = new AbortController().signal;
const image: LocalImage = {
  digest: `sha256:${"2b".repeat(32)}`,
  id: `sha256:${"1a".repeat(32)}`,
  labels: {},
  environment: {
    MYSYSCONFIG_REVISION: "3f2c1ab",
    MYSYSCONFIG_BRANCH: "develop",
    MYSYSCONFIG_CONFIG_DIR: "/config",
  },
};

/** An Engine with these images, by reference and id; `pull` is what becomes of a pull. */
function open(images: Readonly<Record<string, LocalImage>>, pull: () => Promise<void>) {
  const read: string[] = [];
  const warnings: string[] = [];
  const store: Partial<ImageStore> = {
    pull,
    inspect: async (reference) => images[reference],
    readFiles: async (reference, folder) => {
      read.push(`${reference} ${folder}`);
      return [{ path: "mysysconfig.yaml", content: new Uint8Array(), executable: false }];
    },
  };
  const source = new ImageSource(
    "mysysconfig:develop",
    (use) => use(store as ImageStore),
    (text) => warnings.push(text),
  );
  return { source, read, warnings };
}

const down = async () => {
  throw new ReconcilerError("pull-failed", 'pull "mysysconfig:develop": no such host');
};

describe("an image as a source", () => {
  test("must be pulled, and be read by the id that its revision was told from", async () => {
    let isPulled = false;
    const { source, read, warnings } = open({ "mysysconfig:develop": image }, async () => {
      isPulled = true;
    });
    const revision = await source.resolveRevision(never);
    expect(revision).toEqual({ id: "3f2c1ab", branch: "develop" });
    expect([...(await source.readTree(revision, never)).keys()]).toEqual(["mysysconfig.yaml"]);
    expect([isPulled, read, warnings]).toEqual([true, [`${image.id} /config`], []]);
  });

  test("must be the one on the Engine when it cannot be pulled, and say so until it can be again", async () => {
    let isAway = true;
    const { source, warnings } = open({ "mysysconfig:develop": image }, async () => {
      if (isAway) await down();
    });
    expect(await source.resolveRevision(never)).toMatchObject({ id: "3f2c1ab" });
    expect(source.standInReason()).toMatchObject({ code: "pull-failed", message: warnings[0] });
    isAway = false;
    await source.resolveRevision(never);
    expect(source.standInReason()).toBeUndefined();
    expect(warnings).toEqual([
      'pull "mysysconfig:develop": no such host; taking the one that is on the Engine',
    ]);
  });

  test("must not be pulled when the Engine has it from no registry", async () => {
    const { digest: _none, ...built } = image;
    const { source, warnings } = open({ "mysysconfig:develop": built }, down);
    expect(await source.resolveRevision(never)).toMatchObject({ id: "3f2c1ab" });
    expect([warnings, source.standInReason()]).toEqual([[], undefined]);
  });

  test("must not hide a mistake of ours behind the one on the Engine", async () => {
    const { source } = open({ "mysysconfig:develop": image }, async () => {
      throw new TypeError("undefined is not a function");
    });
    await expect(source.resolveRevision(never)).rejects.toThrow(TypeError);
  });

  test("must fail with the reason when it is neither in a registry nor on the Engine", async () => {
    const { source } = open({}, down);
    await expect(source.resolveRevision(never)).rejects.toMatchObject({ code: "pull-failed" });
  });

  test("must have its own id as a revision when it does not tell one", async () => {
    const { source } = open({ "mysysconfig:develop": { ...image, environment: {} } }, async () => {});
    expect((await source.resolveRevision(never)).id).toBe("1a".repeat(32));
  });
});
