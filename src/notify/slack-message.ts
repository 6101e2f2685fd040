import type { NoticeKind } from "../model/daemon-settings.ts";
import type { Notice } from "../model/notice.ts";
import type { Message } from "./webhook-message.ts";

const words: Readonly<Record<NoticeKind, string>> = {
  failure: "failed",
  rollback: "rolled back",
  recovery: "recovered",
  drift: "drift",
  silence: "silence",
};

/** Discord takes 2,000 characters, Slack and Mattermost more. */
const longestText = 1_900;
/** Of one notice; the rest is in the history. */
const mostDetails = 8;

/** The body that Slack's incoming webhooks take, and those of Mattermost and of Discord's `/slack`. */
export function slackBody({ notices, missed }: Message): string {
  const parts = notices.map(noticeText);
  const lost =
    missed === 0 ? [] : [`(${missed} earlier ${missed === 1 ? "notice" : "notices"} did not get through)`];
  return JSON.stringify({ text: fitting(parts, lost) });
}

/** As many notices as fit, each whole. */
function fitting(parts: readonly string[], lost: readonly string[]): string {
  const shown: string[] = [];
  let length = 100;
  for (const part of parts) {
    if (length + part.length > longestText) break;
    shown.push(part);
    length += part.length + 1;
  }
  const rest = parts.length - shown.length;
  return [...shown, ...(rest > 0 ? [`… and ${rest} more`] : []), ...lost].join("\n");
}

function noticeText({ kind, title, details, revision, run, project, environment, host }: Notice): string {
  const place = `${project}/${environment} on ${host}`;
  const facts = [...(revision === undefined ? [] : [revision]), ...(run === undefined ? [] : [`run ${run}`])];
  const lines = [
    `*${escaped(words[kind])}* ${escaped(cut(title, 400))}`,
    escaped(cut([place, ...facts].join(" · "), 300)),
  ];
  const story = codeBlock(details);
  return [...lines, ...(story === "" ? [] : [story])].join("\n");
}

function codeBlock(details: readonly string[]): string {
  const shown = details.slice(0, mostDetails).map((line) => cut(line, 110));
  const text = escaped(shown.join("\n")).replaceAll("```", "'''");
  return text === "" ? "" : `\`\`\`\n${text}\n\`\`\``;
}

/** Slack: `&`, `<` and `>` are control characters (Formatting text for app surfaces). Nobody is called by a log line. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/@(?=everyone|here|channel|all)/gi, "@\u200b");
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
