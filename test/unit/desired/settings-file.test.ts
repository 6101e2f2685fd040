import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { defaultSettings, parseSettings } from "../../../src/desired/settings-file.ts";

// Properties try hundreds of inputs, also on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

function mistakes(text: string): readonly string[] {
  return parseSettings(text).diagnostics.map(
    ({ position, code, message, hint }) =>
      `${position.line}:${position.column} ${code} ${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );
}

describe("mysysconfig.yaml", () => {
  test.for(["", "# nothing yet\n", "{}", "values:\nsecrets:\nenvironments:\n"])(
    "must give every key its default in %j",
    (text) => {
      expect(parseSettings(text)).toEqual({ value: defaultSettings, diagnostics: [] });
    },
  );

  test("must read every supported key", () => {
    const { value, diagnostics } = parseSettings(`
project: shop-1
values: { replicas: 2, web: { port: 8080 }, version: 1.10, mode: 0644, on: yes, names: [a, 1.50] }
secrets: [DB_PASSWORD, token]
environments:
  production:
    branch: master
    target: swarm
    values: { replicas: 4 }
    policy: { stability: 1min 30s }
    prune: { maxShare: 0, images: unused }
    promotesFrom: [develop]
  develop:
instances:
  worker@: [1, blue]
  other: []
images: { own: [myrepo/*, "registry.example.com:5000/**"] }
hostFiles:
  /etc/environment: { A: 1, B: "x y", C: }
policy: { stability: 2s, gateTimeout: 1m30s, allowedCredentials: [units/demo.service, "units/test/**"] }
prune: { maxShare: 0.25 }
`);
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject({
      project: "shop-1",
      values: {
        values: {
          replicas: 2,
          web: { port: 8080 },
          version: "1.10",
          mode: "0644",
          on: "yes",
          names: ["a", "1.50"],
        },
      },
      secrets: [{ name: "DB_PASSWORD" }, { name: "token", position: { line: 4, column: 24 } }],
      environments: [
        { name: "develop", target: "auto", policy: {}, promotesFrom: [] },
        {
          name: "production",
          branch: "master",
          target: "swarm",
          values: { values: { replicas: 4 } },
          policy: { stabilityMs: 90_000 },
          prune: { maxShare: 0, images: "unused" },
          promotesFrom: ["develop"],
          position: { line: 6, column: 3 },
        },
      ],
      instances: [
        { template: "worker", names: [{ name: "1" }, { name: "blue" }] },
        { template: "other", names: [] },
      ],
      images: { own: ["myrepo/*", "registry.example.com:5000/**"], policies: [], exceptions: [] },
      policy: { stabilityMs: 2000, gateTimeoutMs: 90_000 },
      allowedCredentials: ["units/demo.service", "units/test/**"],
      prune: { maxShare: 0.25 },
    });
    expect(value?.environments[0]).not.toHaveProperty("branch");
    expect(value?.hostFiles.get("/etc/environment")).toEqual(
      new Map([
        ["A", "1"],
        ["B", "x y"],
        ["C", ""],
      ]),
    );
  });

  test.for([
    ["projekt: a", '1:1 unknown-key unknown key "projekt" | did you mean "project"?'],
    [
      "values: {}\nsubstitution: {}",
      '2:1 unknown-key unknown key "substitution" | did you mean "substitutions"?',
    ],
    ["webhooks: 1", '1:11 wrong-type webhooks must be a mapping, not "1" | write NAME: VALUE, one a line'],
    [
      "project: Shop",
      '1:10 invalid-name project "Shop" is no valid name | lowercase letters, digits, - _ and ., starting with a letter or digit, at most 63',
    ],
    [
      "project: [a]",
      "1:10 wrong-type project must be a text, not a list | write one text; quotes make a text of anything",
    ],
    ["- a", "1:1 wrong-type mysysconfig.yaml must be a mapping, not a list | write NAME: VALUE, one a line"],
    ["values: [a]", "1:9 wrong-type values must be a mapping, not a list | write NAME: VALUE, one a line"],
    [
      "values: {secrets: 1}",
      '1:10 reserved-name values: "secrets" is a name of the tool\'s own | take another name',
    ],
    [
      "values:\n  a: {__proto__: 1}",
      '2:7 reserved-name a value cannot be named "__proto__" | take another name',
    ],
    [
      "values: {constructor: 1}",
      '1:10 reserved-name a value cannot be named "constructor" | take another name',
    ],
    [
      "secrets: [A]\nvalues: {A: x}",
      '2:10 secret-in-values values: "A" is declared under secrets | remove the value from the repository and change the secret',
    ],
    ["secrets: [A, A]", '1:14 duplicate-name secret "A" is listed twice | remove one of the two'],
    [
      "secrets: {A: hunter2}",
      "1:10 wrong-type secrets must be a list, not a mapping | write - ITEM, one a line, or [a, b]",
    ],
    [
      "secrets: [a b]",
      '1:11 invalid-name secret "a b" is no valid name | letters, digits, - and _; list names only, never values',
    ],
    [
      "environments: [a]",
      "1:15 wrong-type environments must be a mapping, not a list | write NAME: VALUE, one a line",
    ],
    [
      "environments: {A: {}}",
      '1:16 invalid-name environment "A" is no valid name | lowercase letters, digits, - _ and ., starting with a letter or digit, at most 63',
    ],
    [
      "environments: {a: {brnach: x}}",
      '1:20 unknown-key unknown key "brnach" in environments.a | did you mean "branch"?',
    ],
    [
      "environments: {a: {target: kubernetes}}",
      '1:28 unknown-value environments.a.target cannot be "kubernetes" | one of: auto, engine, swarm',
    ],
    [
      "environments: {a: {policy: {stability: soon}}}",
      '1:40 invalid-duration environments.a.policy.stability: "soon" is no time span | write 5s or 1min 30s',
    ],
    [
      "policy: {stability: infinity}",
      '1:21 invalid-duration policy.stability: "infinity" is no time span | write 5s or 1min 30s',
    ],
    [
      "policy: {gatetimeout: 5s}",
      '1:10 unknown-key unknown key "gatetimeout" in policy | did you mean "gateTimeout"?',
    ],
    [
      "environments: {develop: {}, acceptance: {branch: acc, promotesFrom: [develp]}}",
      '1:70 unknown-branch environments.acceptance.promotesFrom: no environment runs branch "develp" | did you mean "develop"?',
    ],
    [
      "environments: {acceptance: {branch: acc, promotesFrom: [x]}}",
      '1:57 unknown-branch environments.acceptance.promotesFrom: no environment runs branch "x" | branches of other environments: none',
    ],
    [
      "environments: {a: {}, b: {promotesFrom: [b]}}",
      '1:42 own-branch environments.b.promotesFrom: "b" is its own branch | remove it',
    ],
    [
      "environments: {a: {}, b: {promotesFrom: [a, a]}}",
      '1:45 duplicate-name environments.b.promotesFrom: "a" is listed twice | remove one of the two',
    ],
    [
      "environments: {a: {}, b: {promotesFrom: a}}",
      '1:41 wrong-type environments.b.promotesFrom must be a list, not "a" | write - ITEM, one a line, or [a, b]',
    ],
    [
      "policy: {allowedCredentials: [/etc/x]}",
      '1:31 invalid-pattern "/etc/x" is no pattern of paths | write paths of the repository, "*" for anything but "/": units/demo.service',
    ],
    [
      "policy: {allowedCredentials: units/x}",
      '1:30 wrong-type policy.allowedCredentials must be a list, not "units/x" | write - ITEM, one a line, or [a, b]',
    ],
    [
      "environments: {a: {policy: {allowedCredentials: []}}}",
      '1:29 unknown-key unknown key "allowedCredentials" in environments.a.policy | known keys: stability, gateTimeout, settle, retention, lockExpiry, registry',
    ],
    [
      "prune: {maxShare: 2}",
      "1:19 out-of-range prune.maxShare must be from 0 to 1, not 2 | write a number within these bounds",
    ],
    ["prune: {images: all}", '1:17 unknown-value prune.images cannot be "all" | one of: keep, unused'],
    [
      "policy: {lockExpiry: 10ms}",
      "1:22 out-of-range policy.lockExpiry must be at least 5s | write a number within these bounds",
    ],
    [
      "prune: {maxShare: half}",
      '1:19 wrong-type prune.maxShare must be a number, not "half" | write digits: 3 or 0.5',
    ],
    [
      "instances: {w: 2}",
      '1:16 wrong-type instances.w must be a list, not "2" | write - ITEM, one a line, or [a, b]',
    ],
    ["instances: {w: [1, 1]}", '1:20 duplicate-name instance "1" is listed twice | remove one of the two'],
    [
      "instances: {w: [a/b]}",
      '1:17 invalid-name instance "a/b" is no valid name | letters, digits, - _ and .',
    ],
    [
      "instances: {w: [1], w@: [2]}",
      '1:21 duplicate-name instances of "w@" are given twice | remove one of the two',
    ],
    [
      "images: {own: [myrepo/web:1]}",
      '1:16 invalid-pattern "myrepo/web:1" is no pattern of image names | write image names without a tag, "*" for anything but "/": myrepo/*',
    ],
    [
      "images: {own: myrepo/*}",
      '1:15 wrong-type images.own must be a list, not "myrepo/*" | write - ITEM, one a line, or [a, b]',
    ],
    ["images: {polices: {}}", '1:10 unknown-key unknown key "polices" in images | did you mean "policies"?'],
    [
      "images: {policies: []}",
      "1:20 wrong-type images.policies must be a mapping, not a list | write NAME: VALUE, one a line",
    ],
    [
      "images: {policies: {a/b: newest}}",
      '1:26 unknown-value images.policies.a/b cannot be "newest" | one of: newest-build, newest-date, fixed, {pinned: TAG} or {semver: RANGE}',
    ],
    [
      "images: {policies: {a/b: newest-bild}}",
      '1:26 unknown-value images.policies.a/b cannot be "newest-bild" | did you mean "newest-build"?',
    ],
    [
      "images: {policies: {a/b: {pined: 58-develop}}}",
      '1:27 unknown-key unknown key "pined" in images.policies.a/b | did you mean "pinned"?',
    ],
    [
      "images: {policies: {a/b: {pinned: 1-a, semver: 1}}}",
      "1:26 invalid-policy images.policies.a/b must be one policy | write newest-build, newest-date, fixed, {pinned: TAG} or {semver: RANGE}",
    ],
    [
      "images: {policies: {a/b: {pinned: a b}}}",
      '1:35 invalid-tag images.policies.a/b.pinned: "a b" is no tag | write 58-develop',
    ],
    [
      'images: {policies: {a/b: {semver: ">=one"}}}',
      '1:35 invalid-range images.policies.a/b.semver: ">=one" is no version, and no version with >=, >, <, <=, =, ^ or ~ | write ">=1.2 <2" or "^1.4"',
    ],
    [
      "images: {policies: {a/b: [fixed]}}",
      "1:26 wrong-type images.policies.a/b must be a text, not a list | write one text; quotes make a text of anything",
    ],
    [
      "images: {policies: {a/b:1: fixed}}",
      '1:21 invalid-pattern "a/b:1" is no pattern of image names | write image names without a tag, "*" for anything but "/": myrepo/*',
    ],
    [
      'images: {policies: {"a/**": fixed, "a/b*": newest-date}}',
      '1:36 unreachable-policy the policy of "a/b*" never applies: "a/**" before it matches first | move it up, or remove it',
    ],
    [
      "images: {exceptions: {}}",
      "1:22 wrong-type images.exceptions must be a list, not a mapping | write - ITEM, one a line, or [a, b]",
    ],
    [
      'images: {exceptions: [{image: "a/b:1-c"}]}',
      '1:23 missing-key an item of images.exceptions needs reason | write {image: "myrepo/shared:12-master", reason: "why, and until when"}',
    ],
    [
      'images: {exceptions: [{image: "a/b:1-c", reason: " "}]}',
      '1:23 missing-key an item of images.exceptions needs reason | write {image: "myrepo/shared:12-master", reason: "why, and until when"}',
    ],
    [
      "images: {exceptions: [{image: a/b, reason: x}]}",
      '1:31 invalid-exception exception "a/b" names no build | write name:12-master',
    ],
    [
      'images: {exceptions: [{image: "a/b:1-c", reason: x, untill: y}]}',
      '1:53 unknown-key unknown key "untill" in an item of images.exceptions | known keys: image, reason',
    ],
    [
      'images: {exceptions: [{image: "a/b:1-c", reason: x}, {image: "a/b:1-c", reason: y}]}',
      '1:54 duplicate-name "a/b:1-c" is excepted twice | remove one of the two',
    ],
    [
      "hostFiles: {etc/x: {}}",
      '1:13 invalid-path hostFiles: "etc/x" is no absolute path | write the path on the host: /etc/environment',
    ],
    [
      "hostFiles: {/etc/x: [A]}",
      "1:21 wrong-type hostFiles./etc/x must be a mapping, not a list | write NAME: VALUE, one a line",
    ],
  ] as const)("must refuse %j", ([text, expected]) => {
    expect(mistakes(text)).toEqual([expected]);
  });

  test("must read the policies of tags in the order of the file, and the exceptions", () => {
    const { value, diagnostics } = parseSettings(`images:
  own: ["myrepo/*"]
  policies:
    "myrepo/*": newest-build
    myrepo/legacy: {pinned: 58-develop}
    "vendor/**": {semver: ">=1.2 <2"}
    vendor/dated: newest-date
    redis: fixed
  exceptions:
    - {image: "myrepo/shared:12-master", reason: until 1.9}
`);
    expect(diagnostics).toEqual([]);
    expect(value?.images.policies.map(({ pattern, policy }) => [pattern, policy])).toMatchObject([
      ["myrepo/*", { kind: "newest-build" }],
      ["myrepo/legacy", { kind: "pinned", tag: "58-develop" }],
      ["vendor/**", { kind: "semver", text: ">=1.2 <2" }],
      ["vendor/dated", { kind: "newest-date" }],
      ["redis", { kind: "fixed" }],
    ]);
    expect(value?.images.exceptions).toMatchObject([
      { image: "myrepo/shared:12-master", reason: "until 1.9", position: { line: 10, column: 15 } },
    ]);
  });

  test("must report all mistakes at once and still give what could be read", () => {
    const { value, diagnostics } = parseSettings(
      "projekt: a\nvalues: {x: 1}\nprune: {maxShare: 9}\nsubstitutions: 1\n",
    );
    expect(diagnostics.map(({ position }) => position.line).sort()).toEqual([1, 3, 4]);
    expect(value?.values.values).toMatchObject({ x: 1 });
  });

  test("must report a syntax error with its place and give nothing", () => {
    const { value, diagnostics } = parseSettings("project: a\nvalues: {a: [}\n");
    expect(value).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({
      code: "yaml-syntax",
      position: { file: "mysysconfig.yaml", line: 2 },
    });
  });

  test("must never throw, whatever the text is", () => {
    const keys = [
      "project",
      "environments",
      "values",
      "secrets",
      "instances",
      "images",
      "hostFiles",
      "policy",
      "prune",
      "__proto__",
    ];
    const document = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          document.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          for (const { position } of parseSettings(text).diagnostics)
            expect(position.line).toBeGreaterThan(0);
        },
      ),
      { numRuns: 500 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
