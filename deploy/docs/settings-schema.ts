import {
  environmentKeys,
  imagePrunings,
  policyKeys,
  pruneKeys,
  registryKey,
  targets,
} from "../../src/desired/environment-settings.ts";
import {
  exceptionKeys,
  imageKeys,
  imagePattern,
  openPolicyKeys,
  policyWords,
} from "../../src/desired/image-settings.ts";
import { instanceName } from "../../src/desired/instance-settings.ts";
import { namePattern } from "../../src/desired/names.ts";
import {
  mostSilentIntervals,
  notificationKeys,
  targetKinds,
} from "../../src/desired/notification-settings.ts";
import { scheduleKeys } from "../../src/desired/schedule-settings.ts";
import { allowedKey, secretName, settingsKeys } from "../../src/desired/settings-file.ts";
import { builtInNames, refusedNames } from "../../src/desired/value-layer.ts";
import { webhookKeys, webhookName } from "../../src/desired/webhook-settings.ts";
import { durationPattern } from "../../src/lib/duration.ts";
import { limits } from "../../src/lib/limits.ts";
import { hookProviders, noticeKinds, scheduleNames } from "../../src/model/daemon-settings.ts";
import { newBuildPolicies } from "../../src/model/environment.ts";
import { hookProviderFacts } from "../../src/model/hook-provider.ts";
import { tagPattern } from "../../src/model/image-ref.ts";
import { settingsKeys as documentedKeys } from "./sections/settings.ts";

/** JSON Schema, draft 7, which editors know best. */
export type Schema = Readonly<Record<string, unknown>>;

/** Where the schema lies in the repository. */
export const schemaPath = "docs/mysysconfig.schema.json";

/** A mapping with these keys and no others; the table has every key that the parser knows, or does not compile. */
function keyed<K extends string>(
  keys: readonly K[],
  table: Readonly<Record<K, Schema>>,
  path: string,
): Schema {
  const properties = Object.fromEntries(
    keys.map((key) => [key, described(table[key], path === "" ? key : `${path}.${key}`)]),
  );
  return { type: "object", properties, additionalProperties: false };
}

