import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlEntry, YamlNode } from "../lib/yaml.ts";
import {
  isNull,
  knownEntries,
  readInteger,
  readList,
  readMap,
  readText,
  readWord,
} from "../lib/yaml-read.ts";
import { type NoticeKind, type NotificationSettings, noticeKinds } from "../model/daemon-settings.ts";
import { isName, nameRule } from "./names.ts";

export const notificationKeys = ["kind", "url", "sign", "on", "silentIntervals"] as const;
export const targetKinds = ["webhook", "slack"] as const;

const defaultSilentIntervals = 3;
export const mostSilentIntervals = 10_000;

/** Where names of secrets are looked up and mistakes are told. */
interface Place {
  readonly secretNames: ReadonlySet<string>;
  readonly sink: DiagnosticSink;
}

/** `notifications: {chat: {kind: slack, url: CHAT_URL}}`, sorted by name. */
export function readNotifications(
  node: YamlNode,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): readonly NotificationSettings[] {
  const entries = readMap(node, "notifications", sink)?.entries ?? [];
  return entries
    .flatMap((entry) => readNotification(entry, { secretNames, sink }) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readNotification(entry: YamlEntry, place: Place): NotificationSettings | undefined {
  const { key: name, keyPosition: position, value } = entry;
  const { sink } = place;
  const what = `notifications.${name}`;
  if (!isName(name))
    sink.error(position, "invalid-name", `notification "${name}" is no valid name`, nameRule);
  const map = readMap(value, what, sink);
  if (map === undefined) return undefined;
  const nodes = new Map<string, YamlNode>(
    knownEntries(map, notificationKeys, what, sink)
      .filter((known) => !isNull(known.value))
      .map((known) => [known.key, known.value]),
  );
  const kind = readKind(nodes.get("kind"), what, position, sink);
  const urlSecret = readSecretName(nodes.get("url"), { ...place, what: `${what}.url` });
  if (!nodes.has("url"))
    sink.error(position, "missing-key", `${what} needs url`, "write the name of the secret that holds it");
  const signingSecret = readSigning(nodes.get("sign"), kind, position, { ...place, what: `${what}.sign` });
  const on = readKinds(nodes.get("on"), `${what}.on`, sink);
  const silent = nodes.get("silentIntervals");
  const silentIntervals =
    silent && readInteger(silent, `${what}.silentIntervals`, sink, 1, mostSilentIntervals);
  if (kind === undefined || urlSecret === undefined) return undefined;
  return {
    name,
    kind,
    urlSecret,
    ...(signingSecret === undefined ? {} : { signingSecret }),
    on,
    silentIntervals: silentIntervals ?? defaultSilentIntervals,
    position,
  };
}

function readKind(
  node: YamlNode | undefined,
  what: string,
  position: Position,
  sink: DiagnosticSink,
): NotificationSettings["kind"] | undefined {
  if (node !== undefined) return readWord(node, `${what}.kind`, targetKinds, sink);
  sink.error(position, "missing-key", `${what} needs kind`, `one of: ${targetKinds.join(", ")}`);
  return undefined;
}

/** Whoever receives a webhook must be able to tell who sent it; a chat knows by the URL alone. */
function readSigning(
  node: YamlNode | undefined,
  kind: NotificationSettings["kind"] | undefined,
  position: Position,
  place: Place & { readonly what: string },
): string | undefined {
  const { what, sink } = place;
  if (node === undefined) {
    if (kind === "webhook") {
      const hint = "write the name of the secret that signs: whsec_ and 24 to 64 random bytes in base64";
      sink.error(position, "missing-key", `${what.replace(/\.sign$/, "")} needs sign`, hint);
    }
    return undefined;
  }
  const name = readSecretName(node, place);
  if (kind !== "slack") return name;
  sink.error(node.position, "not-used", `${what}: messages of kind slack are not signed`, "remove it");
  return undefined;
}

function readSecretName(
  node: YamlNode | undefined,
  { secretNames, sink, what }: Place & { readonly what: string },
): string | undefined {
  const text = node && readText(node, what, sink);
  if (node === undefined || text === undefined) return undefined;
  if (secretNames.has(text)) return text;
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(text)) {
    const hint = didYouMean(text, [...secretNames]) ?? `list it under secrets: [${text}]`;
    sink.error(node.position, "unknown-secret", `${what}: there is no secret "${text}"`, hint);
    return undefined;
  }
  // What stands there may be the secret itself, which is not repeated.
  sink.addAll([
    {
      severity: "error",
      code: "invalid-name",
      position: node.position,
      message: `${what} must be the name of a secret`,
      hint: "list a name under secrets: and write it here; the value comes with the run",
      isConfidential: true,
    },
  ]);
  return undefined;
}

/** All kinds unless they are named; in the order of the settings' documentation. */
function readKinds(node: YamlNode | undefined, what: string, sink: DiagnosticSink): readonly NoticeKind[] {
  if (node === undefined) return noticeKinds;
  const items = readList(node, what, sink);
  if (items === undefined) return noticeKinds;
  const named = new Set<NoticeKind>();
  for (const item of items) {
    const kind = readWord(item, `an item of ${what}`, noticeKinds, sink);
    if (kind === undefined) continue;
    if (named.has(kind)) sink.error(item.position, "duplicate-name", `${what}: "${kind}" is listed twice`);
    named.add(kind);
  }
  if (items.length === 0)
    sink.error(
      node.position,
      "empty-list",
      `${what} names nothing to tell`,
      `some of: ${noticeKinds.join(", ")}`,
    );
  return noticeKinds.filter((kind) => named.has(kind));
}
