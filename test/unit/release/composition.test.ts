import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainPaint } from "../../../src/lib/paint.ts";
import { compositionOf, formatComposition } from "../../../src/release/composition.ts";
import { compositionJson, parseComposition } from "../../../src/release/composition-file.ts";
import {
  compositionName,
  compositionPattern,
  releaseCandidatePattern,
  tagNameProblem,
} from "../../../src/release/composition-name.ts";
import { desiredState, workload } from "../../support/builders.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const state = desiredState([
  workload("web", { image: "myrepo/web:58-develop" }),
  workload("shop/api", { image: `registry.example.com:5000/team/api:1.2.3@${digest}` }),
  workload("db", { image: "postgres:16" }),
  workload("backup", { image: "myrepo/backup:20261121" }),
  workload("node", { image: "node:22-alpine" }),
]);
const own = ["myrepo/*"];

describe("a composition", () => {
  test("must name the image, the tag, its form and the digest of everything, sorted", () => {
    const digests = new Map([
      ["postgres:16", digest],
      ["nothing:1", digest],
    ]);
    expect(compositionOf(state, { own, digests })).toEqual({
      project: "shop",
      environment: "develop",
      revision: { id: state.revision.id },
      components: [
        { key: "backup", image: "myrepo/backup", tag: "20261121", form: "date" },
        { key: "db", image: "postgres", tag: "16", digest, form: "other" },
        { key: "node", image: "node", tag: "22-alpine", form: "other" },
        {
          key: "shop/api",
          image: "registry.example.com:5000/team/api",
          tag: "1.2.3",
          digest,
          form: "semver",
        },
        { key: "web", image: "myrepo/web", tag: "58-develop", form: "build", build: 58, branch: "develop" },
      ],
    });
  });

  test("must prefer the digest that the configuration pins", () => {
    const pinned = `registry.example.com:5000/team/api:1.2.3@${digest}`;
    const other = `sha256:${"f".repeat(64)}`;
    const { components } = compositionOf(state, { own, digests: new Map([[pinned, other]]) });
    expect(components.find(({ key }) => key === "shop/api")?.digest).toBe(digest);
  });

  test("must be a table for people", () => {
    const digests = new Map([["postgres:16", digest]]);
    expect(formatComposition(compositionOf(state, { own, digests }), plainPaint)).toBe(
      [
        "develop @ 3f2c1ab, 5 components",
        "",
        "  backup    myrepo/backup                       20261121",
        "  db        postgres                            16@sha256:0123456789ab",
        "  node      node                                22-alpine",
        "  shop/api  registry.example.com:5000/team/api  1.2.3@sha256:0123456789ab",
        "  web       myrepo/web                          58-develop                 build 58 of develop",
        "",
      ].join("\n"),
    );
  });
});

