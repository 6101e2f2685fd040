import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import { defaultPrunePolicy, defaultRolloutPolicy, type Environment } from "../model/environment.ts";
import type { ImagePolicy } from "../model/image-policy.ts";
import type { EnvironmentSettings } from "./environment-settings.ts";
import { isName, nameOfBranch, nameRule } from "./names.ts";
import { type Settings, settingsPath } from "./settings-file.ts";
import { noValues, type ValueLayer } from "./value-layer.ts";

export interface ChosenEnvironment {
  readonly environment: Environment;
  /** The environment's own layer of values. */
  readonly values: ValueLayer;
  readonly images: ImagePolicy;
}

/** What is asked for: a name wins over a branch. */
export interface EnvironmentWish {
  readonly name?: string | undefined;
  readonly branch?: string | undefined;
}

/**
 * Chooses the environment by name, else by branch, else takes the only one. An environment that declares no branch
 * stands for the branch with its own name; if it is the only one, for any branch. One that declares a branch is never
 * taken for another: a feature branch must not end up in production because nothing else is declared.
 */
export function chooseEnvironment(
  settings: Settings,
  wish: EnvironmentWish,
  sink: DiagnosticSink,
): ChosenEnvironment | undefined {
  if (settings.environments.length === 0) return impliedEnvironment(settings, wish, sink);
  const chosen =
    wish.name === undefined ? byBranch(settings, wish.branch, sink) : byName(settings, wish.name, sink);
  if (!chosen) return undefined;
  const isOnlyOne = settings.environments.length === 1 && wish.name === undefined;
  const branch = chosen.branch ?? (isOnlyOne ? (wish.branch ?? chosen.name) : chosen.name);
  return chosenEnvironment(settings, chosen, branch);
}

function byName(settings: Settings, name: string, sink: DiagnosticSink): EnvironmentSettings | undefined {
  const { environments } = settings;
  const found = environments.find((environment) => environment.name === name);
  const names = environments.map((environment) => environment.name);
  if (!found)
    refuse(`environment "${name}" is not declared`, didYouMean(name, names) ?? listOf(settings), sink);
  return found;
}

function byBranch(
  settings: Settings,
  branch: string | undefined,
  sink: DiagnosticSink,
): EnvironmentSettings | undefined {
  const { environments } = settings;
  const only = environments.length === 1 ? environments[0] : undefined;
  if (branch === undefined) {
    if (!only) refuse("no environment is chosen", `give --environment NAME; ${listOf(settings)}`, sink);
    return only;
  }
  const matching = environments.filter((environment) => (environment.branch ?? environment.name) === branch);
  if (matching.length === 1) return matching[0];
  if (matching.length > 1) {
    const names = matching.map((environment) => environment.name).join(", ");
    refuse(`branch "${branch}" has several environments: ${names}`, "give --environment NAME", sink);
    return undefined;
  }
  if (only && only.branch === undefined) return only;
  refuse(
    `no environment is declared for branch "${branch}"`,
    `give --environment NAME; ${listOf(settings)}`,
    sink,
  );
  return undefined;
}

/** Without `environments:` there is one, named after the branch. */
function impliedEnvironment(
  settings: Settings,
  wish: EnvironmentWish,
  sink: DiagnosticSink,
): ChosenEnvironment | undefined {
  const name = wish.name ?? (wish.branch === undefined ? "default" : nameOfBranch(wish.branch));
  if (!isName(name)) {
    refuse(`environment "${name}" is no valid name`, nameRule, sink);
    return undefined;
  }
  return chosenEnvironment(settings, { name }, wish.branch);
}

type KnownSettings = Pick<EnvironmentSettings, "name"> & Partial<EnvironmentSettings>;

function chosenEnvironment(
  settings: Settings,
  chosen: KnownSettings,
  branch: string | undefined,
): ChosenEnvironment {
  return {
    environment: toEnvironment(settings, chosen, branch),
    values: chosen.values ?? noValues,
    images: imagePolicy(settings, chosen.name, branch),
  };
}

/** Which images the environment of this name may run when it stands for this branch. */
export function imagePolicy(settings: Settings, name: string, branch: string | undefined): ImagePolicy {
  const found = settings.environments.find((environment) => environment.name === name);
  return {
    ...settings.images,
    ...(branch === undefined ? {} : { branch }),
    promotesFrom: found?.promotesFrom ?? [],
  };
}

function toEnvironment(settings: Settings, chosen: KnownSettings, branch: string | undefined): Environment {
  const { newBuilds: common = "commit", ...policy } = settings.policy;
  const { newBuilds = common, ...own } = chosen.policy ?? {};
  return {
    name: chosen.name,
    project: settings.project,
    ...(branch === undefined ? {} : { branch }),
    target: chosen.target ?? "auto",
    prune: { ...defaultPrunePolicy, ...settings.prune, ...chosen.prune },
    rollout: { ...defaultRolloutPolicy, ...policy, ...own },
    newBuilds,
  };
}

function listOf(settings: Settings): string {
  const names = settings.environments.map(({ name, branch }) =>
    branch === undefined || branch === name ? name : `${name} (branch ${branch})`,
  );
  return `declared: ${names.join(", ")}`;
}

function refuse(message: string, hint: string, sink: DiagnosticSink): void {
  const position: Position = { file: settingsPath, line: 1, column: 1 };
  sink.error(position, "no-environment", message, hint);
}
