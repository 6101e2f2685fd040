import type { NoticeKind, NotificationSettings } from "../model/daemon-settings.ts";
import type { Notice } from "../model/notice.ts";
import { silenceKey } from "./notices.ts";

/** Where notices go. URL and signing secret are secrets: only the name is ever shown. */
export interface Target {
  readonly name: string;
  readonly kind: "webhook" | "slack";
  readonly url: URL;
  /** Standard Webhooks: `whsec_` and base64; absent for `slack`. */
  readonly signingSecret?: string;
  readonly on: readonly NoticeKind[];
  readonly silentIntervals: number;
}

export interface ResolvedTargets {
  readonly targets: readonly Target[];
  /** Why a target is left out, as sentences for people. */
  readonly problems: readonly string[];
}

/** Puts the values of secrets in. A target that cannot be used is left out and told; the others work. */
export function resolveTargets(
  settings: readonly NotificationSettings[],
  secrets: ReadonlyMap<string, string>,
): ResolvedTargets {
  const resolved = settings.map((one) => resolve(one, secrets));
  return {
    targets: resolved.flatMap(({ target }) => target ?? []),
    problems: resolved.flatMap(({ problems }) => problems),
  };
}

function resolve(
  settings: NotificationSettings,
  secrets: ReadonlyMap<string, string>,
): { readonly target?: Target; readonly problems: readonly string[] } {
  const { name, kind, urlSecret, signingSecret, on, silentIntervals } = settings;
  const problems: string[] = [];
  const secretValue = (secret: string): string | undefined => {
    const value = secrets.get(secret)?.trim();
    if (value !== undefined && value !== "") return value;
    problems.push(`notification "${name}": the secret "${secret}" has no value`);
    return undefined;
  };
  const urlText = secretValue(urlSecret);
  const url = urlText === undefined ? undefined : webUrl(urlText);
  if (urlText !== undefined && url === undefined)
    problems.push(`notification "${name}": the secret "${urlSecret}" is no URL with http:// or https://`);
  const key = signingSecret === undefined ? undefined : secretValue(signingSecret);
  if (key !== undefined && !isSigningKey(key))
    problems.push(
      `notification "${name}": the secret "${signingSecret}" must be whsec_ and 24 to 64 random bytes in base64`,
    );
  if (url === undefined || problems.length > 0) return { problems };
  const target: Target = {
    name,
    kind,
    url,
    ...(key === undefined ? {} : { signingSecret: key }),
    on,
    silentIntervals,
  };
  return { target, problems };
}

function webUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : undefined;
}

/** Standard Webhooks, "Signature scheme": keys of 24 to 64 bytes in base64. */
function isSigningKey(text: string): boolean {
  const encoded = text.replace(/^whsec_/, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || encoded.length % 4 !== 0) return false;
  const { length } = Buffer.from(encoded, "base64");
  return length >= 24 && length <= 64;
}

/** The notices that a target wants, of silence only that of its own threshold. */
export function wantedBy(target: Target, notices: readonly Notice[]): readonly Notice[] {
  const own = silenceKey(target.silentIntervals);
  return notices.filter(
    ({ kind, key }) => target.on.includes(kind) && (!key.startsWith("silence ") || key === own),
  );
}