describe("a composition as JSON", () => {
  const composition = compositionOf(state, { own });

  test("must read back as it was written, and carry its version", () => {
    const text = compositionJson(composition);
    expect(JSON.parse(text)).toMatchObject({ version: 1, environment: "develop" });
    expect(parseComposition(text, "c.json")).toEqual({ value: composition, diagnostics: [] });
  });

  const wrong = (change: (document: Record<string, unknown>) => void): readonly string[] => {
    const document = JSON.parse(compositionJson(composition)) as Record<string, unknown>;
    document["components"] = [{ key: "web", image: "myrepo/web", tag: "1", form: "other" }];
    change(document);
    const { value, diagnostics } = parseComposition(JSON.stringify(document), "c.json");
    expect(value).toBeUndefined();
    return diagnostics.map(({ position, code, message }) => {
      expect(position).toMatchObject({ file: "c.json", line: 1 });
      return `${code} ${message}`;
    });
  };
  const component = (change: Record<string, unknown>) => (document: Record<string, unknown>) => {
    document["components"] = [{ key: "web", image: "myrepo/web", tag: "1", form: "other", ...change }];
  };

  test.for([
    [
      "another version",
      (d: Record<string, unknown>) => Object.assign(d, { version: 2 }),
      "wrong-version version 2 is not known",
    ],
    [
      "no project",
      (d: Record<string, unknown>) => delete d["project"],
      'missing-key the composition has no "project"',
    ],
    [
      "an unknown key",
      (d: Record<string, unknown>) => Object.assign(d, { componets: 1 }),
      'unknown-key unknown key "componets" in the composition',
    ],
    [
      "no list",
      (d: Record<string, unknown>) => Object.assign(d, { components: 1 }),
      'wrong-type components must be a list, not "1"',
    ],
    ["a component without a key", component({ key: null }), 'missing-key a component has no "key"'],
    ["an unknown form", component({ form: "bild" }), 'unknown-value form cannot be "bild"'],
    [
      "an impossible tag",
      component({ tag: "a b" }),
      'invalid-image "myrepo/web:a b" is not an image: invalid tag "a b"',
    ],
    [
      "an impossible digest",
      component({ digest: "x" }),
      'invalid-image "myrepo/web:1@x" is not an image: invalid digest "x"',
    ],
    [
      "a negative build",
      component({ build: -1 }),
      "out-of-range build must be a whole number from 0 to 9007199254740991, not -1",
    ],
    [
      "one component twice",
      (d: Record<string, unknown>) =>
        Object.assign(d, { components: Array(2).fill({ key: "web", image: "a", form: "other" }) }),
      'duplicate-name component "web" is listed twice',
    ],
  ] as const)("must refuse %s", ([_what, change, expected]) => {
    expect(wrong(change)).toEqual([expected]);
  });

  test("must report all mistakes at once", () => {
    expect(wrong((d) => Object.assign(d, { version: 3, extra: 1, project: [] }))).toHaveLength(3);
  });

  test.for(["", "{", "[]", "null"])("must refuse %j with a place and never throw", (text) => {
    const { value, diagnostics } = parseComposition(text, "c.json");
    expect(value).toBeUndefined();
    expect(diagnostics[0]?.position.file).toBe("c.json");
  });

  test("must never throw, whatever the text is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { value, diagnostics } = parseComposition(text, "c.json");
        expect(value === undefined).toBe(diagnostics.length > 0);
      }),
    );
  });
});

describe("the name of a composition", () => {
  const at = new Date("2026-11-21T09:30:05.999Z");

  test("must tell its time in UTC", () => {
    expect(compositionName(compositionPattern, at, "develop")).toBe("c_20261121_093005");
    expect(compositionName(releaseCandidatePattern, at, "develop")).toBe("rc_20261121_093005");
    expect(compositionName("{environment}/{date}", at, "develop")).toBe("develop/20261121");
  });

  test.for([
    ["c_{day}", 'name pattern "c_{day}": "{day}" stands for nothing'],
    ["c {date}", 'name pattern "c {date}" gives "c 20261121": a tag has no spaces'],
    ["", 'name pattern "" gives "": a tag needs a name'],
  ] as const)("must refuse the pattern %j", ([pattern, message]) => {
    expect(() => compositionName(pattern, at, "develop")).toThrow(message);
  });

  const names = [
    ...["c_1", "rc/1", "a.b", "ü", "a@b", "@a", "a{b}", "x.locked", "-a"],
    ...["", "a b", "a\tb", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b", "a..b", "a@{b", "a\u007fb"],
    ...["/a", "a/", "a//b", ".a", "a/.b", "a.", "a.lock", "a.lock/b"],
  ];

  test("must be judged as Git judges it", () => {
    const strange = fc.sample(fc.string({ unit: fc.constantFrom(..."ab/.@{-~lock \\"), maxLength: 8 }), 60);
    for (const name of [...names, ...strange]) {
      // Git knows this rule in git-tag alone, and takes "@" for a name below refs/tags/ only.
      if (name.startsWith("-") || name === "@") continue;
      const { status } = spawnSync("git", ["check-ref-format", `refs/tags/${name}`], { timeout: 10_000 });
      expect(tagNameProblem(name) === undefined, JSON.stringify(name)).toBe(status === 0);
    }
  });

  test.for(["-a", "@", "x".repeat(201), "ü".repeat(101)])("must not be %j", (name) => {
    expect(tagNameProblem(name)).toBeDefined();
  });
});
