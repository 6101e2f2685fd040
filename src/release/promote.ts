import { imagePolicy } from "../desired/choose-environment.ts";
import { defaultSettings, parseSettings, settingsPath } from "../desired/settings-file.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { ReconcilerError } from "../model/errors.ts";
import { type ImagePolicy, isOwnImage, judgeImage } from "../model/image-policy.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import {
  type Component,
  type Composition,
  componentText,
  compositionOf,
  versionText,
} from "./composition.ts";
import type { ImageRequest } from "./set-images.ts";
import { compareTags } from "./tag-form.ts";

/** One end of a promotion: the files of a branch, and what they mean for its environment. */
export interface PromotionEnd {
  readonly tree: ManifestTree;
  readonly desired: DesiredState;
}

export interface PromotionOptions {
  /** Keys of the components to promote; all by default. */
  readonly only?: readonly string[];
  /** What to promote instead of what the source's branch says now. */
  readonly composition?: Composition;
  /** Lets components go back to earlier versions. */
  readonly allowDowngrade: boolean;
}

/** A component that changes its version in the target. */
export interface Move {
  readonly key: string;
  readonly image: string;
  readonly from: Component;
  readonly to: Component;
  readonly isDowngrade: boolean;
}

export interface Promotion {
  /** Names of the environments. */
  readonly source: string;
  readonly target: string;
  /** Sorted by key, as everything below. */
  readonly moves: readonly Move[];
  readonly requests: readonly ImageRequest[];
  /** How many components have the source's version already. */
  readonly unchanged: number;
  /** Components of the source that are left out, each a sentence. */
  readonly left: readonly string[];
  /** Reasons to change nothing at all, each a sentence; with any of them the requests are not to be carried out. */
  readonly problems: readonly string[];
}

/**
 * What brings the target to the versions of the source, images of one's own and of others alike, because they were
 * tried together. Only versions are promoted: a component that the target does not have, or takes from another image,
 * is reported. Pure.
 *
 * @throws ReconcilerError `usage` when `only` names no component of the source
 */
export function planPromotion(
  source: PromotionEnd,
  target: PromotionEnd,
  options: PromotionOptions,
): Promotion {
  const policy = targetPolicy(target);
  const { own } = policy;
  const offered = (options.composition ?? compositionOf(source.desired, { own })).components;
  const chosen = choose(offered, options.only);
  const present = new Map(
    compositionOf(target.desired, { own }).components.map((found) => [found.key, found]),
  );
  const offeredKeys = new Set(offered.map(({ key }) => key));
  const targetName = target.desired.environment.name;
  const { moves, left, unchanged } = sortOut(chosen, present, targetName, policy);
  return {
    source: options.composition?.environment ?? source.desired.environment.name,
    target: targetName,
    moves,
    requests: moves.flatMap(requestOf),
    unchanged,
    left,
    problems: [
      ...(options.allowDowngrade ? [] : downgradeProblems(moves)),
      ...policyProblems(moves, policy),
      ...sharedPlaceProblems(moves, placedComponents(target.desired.workloads, present), offeredKeys),
    ],
  };
}

/** Which components move, which are left out and why, and how many have the version already. */
function sortOut(
  chosen: readonly Component[],
  present: ReadonlyMap<string, Component>,
  target: string,
  policy: ImagePolicy,
): Pick<Promotion, "moves" | "left" | "unchanged"> {
  const moves: Move[] = [];
  const left: string[] = [];
  let unchanged = 0;
  for (const to of chosen) {
    const from = present.get(to.key);
    const reason = reasonToLeave(from, to, target);
    if (reason !== undefined) left.push(reason);
    else if (from === undefined || isSameVersion(from, to)) unchanged++;
    else moves.push({ key: to.key, image: to.image, from, to, isDowngrade: isOlder(to, from, policy) });
  }
  return { moves, left, unchanged };
}

/** Which images the target may run, as its own settings say. */
function targetPolicy({ tree, desired }: PromotionEnd): ImagePolicy {
  const file = tree.get(settingsPath);
  const { name, branch } = desired.environment;
  // The target was compiled, so that its settings can be read.
  const settings = file && parseSettings(new TextDecoder().decode(file.content)).value;
  return imagePolicy(settings ?? defaultSettings, name, branch);
}

