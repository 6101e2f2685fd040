import { hasErrors } from "../../lib/diagnostic.ts";
import type { DesiredState } from "../../model/desired-state.ts";
import { type ExitCode, errorCatalogue, exitCodes, ReconcilerError } from "../../model/errors.ts";
import { sourcesOf } from "../../model/finding-sources.ts";
import { shortRevision } from "../../model/revision.ts";
import type { CommitDraft, CommitResult, ConfigRepository } from "../../ports.ts";
import { targetOf } from "../../reconcile/target.ts";
import { type Composition, compositionOf } from "../../release/composition.ts";
import { compositionName, compositionPattern } from "../../release/composition-name.ts";
import { editErrorCode } from "../../release/judge-tag.ts";
import { type Promotion, type PromotionEnd, planPromotion } from "../../release/promote.ts";
import { compileEnd, type EndName } from "../../release/promotion-ends.ts";
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
  /** Where a branch stands for several environments. */
  readonly fromEnvironment?: string;
  readonly toEnvironment?: string;
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
    const outcome: Outcome = {};
    const result = await carryOut(repository, offer, { app, flags }, outcome, signal);
    if (outcome.refused !== undefined) {
      const { exitCode } = errorCatalogue[editErrorCode(outcome.refused.diagnostics)];
      return reportMistakes(outcome.refused, flags, runtime, exitCode);
    }
    return tell(outcome, result, { flags, runtime });
  });
}

interface Outcome {
  promotion?: Promotion;
  refused?: Refused;
  /** On the commit. */
  tag?: string | undefined;
}

interface Context {
  readonly app: App;
  readonly flags: PromoteFlags;
}

type Edit = (tree: PromotionEnd["tree"], tip: CommitResult["revision"]) => CommitDraft | undefined;

/** A name that this program chose may be taken by a promotion of the same second: then it is one of the next. */
const nameAttempts = 5;

async function carryOut(
  repository: ConfigRepository,
  offer: Offer,
  context: Context,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<CommitResult> {
  const { app, flags } = context;
  const now = app.clock.now().getTime();
  for (let attempt = 1; ; attempt += 1) {
    const at = new Date(now + (attempt - 1) * 1000);
    const edit: Edit = (tree, tip) => draft(offer, { tree, tip, at }, context, outcome);
    try {
      return flags.dryRun
        ? await dryRun(repository, flags.to, edit, signal)
        : await repository.commit(flags.to, edit, signal);
    } catch (error) {
      if (attempt === nameAttempts || !(await isTaken(repository, outcome.tag, signal))) throw error;
    }
  }
}

async function isTaken(
  repository: ConfigRepository,
  tag: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (tag === undefined || signal.aborted) return false;
  return await repository.resolve(`refs/tags/${tag}`, signal).then(
    () => true,
    () => false,
  );
}

interface Tip {
  readonly tree: PromotionEnd["tree"];
  readonly tip: CommitResult["revision"];
  /** For the name of the commit. */
  readonly at: Date;
}

/** The commit that brings this tip to the offered versions; derived from the tip alone, because others push too. */
function draft(
  offer: Offer,
  { tree, tip, at }: Tip,
  { app, flags }: Context,
  outcome: Outcome,
): CommitDraft | undefined {
  const wanted = endName(flags.to, flags.toEnvironment);
  const { end: target, diagnostics } = compileEnd(tree, tip, app.inputs, wanted);
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
  const edited = setImages({ tree, inputs: { ...inputs, ...wanted } }, promotion.requests, {
    allowDowngrade,
  });
  if (edited.value === undefined || hasErrors(edited.diagnostics)) {
    outcome.refused = { ...edited, sources: sourcesOf(tree, edited.diagnostics), branch: flags.to };
    return undefined;
  }
  const tag = tagOf(flags, at, target.desired.environment.name);
  outcome.tag = tag;
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
  edit: Edit,
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
  // A composition is a tag and nothing else: a branch of its name would be something else tomorrow.
  const revision = await repository.resolve(
    isRelease ? `refs/tags/${flags.composition}` : flags.from,
    signal,
  );
  const tree = await repository.readTree(revision, signal);
  // A release stands on the branch that it was promoted to.
  const branch = isRelease ? flags.to : flags.from;
  const wanted = endName(branch, isRelease ? flags.toEnvironment : flags.fromEnvironment);
  const { end, diagnostics, ownImages } = compileEnd(tree, revision, app.inputs, wanted);
  if (end === undefined) return { diagnostics, sources: sourcesOf(tree, diagnostics), branch };
  const digests = flags.tagsOnly
    ? new Map<string, string>()
    : await resolveDigests(onlyMeant(end.desired, flags.only), await app.registry(signal), signal);
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
    const store = backend.stateStore(app.clock, targetOf(end.desired.environment, backend.swarmRole()));
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

/** Nobody waits for the digests of what is not promoted. */
function onlyMeant(desired: DesiredState, only: readonly string[]): DesiredState {
  if (only.length === 0) return desired;
  return { ...desired, workloads: desired.workloads.filter(({ key }) => only.includes(key)) };
}

function endName(branch: string, environment: string | undefined): EndName {
  return { branch, ...(environment === undefined ? {} : { environment }) };
}

function tagOf(
  { tagPattern = compositionPattern }: PromoteFlags,
  at: Date,
  environment: string,
): string | undefined {
  return tagPattern === "" ? undefined : compositionName(tagPattern, at, environment);
}

function tell(
  { promotion, tag }: Outcome,
  { revision, isNew }: CommitResult,
  { flags, runtime }: { readonly flags: PromoteFlags; readonly runtime: Runtime },
): ExitCode {
  if (promotion === undefined) throw new ReconcilerError("internal", "nothing was planned");
  // What was asked for by name and cannot be promoted is a refusal, not a remark.
  const isRefused = promotion.problems.length > 0 || (flags.only.length > 0 && promotion.left.length > 0);
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
