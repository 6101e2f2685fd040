import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { composeKeyReference } from "../../../../src/compose/key-reference.ts";
import { composeCases, documents } from "./all-cases.ts";
import type { CanonicalStack } from "./canonical.ts";
import { compileCase } from "./compare.ts";
import { readAnswers } from "./compose-answer.ts";
import { generatedCounts } from "./generated.ts";
import { keysIn } from "./keys-in.ts";
import type { ComposeCase } from "./oracle-case.ts";
import { permittedDifferences, permittedOutcomes, type Sides } from "./permitted.ts";
import { specificationKeys } from "./specification-keys.ts";
import { canonicalModel } from "./theirs.ts";

/**
 * What we make of compose files is compared with the normalised model of Compose 2.40. Its answers are recorded;
 * `test/swarm/compose-oracle-live.test.ts` tells whether it still says the same, and records it anew.
 */
const recorded = readAnswers(readFileSync(join(import.meta.dirname, "recorded.jsonl"), "utf8"));

const counts = { same: 0, refused: 0, permitted: 0, tried: 0 };
const used = new Set<string>();
const outcomes = new Set<string>();

function check(one: ComposeCase): void {
  counts.tried += 1;
  const compose = recorded.get(one.name);
  const ours = compileCase(one);
  expect(compose, "not recorded: see test/swarm/compose-oracle-live.test.ts").toBeDefined();
  if (compose === undefined) return;
  const said = { compose: compose.refused ?? "taken", ours: ours.refused ?? "taken" };
  if (one.differs !== undefined) {
    outcomes.add(one.differs);
    const isOurs = permittedOutcomes[one.differs]?.expected === "we refuse";
    const taken = expect.stringMatching(/^taken$/);
    const refused = expect.not.stringMatching(/^taken$/);
    expect(said).toEqual(isOurs ? { compose: taken, ours: refused } : { compose: refused, ours: taken });
    counts.permitted += 1;
    return;
  }
  if (compose.refused !== undefined || ours.refused !== undefined) {
    const refused = expect.not.stringMatching(/^taken$/);
    expect(said).toEqual({ compose: refused, ours: refused });
    counts.refused += 1;
    return;
  }
  const sides = permit(canonicalModel(compose.model ?? {}, one), ours.stack);
  expect(sides.ours).toEqual(sides.compose);
  counts.same += 1;
}

/** Both sides without the permitted differences; `used` learns which were there. */
function permit(compose: CanonicalStack, ours: CanonicalStack | undefined): Sides {
  const sides = { compose, ours: ours ?? { services: {}, networks: {}, volumes: {} } };
  return permittedDifferences.reduce((before, { id, apply }) => {
    const after = apply(before);
    if (JSON.stringify(after) !== JSON.stringify(before)) used.add(id);
    return after;
  }, sides);
}

describe("a stack is what docker compose makes of the same files", () => {
  test.each(composeCases)("$name", check);
});

test("every permitted difference is met, and each case is recorded once", () => {
  expect(permittedDifferences.filter(({ id }) => !used.has(id)).map(({ id }) => id)).toEqual([]);
  expect(Object.keys(permittedOutcomes).filter((key) => !outcomes.has(key))).toEqual([]);
  expect([...recorded.keys()].sort()).toEqual(composeCases.map(({ name }) => name).sort());
});

/** What is the same in several places is documented in the first. */
function documentedPlace(place: string): string {
  return place
    .replace(/device_(?:read|write)_(?:iops|bps)\[\]$/, "device_read_bps[]")
    .replace(/^(?:volumes|configs|secrets)\.\*\.external$/, "networks.*.external");
}

describe("the specification", () => {
  const reference = composeKeyReference();

  test("must have no key that is neither supported nor refused by name", () => {
    const missing = Object.entries(specificationKeys).flatMap(([place, keys]) => {
      const known = new Set(reference.get(documentedPlace(place))?.map(({ key }) => key));
      return keys.filter((key) => !known.has(key)).map((key) => `${place}.${key}`);
    });
    expect(missing).toEqual([]);
  });

  test("must be in the documents, each key in two of them", () => {
    const found = new Map<string, number>();
    for (const one of documents) {
      for (const key of keysIn(one)) found.set(key, (found.get(key) ?? 0) + 1);
    }
    const all = Object.entries(specificationKeys).flatMap(([place, keys]) =>
      keys.map((key) => `${place} ${key}`),
    );
    expect(all.filter((key) => (found.get(key) ?? 0) < 2)).toEqual([]);
    const times = all.reduce((sum, key) => sum + (found.get(key) ?? 0), 0);
    console.log(`${documents.length} documents with ${all.length} keys, ${times} times a key in a document`);
  });
});

afterAll(() => {
  const { same, refused, permitted, tried } = counts;
  const passed = same + refused + permitted;
  const rate = ((passed / Math.max(tried, 1)) * 100).toFixed(1);
  const { merges, extensions, layers, interpolations, servicesInFile, textsInDocument } = generatedCounts;
  console.log(
    `docker compose as oracle: ${passed} of ${tried} cases pass (${rate} %): ${same} stacks equal, ${refused} refused by both, ${permitted} decided otherwise for a reason; generated are ${merges * servicesInFile} merged, ${layers * servicesInFile} extended and merged and ${extensions * servicesInFile} extended services, ${interpolations * textsInDocument} texts with variables`,
  );
});
