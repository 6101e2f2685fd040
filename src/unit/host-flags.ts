import { isIpv4, isIpv6, type Reader } from "./flag-values.ts";
import { mark, type RunDraft, refuse } from "./run-draft.ts";
import type { Word } from "./words.ts";

/** Flags about the names by which a container finds others. */

/** `--add-host name:address`, `name=address` or `host-gateway`; stored with a colon. */
export function applyAddHost(value: Word, draft: RunDraft): void {
  const match = /^([^:=]+)[:=](.+)$/.exec(value.text);
  const address = match?.[2]?.replace(/^\[(.*)\]$/, "$1") ?? "";
  if (match?.[1] === undefined || !(isIpv4(address) || isIpv6(address) || address === "host-gateway")) {
    refuse(
      draft,
      value,
      `"${value.text}" is not a host entry`,
      "write name:address, for example db:10.0.0.5",
    );
    return;
  }
  const entry = `${match[1]}:${address}`;
  draft.fields.extraHosts = [...new Set([...(draft.fields.extraHosts ?? []), entry])];
  mark(draft, "extraHosts", value);
}

/** `--link name[:alias]`; the alias is the name when it is left out. */
export function applyLink(value: Word, draft: RunDraft): void {
  const match = /^([^:]+)(?::([^:]+))?$/.exec(value.text);
  if (match?.[1] === undefined) {
    refuse(draft, value, `"${value.text}" is not a link`, "write name or name:alias");
    return;
  }
  const link = `${match[1]}:${match[2] ?? match[1]}`;
  draft.fields.links = [...new Set([...(draft.fields.links ?? []), link])];
  mark(draft, "links", value);
}

const domain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;

/** A domain to search, or `.` for none; a dot at the end makes no difference. */
export const readSearchDomain: Reader<string> = (value, draft) => {
  const name = value.text.trim().replace(/(?<=.)\.$/, "");
  if (name === "." || (domain.test(name) && /[a-z]/i.test(name) && name.length < 255)) return name;
  return refuse(draft, value, `"${value.text}" is not a domain`, "write for example example.org");
};