function choose(offered: readonly Component[], only: readonly string[] | undefined): readonly Component[] {
  if (only === undefined) return offered;
  const known = offered.map(({ key }) => key);
  const unknown = only.find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new ReconcilerError("usage", `there is no component "${unknown}" to promote`, {
      hint: didYouMean(unknown, known) ?? `there are: ${known.join(", ")}`,
    });
  return offered.filter(({ key }) => only.includes(key));
}

function reasonToLeave(from: Component | undefined, to: Component, target: string): string | undefined {
  const version = componentText(to);
  if (from === undefined) return `${to.key} (${version}) is not in ${target}: add it there first`;
  if (from.image !== to.image)
    return `${to.key} runs ${from.image} in ${target} and not ${to.image}: change the image there first`;
  if (to.tag === undefined && !isSameVersion(from, to))
    return `${to.key} (${version}) has no tag that could be promoted`;
  return undefined;
}

/** A digest that only one of the two knows says nothing, unless it is the only version there is. */
function isSameVersion(a: Component, b: Component): boolean {
  if (a.tag !== b.tag) return false;
  return b.digest === undefined ? b.tag !== undefined : a.digest === b.digest;
}

function isOlder(to: Component, from: Component, policy: ImagePolicy): boolean {
  if (to.tag === undefined || from.tag === undefined) return false;
  return (compareTags(to.tag, from.tag, isOwnImage(to.image, policy.own)) ?? 0) < 0;
}

function requestOf({ key, to: { tag, digest } }: Move): ImageRequest[] {
  if (tag === undefined) return [];
  return [{ name: key, tag, ...(digest === undefined ? {} : { digest }) }];
}

function downgradeProblems(moves: readonly Move[]): readonly string[] {
  return moves
    .filter(({ isDowngrade }) => isDowngrade)
    .map(({ key, from, to }) => `${key} would go back from ${versionText(from)} to ${versionText(to)}`);
}

/** What the target would refuse afterwards is refused before it is written. */
function policyProblems(moves: readonly Move[], policy: ImagePolicy): readonly string[] {
  return moves.flatMap(({ key, image, to }) => {
    const digest = to.digest === undefined ? "" : `@${to.digest}`;
    const { error } = judgeImage(`${image}:${to.tag}${digest}`, policy);
    if (error === undefined) return [];
    const isBranch = to.form === "build" && to.branch !== undefined;
    const advice = isBranch ? `; promotesFrom of the environment must name the branch "${to.branch}"` : "";
    return [`${key}: ${error}${advice}`];
  });
}

/**
 * Instances of one template unit have one line for their image: they can only be promoted together. Where one line gave
 * several versions before, it is no plain text, and whoever edits it has to say so.
 */
function sharedPlaceProblems(
  moves: readonly Move[],
  present: readonly PlacedComponent[],
  offered: ReadonlySet<string>,
): readonly string[] {
  const moved = new Map(moves.map((move) => [move.key, move.to]));
  return [...Map.groupBy(present, ({ place }) => place)].flatMap(([place, found]) => {
    // An instance that the source does not have takes the version of the others: it has the same line.
    const known = found.filter(({ component }) => offered.has(component.key));
    const before = new Set(found.map(({ component }) => fullVersion(component)));
    const after = new Set(known.map(({ component }) => fullVersion(moved.get(component.key) ?? component)));
    if (before.size > 1 || after.size === 1) return [];
    const keys = found.map(({ component }) => component.key).join(", ");
    return [`${keys} have one image at ${place}, which cannot be of several versions: promote them together`];
  });
}

/** A component of the target and where its image is written. */
interface PlacedComponent {
  readonly component: Component;
  readonly place: string;
}

function placedComponents(
  workloads: readonly WorkloadSpec[],
  present: ReadonlyMap<string, Component>,
): readonly PlacedComponent[] {
  return workloads.flatMap((workload) => {
    const component = present.get(workload.key);
    return component === undefined ? [] : [{ component, place: placeOfImage(workload) }];
  });
}

function fullVersion({ tag, digest }: Component): string {
  return `${tag ?? ""}@${digest ?? ""}`;
}

function placeOfImage({ positions, origin }: WorkloadSpec): string {
  const { file, line, column } = positions["image"] ?? origin;
  return `${file}:${line}:${column}`;
}
