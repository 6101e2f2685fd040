/** The tiers of `npm test`, in the order they run. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../deploy/lab/paths.ts";

/** A check is one program that passes or fails as a whole; a suite is a vitest project with tests of its own. */
export type Tier =
  | { readonly kind: "check"; readonly name: string; readonly argv: readonly string[] }
  | { readonly kind: "suite"; readonly name: string; readonly needsEngine: boolean };

/**
 * The tiers of one stage run side by side: the checks are short, and the two Engines' tests spend most of their time
 * waiting for containers. A stage starts when the one before it is done.
 */
function testStages(): readonly (readonly Tier[])[] {
  return [
    [
      { kind: "check", name: "types", argv: ["tsc", "--noEmit", "-p", "tsconfig.json"] },
      { kind: "check", name: "lint", argv: ["biome", "check", "."] },
      ...(isKnipConfigured() ? [{ kind: "check", name: "dead-code", argv: ["knip"] } as const] : []),
    ],
    [{ kind: "suite", name: "unit", needsEngine: false }],
    [{ kind: "suite", name: "integration-registry", needsEngine: false }],
    // Alone: fifty contenders for one branch take all the cores there are.
    [{ kind: "suite", name: "integration-git", needsEngine: false }],
    [
      { kind: "suite", name: "integration-20", needsEngine: true },
      { kind: "suite", name: "integration-28", needsEngine: true },
    ],
    [{ kind: "suite", name: "e2e", needsEngine: true }],
    // Alone: it starts the docker client fifteen hundred times.
    [{ kind: "suite", name: "docker-client", needsEngine: true }],
    // Alone: three Engines that tell each other in time that they are there.
    [{ kind: "suite", name: "swarm-short", needsEngine: true }],
  ];
}

/** The stages with only the tiers that were asked for; `integration` means all whose names begin with it. Throws on an unknown one. */
export function selectTiers(wanted: readonly string[]): readonly (readonly Tier[])[] {
  const stages = testStages();
  if (wanted.length === 0) return stages;
  const names = stages.flat().map((tier) => tier.name);
  const isMeant = (name: string, word: string) => name === word || name.startsWith(`${word}-`);
  const unknown = wanted.find((word) => !names.some((name) => isMeant(name, word)));
  if (unknown !== undefined) throw new Error(`unknown tier "${unknown}"; there are: ${names.join(", ")}`);
  return stages.map((stage) => stage.filter((tier) => wanted.some((word) => isMeant(tier.name, word))));
}

function isKnipConfigured(): boolean {
  if (["knip.json", "knip.jsonc", "knip.ts"].some((file) => existsSync(join(repositoryRoot, file))))
    return true;
  return "knip" in JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8"));
}
