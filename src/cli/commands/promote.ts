import { hasErrors } from "../../lib/diagnostic.ts";
import { type ExitCode, exitCodes, ReconcilerError } from "../../model/errors.ts";
import { sourcesOf } from "../../model/finding-sources.ts";
import { shortRevision } from "../../model/revision.ts";
import type { CommitDraft, CommitResult, ConfigRepository } from "../../ports.ts";
import { type Composition, compositionOf } from "../../release/composition.ts";
import { compositionName, compositionPattern } from "../../release/composition-name.ts";
import { type Promotion, type PromotionEnd, planPromotion } from "../../release/promote.ts";
import { compileEnd } from "../../release/promotion-ends.ts";
import { formatPromotion, promotionMessage } from "../../release/promotion-text.ts";
import { setImages } from "../../release/set-images.ts";
import { soakProblems } from "../../release/soak.ts";
import { type Findings, reportMistakes, runSignal, withEngine } from "../prepare.ts";
import { type ReleaseFlags, withRepository } from "../repository.ts";
import { resolveDigests } from "../resolve-digests.ts";
import type { App, Runtime } from "../runtime.ts";

export interface PromoteFlags extends ReleaseFlags {
  /** Branch of the environment that has the versions. */
  readonly from: string;
  /** Branch of the environment that gets them. */
  readonly to: string;
  readonly only: readonly string[];
  /** A tag of an earlier promotion, whose versions are set again. */
  readonly composition?: string;
  readonly dryRun: boolean;
  readonly tagsOnly: boolean;
  readonly allowDowngrade: boolean;
  /** Pattern of the tag on the commit; empty for none. */
  readonly tagPattern?: string;
  /** How long the source environment must have run all of it well. */
  readonly soakMs?: number;
}

/** What is carried over: the files that say it, and the versions with their digests. */
interface Offer {
  readonly end: PromotionEnd;
  readonly composition: Composition;
}

/** Why a promotion cannot be carried out: mistakes in the files of a branch. */
type Refused = Findings & { readonly branch: string };

/** `promote`: the versions of one environment become those of another one, in one commit. */
export async function promoteCommand(flags: PromoteFlags, runtime: Runtime): Promise<ExitCode> {
  const signal = runSignal(flags, runtime);
  return withRepository({ ...flags, branch: flags.to }, runtime, signal, async ({ app, repository }) => {
    const offer = await readOffer(app, repository, flags, signal);
    if ("diagnostics" in offer) return reportMistakes(offer, flags, runtime);
    if (flags.soakMs !== undefined) await assertSoaked(app, offer, flags, flags.soakMs, signal);
    const tag = tagOf(flags, app.clock.now());
    const outcome: Outcome = {};
    const edit = (tree: Parameters<typeof draft>[1], tip: Parameters<typeof draft>[2]) =>
      draft(offer, tree, tip, { app, flags, tag }, outcome);
    const result = flags.dryRun
      ? await dryRun(repository, flags.to, edit, signal)
      : await repository.commit(flags.to, edit, signal);
    if (outcome.refused !== undefined) return reportMistakes(outcome.refused, flags, runtime);
    return tell(outcome.promotion, result, { flags, runtime, tag });
  });
}

interface Outcome {
  promotion?: Promotion;
  refused?: Refused;
}

interface DraftContext {
  readonly app: App;
  readonly flags: PromoteFlags;
  readonly tag: string | undefined;
}

/** The commit that brings this tip to the offered versions; derived from the tip alone, because others push too. */
function draft(
  offer: Offer,
  tree: PromotionEnd["tree"],
  tip: CommitResult["revision"],
  { app, flags, tag }: DraftContext,
  outcome: Outcome,
): CommitDraft | undefined {
  const { end: target, diagnostics } = compileEnd(tree, tip, app.inputs, flags.to);
  if (target === undefined) {
    outcome.refused = { diagnostics, sources: sourcesOf(tree, diagnostics), branch: flags.to };
    return undefined;
  }
  const { only, allowDowngrade } = flags;
  const options = { composition: offer.composition, allowDowngrade, ...(only.length === 0 ? {} : { only }) };
  const promotion = planPromotion(offer.end, target, options);
  outcome.promotion = promotion;
  if (promotion.problems.length > 0 || promotion.moves.length === 0) return undefined;
  const { environment: _named, ...inputs } = app.inputs;
  const edited = setImages({ tree, inputs: { ...inputs, branch: flags.to } }, promotion.requests, {
    allowDowngrade,
  });
  if (edited.value === undefined || hasErrors(edited.diagnostics)) {
    outcome.refused = { ...edited, sources: sourcesOf(tree, edited.diagnostics), branch: flags.to };
    return undefined;
  }
  return {
    message: promotionMessage(promotion),
    files: edited.value.files,
    ...(tag === undefined ? {} : { tag }),
  };
}

