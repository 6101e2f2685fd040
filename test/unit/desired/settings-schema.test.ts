import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSchema } from "../../../deploy/docs/pages.ts";
import { renderSchema, settingsSchema } from "../../../deploy/docs/settings-schema.ts";
import { parseSettings, settingsKeys } from "../../../src/desired/settings-file.ts";
import type { Diagnostic, DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { parseYaml } from "../../../src/lib/yaml.ts";
import { toPlainValue } from "../../../src/lib/yaml-read.ts";
import { patience, runs } from "../fuzz/support.ts";
import { examples } from "../fuzz/vocabulary.ts";

const validate = new Ajv({
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
  strictTypes: false,
  unicodeRegExp: false,
}).compile(settingsSchema());

/** What one place says about another, and what is in a text of a language of its own, no schema can say. */
const beyondSchema: ReadonlySet<Diagnostic["code"]> = new Set<Parameters<DiagnosticSink["error"]>[1]>([
  "duplicate-name",
  "invalid-cron",
  "invalid-exception",
  "invalid-range",
  "invalid-repository",
  "own-branch",
  "secret-in-settings",
  "secret-in-values",
  "template-syntax",
  "missing-value",
  "unknown-helper",
  "helper-arguments",
  "unknown-partial",
  "unknown-branch",
  "unknown-secret",
  "unknown-time-zone",
  "unreachable-policy",
  "unsupported-template-syntax",
]);
/** The same codes as for what the schema sees, for what it does not. */
const beyondWords =
  /must be at least 5s|no time span of up to an hour|^substitutions|must be the name of a secret|is no pattern of paths|whole number from 1|is no time span/;

interface Verdicts {
  readonly schema: boolean;
  readonly parser: readonly Diagnostic[];
}

function judge(document: unknown): Verdicts {
  const { root } = parseYaml(JSON.stringify(document), "x");
  const { diagnostics } = parseSettings(JSON.stringify(document));
  return {
    schema: validate(root && toPlainValue(root)),
    parser: diagnostics.filter(({ severity }) => severity === "error"),
  };
}

/** What the parser accepts the schema accepts; what the schema accepts is refused for reasons beyond it only. */
function expectAgreement(document: unknown): void {
  const { schema, parser } = judge(document);
  if (parser.length === 0)
    expect({ document, errors: schema ? [] : validate.errors }).toEqual({ document, errors: [] });
  const plain = parser.filter(({ code, message }) => !beyondSchema.has(code) && !beyondWords.test(message));
  if (schema) expect({ document, plain }).toEqual({ document, plain: [] });
}

const scalar = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  1,
  5,
  0.5,
  20_000,
  "",
  "a",
  "develop",
  "A_b",
  "x y",
  "5s",
  "1min 30s",
  "1h5",
  "true",
  "0.5",
  "2",
  "12",
  "newest-build",
  "fixed",
  "commit",
  "unused",
  "auto",
  "swarm",
  "github",
  "docker-hub",
  "slack",
  "webhook",
  "drift",
  "* * * * *",
  "myrepo/*",
  "a:1",
  "a:1-b",
  ">=1",
  "58-develop",
  "ops/config",
  "{{a}}",
  "__proto__x",
  "Europe/Berlin",
);
const anyKey = fc.constantFrom(
  ...settingsKeys,
  "branch",
  "target",
  "values",
  "policy",
  "prune",
  "promotesFrom",
  "stability",
  "gateTimeout",
  "lockExpiry",
  "registry",
  "allowedCredentials",
  "maxShare",
  "images",
  "own",
  "policies",
  "exceptions",
  "image",
  "reason",
  "pinned",
  "semver",
  "cron",
  "timeZone",
  "jitter",
  "catchUp",
  "provider",
  "secret",
  "pathSecret",
  "repository",
  "kind",
  "url",
  "sign",
  "on",
  "silentIntervals",
  "reconcile",
  "images",
  "a",
  "develop",
  "worker",
  "/etc/a",
  "myrepo/*",
  "Bad Name",
  "secrets",
  "constructor",
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie("tree"), { maxLength: 3 }) },
    { weight: 3, arbitrary: fc.dictionary(anyKey, tie("tree"), { maxKeys: 4 }) },
  ),
}));

