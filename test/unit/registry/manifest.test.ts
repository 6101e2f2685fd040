import { describe, expect, test } from "vitest";
import { isDigest, sha256, verifies } from "../../../src/registry/digest.ts";
import { parseConfig, parseManifest } from "../../../src/registry/manifest.ts";
import { formatPlatform, parsePlatform, pickPlatform } from "../../../src/registry/platform.ts";

const ociIndex = "application/vnd.oci.image.index.v1+json";
const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const ociConfig = "application/vnd.oci.image.config.v1+json";
const digest = sha256(Buffer.from("x"));
const manifest = (value: unknown, type?: string) => parseManifest(Buffer.from(JSON.stringify(value)), type);
const config = (value: unknown) => parseConfig(Buffer.from(JSON.stringify(value)));

describe("digests", () => {
  test("must be checked with their own algorithm", () => {
    const sha512 = `sha512:${"4abcd263".padEnd(128, "0")}`;
    expect(verifies(digest, Buffer.from("x"))).toBe(true);
    expect(verifies(digest, Buffer.from("y"))).toBe(false);
    expect(isDigest(sha512)).toBe(true);
    expect(verifies(sha512, Buffer.from("x"))).toBe(false);
  });

  test.for([
    "",
    "sha256",
    "sha256:",
    `sha256:${"A".repeat(64)}`,
    `sha256:${"a".repeat(63)}`,
    `sha256:${"a".repeat(64)}:x`,
    `md5:${"a".repeat(32)}`,
    `toString:${"a".repeat(64)}`,
    null,
  ])("must not be taken for one: %s", (text) => {
    expect(isDigest(text)).toBe(false);
    expect(verifies(String(text), Buffer.from("x"))).toBe(false);
  });
});

describe("manifests", () => {
  test("must be read by the type that they name, or else by the answer's", () => {
    const index = { manifests: [{ digest, platform: { os: "linux", architecture: "amd64" } }] };
    const entries = [{ digest, platform: { os: "linux", architecture: "amd64" } }];
    expect(manifest(index, `${ociIndex}; charset=utf-8`)).toEqual({ kind: "index", entries });
    expect(manifest({ ...index, mediaType: ociIndex }, "text/plain")).toEqual({ kind: "index", entries });
    expect(manifest({ config: { digest, mediaType: ociConfig } }, ociManifest)).toEqual({
      kind: "image",
      configDigest: digest,
    });
  });

  test("must tell images from what only hangs on them", () => {
    const entries = [
      { digest, platform: { os: "unknown", architecture: "unknown" } },
      { digest },
      { digest, platform: { os: "linux", architecture: "arm", variant: "v6", "os.version": "1" } },
      { digest, platform: { os: "linux\u001b[2J", architecture: "amd64" } },
      { digest, platform: "linux/amd64" },
    ];
    expect(manifest({ mediaType: ociIndex, manifests: entries })).toEqual({
      kind: "index",
      entries: [
        { digest },
        { digest },
        { digest, platform: { os: "linux", architecture: "arm", variant: "v6" } },
        { digest },
        { digest },
      ],
    });
    expect(manifest({ mediaType: ociManifest, config: { digest, mediaType: "application/x" } })).toEqual({
      kind: "image",
    });
  });

  test.for([
    [[], /not a JSON object/],
    [{}, /not supported/],
    [
      { schemaVersion: 1, mediaType: "application/vnd.docker.distribution.manifest.v1+json" },
      /not supported/,
    ],
    [{ mediaType: ociIndex, manifests: [], config: {} }, /at once/],
    [{ mediaType: ociManifest, manifests: [], layers: [] }, /at once/],
    [{ mediaType: ociIndex, manifests: [{ digest: "../x" }] }, /without a digest/],
    [{ mediaType: ociIndex, manifests: {} }, /without a digest/],
    [{ mediaType: ociManifest, config: { digest: "x" } }, /no configuration/],
    [{ mediaType: ociManifest }, /no configuration/],
  ] as const)("must be refused when they are broken: %o", ([value, message]) => {
    expect(manifest(value)).toMatch(message);
  });
});

describe("configurations", () => {
  const label = (name: string, value: unknown) => config({ config: { Labels: { [name]: value } } });

  test("must tell time, labels and platform", () => {
    const Labels = { "org.opencontainers.image.version": "1.2", maintainer: "me" };
    const created = "2026-03-04T05:06:07.5+01:00";
    expect(
      config({ os: "linux", architecture: "arm64", variant: "v8", created, config: { Labels } }),
    ).toEqual({
      facts: { created: "2026-03-04T04:06:07.500Z", version: "1.2" },
      platform: { os: "linux", architecture: "arm64", variant: "v8" },
    });
  });

  test.for(["0001-01-01T00:00:00Z", "yesterday", "", 17, null, undefined])(
    "must tell no time when there is none: %s",
    (created) => {
      expect(config({ created })).toEqual({ facts: {} });
    },
  );

  test.for(["", "a\nb", "\u001b[31mred", "\u202eright to left", "x".repeat(1025), 7, null, ["1"]])(
    "must leave out a label that fits on no line: %o",
    (value) => {
      expect(label("org.opencontainers.image.revision", value)).toEqual({ facts: {} });
    },
  );

  test("must not take inherited members for labels, and nothing for a configuration", () => {
    expect(config({ config: { Labels: null } })).toEqual({ facts: {} });
    expect(config({ config: null })).toEqual({ facts: {} });
    expect(parseConfig(Buffer.from("[]"))).toMatch(/not a JSON object/);
    expect(parseConfig(Buffer.from("{"))).toMatch(/not a JSON object/);
  });
});

describe("platforms", () => {
  const entries = ["linux/arm/v6", "linux/arm/v7", "linux/arm64", "linux/amd64/v3", "linux/amd64"].map(
    (text) => ({
      text,
      platform: parsePlatform(text),
    }),
  );
  test.for([
    ["linux/amd64", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/v6", "linux/arm/v6"],
    ["linux/arm64/v8", "linux/arm64"],
    ["Linux/ARM64", "linux/arm64"],
    ["linux/arm/v5", undefined],
    ["linux/s390x", undefined],
    ["windows/amd64", undefined],
  ] as const)("must be picked for %s: %s", ([wanted, found]) => {
    expect(pickPlatform(entries, parsePlatform(wanted))?.text).toBe(found);
  });

  test("must be picked with any variant when none is asked for and none is exact", () => {
    expect(pickPlatform(entries.slice(0, 1), parsePlatform("linux/arm"))?.text).toBe("linux/arm/v6");
    expect(pickPlatform([{ platform: undefined }], parsePlatform("linux/arm"))).toBeUndefined();
  });

  test("must be written in one way", () => {
    expect(
      ["linux/arm64/v8", "linux/arm/v7", "linux/amd64/v1", "linux/arm/v6"].map((text) =>
        formatPlatform(parsePlatform(text)),
      ),
    ).toEqual(["linux/arm64", "linux/arm", "linux/amd64", "linux/arm/v6"]);
  });
});
