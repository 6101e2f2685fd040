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
/** Characters of the parts of one notice, so that the first always fits; the rest is in the history. */
const room = { title: 400, place: 300, story: 900 };
const mostDetails = 8;
const longestDetail = 110;

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
  const facts = [revision ?? "", run === undefined ? "" : `run ${run}`].filter((fact) => fact !== "");
  const place = [`${project}/${environment} on ${host}`, ...facts].join(" · ");
  const lines = [`*${words[kind]}* ${escaped(title, room.title)}`, escaped(place, room.place)];
  const story = codeBlock(details);
  return [...lines, ...(story === "" ? [] : [story])].join("\n");
}

function codeBlock(details: readonly string[]): string {
  const shown = details.slice(0, mostDetails).map((line) => line.slice(0, longestDetail));
  const text = escaped(shown.join("\n"), room.story);
  return text === "" ? "" : `\`\`\`\n${text}\n\`\`\``;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * Slack: `&`, `<` and `>` are control characters (Formatting text for app surfaces). Nobody is called by a log line.
 *
 * @param longest characters of the escaped text; what does not fit is left out
 */
function escaped(text: string, longest: number): string {
  const calm = text.replaceAll("```", "'''").replace(/@(?=everyone|here|channel|all)/gi, "@\u200b");
  let shown = "";
  for (const character of calm) {
    const next = entities[character] ?? character;
    if (shown.length + next.length >= longest) return `${shown}…`;
    shown += next;
  }
  return shown;
}