/** With the words of the documentation, as plain text. */
function described(schema: Schema, path: string): Schema {
  const doc = documentedKeys[path]?.doc;
  if (doc === undefined) return schema;
  return { description: doc.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", ""), ...schema };
}

const nothing: Schema = { type: "null" };
/** An empty value counts as an absent one. */
const orNothing = (schema: Schema): Schema => ({ anyOf: [nothing, schema] });
/** Any scalar is the text that was written. */
const text: Schema = { type: ["string", "number", "boolean"] };
const texts: Schema = { type: ["array", "null"], items: text };
const matching = (
  { source }: RegExp,
  types: readonly string[] = ["string", "number", "boolean"],
): Schema => ({
  type: types,
  pattern: source,
});
const named = (names: RegExp, values: Schema): Schema => ({
  type: ["object", "null"],
  propertyNames: { pattern: names.source },
  additionalProperties: values,
});
const words = (known: readonly string[]): Schema => ({ enum: known });
const duration: Schema = { type: ["string", "number"], pattern: durationPattern(), minimum: 0 };

const share: Schema = {
  anyOf: [
    { type: "number", minimum: 0, maximum: 1 },
    { type: "string", pattern: "^(?:0(?:\\.\\d+)?|1(?:\\.0+)?)$" },
  ],
};

const flag: Schema = { enum: [true, false, "true", "false"] };

function policy(path: string, others: Readonly<Record<string, Schema>>): Schema {
  const spans = Object.fromEntries(Object.keys(policyKeys).map((key) => [key, duration]));
  const table: Record<string, Schema> = { ...spans, [registryKey]: words(newBuildPolicies), ...others };
  return orNothing(keyed(Object.keys(table), table, path));
}

const prune = orNothing(keyed(pruneKeys, { maxShare: share, images: words(imagePrunings) }, "prune"));

/** Names of inherited members are refused at every level. */
const value: Schema = {
  anyOf: [
    { type: ["string", "number", "boolean", "null"] },
    { type: "array", items: { $ref: "#/definitions/value" } },
    { $ref: "#/definitions/mapping" },
  ],
};
const mapping: Schema = {
  type: "object",
  propertyNames: { not: { enum: refusedNames } },
  additionalProperties: { $ref: "#/definitions/value" },
};
const values = orNothing({
  allOf: [{ $ref: "#/definitions/mapping" }, { propertyNames: { not: { enum: builtInNames } } }],
});

const environment = orNothing(
  keyed(
    environmentKeys,
    {
      branch: orNothing(text),
      target: orNothing(words(targets)),
      values,
      policy: policy("policy", {}),
      prune,
      promotesFrom: texts,
    },
    "environments.NAME",
  ),
);

const tagPolicy: Schema = {
  anyOf: [
    words(policyWords),
    {
      ...keyed(openPolicyKeys, { pinned: matching(tagPattern), semver: text }, ""),
      minProperties: 1,
      maxProperties: 1,
    },
  ],
};

const images = orNothing(
  keyed(
    imageKeys,
    {
      own: { type: ["array", "null"], items: matching(imagePattern) },
      policies: { ...named(imagePattern, tagPolicy), maxProperties: limits.settingsEntries.most },
      exceptions: {
        type: ["array", "null"],
        items: {
          ...keyed(exceptionKeys, { image: text, reason: { ...text, pattern: "\\S" } }, ""),
          required: exceptionKeys,
        },
      },
    },
    "images",
  ),
);

const schedule: Schema = {
  anyOf: [
    text,
    {
      ...keyed(
        scheduleKeys,
        { cron: text, timeZone: text, jitter: duration, catchUp: flag },
        "schedules.NAME",
      ),
      required: ["cron"],
    },
  ],
};

const given = (key: string): Schema => ({ required: [key], properties: { [key]: { not: nothing } } });
const absent = (key: string): Schema => ({ properties: { [key]: nothing } });
const when = (key: string, known: readonly string[], then: readonly Schema[]): Schema => ({
  if: { required: [key], properties: { [key]: { enum: known } } },
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema, nobody awaits it
  then: { allOf: then },
});
const providersWith = (
  fits: (facts: (typeof hookProviderFacts)[keyof typeof hookProviderFacts]) => boolean,
) => hookProviders.filter((provider) => fits(hookProviderFacts[provider]));

const webhook: Schema = {
  ...keyed(
    webhookKeys,
    {
      provider: words(hookProviders),
      secret: { anyOf: [nothing, text, { type: "array", minItems: 1, items: text, uniqueItems: true }] },
      pathSecret: orNothing(text),
      repository: orNothing({ ...text, pattern: "[^/]/[^/]" }),
    },
    "webhooks.NAME",
  ),
  allOf: [
    given("provider"),
    when(
      "provider",
      providersWith(({ proof }) => proof === "path"),
      [given("pathSecret"), absent("secret")],
    ),
    when(
      "provider",
      providersWith(({ proof }) => proof !== "path"),
      [given("secret")],
    ),
    when(
      "provider",
      providersWith(({ marks }) => !marks.includes("branch")),
      [absent("repository")],
    ),
  ],
};

const notification: Schema = {
  ...keyed(
    notificationKeys,
    {
      kind: words(targetKinds),
      url: text,
      sign: orNothing(text),
      on: orNothing({ type: "array", items: words(noticeKinds), minItems: 1, uniqueItems: true }),
      silentIntervals: orNothing({
        anyOf: [
          { type: "integer", minimum: 1, maximum: mostSilentIntervals },
          { type: "string", pattern: "^\\d+$" },
        ],
      }),
    },
    "notifications.NAME",
  ),
  allOf: [
    given("kind"),
    given("url"),
    when("kind", ["webhook"], [given("sign")]),
    when("kind", ["slack"], [absent("sign")]),
  ],
};

/**
 * The schema of `mysysconfig.yaml`, made of the keys, words and patterns that its parser uses. What one place says about
 * another (that a secret is declared, that a name is not listed twice) is the parser's business alone.
 */
export function settingsSchema(): Schema {
  const top = keyed(
    settingsKeys,
    {
      project: orNothing({ ...matching(namePattern), minimum: 0 }),
      environments: { ...named(namePattern, environment), maxProperties: limits.settingsEntries.most },
      values,
      secrets: {
        type: ["array", "null"],
        items: matching(secretName, ["string", "boolean"]),
        uniqueItems: true,
      },
      instances: {
        type: ["object", "null"],
        additionalProperties: { type: ["array", "null"], items: matching(instanceName) },
      },
      images,
      hostFiles: named(/^\//, {
        type: ["object", "null"],
        additionalProperties: { type: ["string", "number", "boolean", "null"] },
      }),
      substitutions: { type: ["object", "null"], additionalProperties: text },
      policy: policy("policy", { [allowedKey]: texts }),
      prune,
      schedules: {
        type: ["object", "null"],
        propertyNames: { enum: scheduleNames },
        additionalProperties: schedule,
      },
      webhooks: named(webhookName, webhook),
      notifications: named(namePattern, notification),
    },
    "",
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "mysysconfig.yaml",
    ...top,
    type: ["object", "null"],
    definitions: { value, mapping },
  };
}

/** The schema as it is written into the repository. */
export function renderSchema(): string {
  return `${JSON.stringify(settingsSchema(), null, 2)}\n`;
}
