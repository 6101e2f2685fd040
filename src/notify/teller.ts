import { onOneLine } from "../lib/harmless.ts";
import type { Notice } from "../model/notice.ts";
import { type Revision, shortRevision } from "../model/revision.ts";
import type { ChangeReport } from "../model/run-report.ts";
import { failureKey, type OpenTrouble } from "./notice-state.ts";

/** Whose notices these are. */
export interface NoticeContext {
  readonly project: string;
  readonly environment: string;
  readonly host: string;
  readonly redact: (text: string) => string;
}

/** What the notices of one run have in common. */
interface NoticeRun {
  /** ISO 8601. */
  readonly at: string;
  readonly run?: string;
  readonly revision?: Revision;
}

const longestTitle = 300;
const longestDetail = 500;
const mostDetails = 20;

/** Of troubles that are not about one change. */
export const runPrefix = "run ";

/** What a trouble is about: a change, a code. */
export function nameIn({ key }: OpenTrouble): string {
  return key.slice(key.indexOf(" ") + 1);
}

/** Makes notices of one run, redacted first and cut then: half of a secret would pass for none. */
export class Teller {
  private readonly run: NoticeRun;
  private readonly context: NoticeContext;

  constructor(run: NoticeRun, context: NoticeContext) {
    this.run = run;
    this.context = context;
  }

  notice(said: Pick<Notice, "kind" | "key" | "title" | "details">): Notice {
    const { project, environment, host } = this.context;
    const { at, run, revision } = this.run;
    const details = said.details.flatMap((detail) => detail.split("\n")).filter((line) => line.trim() !== "");
    return {
      kind: said.kind,
      key: this.clean(said.key, longestTitle),
      project: this.clean(project, longestTitle),
      environment: this.clean(environment, longestTitle),
      host: this.clean(host, longestTitle),
      title: this.clean(said.title, longestTitle),
      details: this.lines(details),
      ...(revision === undefined ? {} : { revision: this.clean(revisionText(revision), longestTitle) }),
      ...(run === undefined ? {} : { run }),
      at,
    };
  }

  trouble(change: ChangeReport): Notice {
    const { key, outcome, summary, failure } = change;
    const message = failure === undefined || summary.includes(failure.message) ? [] : [failure.message];
    const hint = failure?.hint === undefined ? [] : [failure.hint];
    return this.notice({
      kind: outcome === "rolled-back" ? "rollback" : "failure",
      key: failureKey(key),
      title: `${key}: ${summary}`,
      details: [...message, ...(failure?.details ?? []), ...hint],
    });
  }

  /** @param report what became of it; absent when it is no longer in the configuration */
  over(trouble: OpenTrouble, report?: ChangeReport): Notice {
    return this.notice({
      kind: "recovery",
      key: trouble.key,
      title: overTitle(trouble, report),
      details: [`since ${trouble.since}`],
    });
  }

  private lines(details: readonly string[]): readonly string[] {
    if (details.length === 0) return [];
    // Redacted together, because a secret may have lines as well.
    const lines = this.context.redact(details.join("\n")).split("\n");
    const shown = lines.slice(0, mostDetails).map((line) => cut(onOneLine(line), longestDetail));
    const rest = lines.length - shown.length;
    return rest > 0 ? [...shown, `… ${rest} more`] : shown;
  }

  private clean(text: string, longest: number): string {
    return cut(onOneLine(this.context.redact(text)), longest);
  }
}

function overTitle(trouble: OpenTrouble, report: ChangeReport | undefined): string {
  if (trouble.kind === "silence") return "runs succeed again";
  if (trouble.key.startsWith(runPrefix)) return `runs come to a verdict again, after ${nameIn(trouble)}`;
  const name = nameIn(trouble);
  if (report === undefined) return `${name}: no longer in the configuration`;
  return `${name}: in order again, ${report.summary}`;
}

function revisionText(revision: Revision): string {
  const { subject } = revision;
  return subject === undefined ? shortRevision(revision) : `${shortRevision(revision)} ${subject}`;
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