const full = {
  project: "shop",
  environments: {
    develop: {
      branch: "develop",
      target: "auto",
      values: { a: [1, { b: null }] },
      policy: { stability: "5s" },
      prune: { maxShare: 0.5 },
    },
    master: { promotesFrom: ["develop"] },
  },
  values: { a: 1, web: { port: 80 } },
  secrets: ["HOOK", "URL", "SIGN"],
  instances: { worker: [1, "blue"], other: null },
  images: {
    own: ["myrepo/*"],
    policies: {
      "myrepo/*": "newest-build",
      redis: "fixed",
      "a/b": { pinned: "58-develop" },
      "a/c": { semver: ">=1 <2" },
    },
    exceptions: [{ image: "myrepo/a:12-master", reason: "why" }],
  },
  hostFiles: { "/etc/environment": { A: 1, B: null } },
  substitutions: { "cmd {a}": "{{a}}" },
  policy: {
    gateTimeout: "1min 30s",
    retention: 0,
    lockExpiry: "30s",
    registry: "wait",
    allowedCredentials: ["units/x"],
  },
  prune: { maxShare: "0.25", images: "unused" },
  schedules: { reconcile: { cron: "*/5 * * * *", timeZone: "UTC", jitter: "5s", catchUp: "false" } },
  webhooks: {
    push: { provider: "github", secret: ["HOOK"], repository: "ops/config" },
    hub: { provider: "docker-hub", pathSecret: "HOOK" },
  },
  notifications: {
    chat: { kind: "slack", url: "URL", on: ["failure"] },
    ops: { kind: "webhook", url: "URL", sign: "SIGN", silentIntervals: 3 },
  },
};

/** A full document with one value anywhere exchanged, dropped, or with a key that is put in. */
function changed(document: unknown, steps: readonly number[], put: unknown, key: string): unknown {
  const [step = 0, ...others] = steps;
  if (typeof document !== "object" || document === null || others.length === 0) return put;
  if (Array.isArray(document))
    return document.length === 0
      ? [put]
      : document.map((item, index) =>
          index === step % document.length ? changed(item, others, put, key) : item,
        );
  const entries = Object.entries(document);
  const at = step % (entries.length + 1);
  if (at === entries.length) return { ...document, [key]: put };
  return Object.fromEntries(
    entries.map(([name, item], index) => [name, index === at ? changed(item, others, put, key) : item]),
  );
}

describe("the schema of mysysconfig.yaml", () => {
  test("must be what the code gives (npm run docs)", () => {
    expect(readSchema()).toBe(renderSchema());
  });

  test("must accept the example and a document with everything", () => {
    const { root } = parseYaml(examples.get("mysysconfig.yaml") ?? "", "x");
    expect([validate(root && toPlainValue(root)), judge(full)]).toEqual([true, { schema: true, parser: [] }]);
  });

  test("must describe every key", () => {
    const { properties } = settingsSchema() as { properties: Record<string, { description?: string }> };
    expect(Object.keys(properties)).toEqual([...settingsKeys]);
  });

  test(
    "must agree with the parser on documents of its words",
    () => {
      fc.assert(fc.property(fc.dictionary(anyKey, tree, { maxKeys: 4 }), expectAgreement), runs(600));
    },
    patience,
  );

  test(
    "must agree with the parser on a sound document with one change",
    () => {
      fc.assert(
        fc.property(
          fc.array(fc.nat(50), { minLength: 1, maxLength: 5 }),
          fc.oneof(scalar, tree),
          anyKey,
          (steps, put, key) => expectAgreement(changed(full, steps, put, key)),
        ),
        runs(400),
      );
    },
    patience,
  );
});