/** Asks for the commit and makes none. */
async function dryRun(
  repository: ConfigRepository,
  branch: string,
  edit: (tree: PromotionEnd["tree"], tip: CommitResult["revision"]) => CommitDraft | undefined,
  signal: AbortSignal,
): Promise<CommitResult> {
  const tip = await repository.resolve(branch, signal);
  edit(await repository.readTree(tip, signal), tip);
  return { revision: tip, isNew: false, attempts: 0 };
}

async function readOffer(
  app: App,
  repository: ConfigRepository,
  flags: PromoteFlags,
  signal: AbortSignal,
): Promise<Offer | Refused> {
  const isRelease = flags.composition !== undefined;
  const revision = await repository.resolve(flags.composition ?? flags.from, signal);
  const tree = await repository.readTree(revision, signal);
  // A release stands on the branch that it was promoted to.
  const branch = isRelease ? flags.to : flags.from;
  const { end, diagnostics, ownImages } = compileEnd(tree, revision, app.inputs, branch);
  if (end === undefined) return { diagnostics, sources: sourcesOf(tree, diagnostics), branch };
  const digests = flags.tagsOnly
    ? new Map<string, string>()
    : await resolveDigests(end.desired, await app.registry(signal), signal);
  const composition = compositionOf(end.desired, { own: ownImages, digests });
  return {
    end,
    composition: isRelease ? { ...composition, environment: flags.composition ?? "" } : composition,
  };
}

/** @throws ReconcilerError `not-proven` unless the source environment has run all of it well for that long */
async function assertSoaked(
  app: App,
  { end, composition }: Offer,
  flags: PromoteFlags,
  soakMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { project, name } = end.desired.environment;
  const problems = await withEngine(app, signal, async (backend) => {
    const store = backend.stateStore(app.clock);
    const owner = { project, environment: name };
    const [{ history }, kept] = await Promise.all([store.read(owner, signal), store.readKept(owner, signal)]);
    const meant = flags.only.length === 0 ? undefined : new Set(flags.only);
    const components = composition.components.filter(({ key }) => meant?.has(key) ?? true);
    return soakProblems({ components, history, kept }, soakMs, app.clock.now());
  });
  if (problems.length > 0)
    throw new ReconcilerError("not-proven", `${name} has not proved this yet: ${problems.join("; ")}`, {
      hint: "wait, or promote with --only what has proved itself",
    });
}

function tagOf({ tagPattern = compositionPattern, to }: PromoteFlags, now: Date): string | undefined {
  return tagPattern === "" ? undefined : compositionName(tagPattern, now, to);
}

function tell(
  promotion: Promotion | undefined,
  { revision, isNew }: CommitResult,
  {
    flags,
    runtime,
    tag,
  }: { readonly flags: PromoteFlags; readonly runtime: Runtime; readonly tag: string | undefined },
): ExitCode {
  if (promotion === undefined) throw new ReconcilerError("internal", "nothing was planned");
  const isRefused = promotion.problems.length > 0;
  const isPending = !isNew && !isRefused && promotion.moves.length > 0;
  const exitCode = isRefused ? exitCodes.refused : isPending ? exitCodes.pending : exitCodes.converged;
  if (flags.json) {
    const { requests: _requests, ...shown } = promotion;
    const pushed = isNew ? { pushed: true, ...(tag === undefined ? {} : { tag }) } : { pushed: false };
    runtime.stdout(`${JSON.stringify({ version: 1, ...shown, revision: revision.id, ...pushed })}\n`);
    return exitCode;
  }
  runtime.stdout(formatPromotion(promotion, runtime.paint));
  const tagged = tag === undefined ? "" : `, tagged ${tag}`;
  if (isNew) runtime.stdout(`Pushed to ${flags.to} @ ${shortRevision(revision)}${tagged}.\n`);
  if (isPending) runtime.stdout(`Nothing was pushed: without --dry-run it would be. (exit ${exitCode})\n`);
  if (isRefused) runtime.stdout(`Nothing was pushed. (exit ${exitCode})\n`);
  return exitCode;
}
