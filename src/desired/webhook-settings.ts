import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { didYouMean, nearestWord } from "../lib/suggest.ts";
import type { YamlMap, YamlNode } from "../lib/yaml.ts";
import { isNull, knownEntries, readMap, readText, readWord } from "../lib/yaml-read.ts";
import { type HookProvider, hookProviders, type WebhookSettings } from "../model/daemon-settings.ts";
import { hookProviderFacts } from "../model/hook-provider.ts";

export const webhookKeys = ["provider", "secret", "pathSecret", "repository"] as const;

/** Names are a part of a path. */
export const webhookName: RegExp = /^[a-z0-9][a-z0-9-]{0,62}$/;
const nameRule = "lowercase letters, digits and -, starting with a letter or digit, at most 63";

const example = "write {provider: github, secret: NAME}";

/**
 * `webhooks: {push: {provider: github, secret: HOOK}}`.
 *
 * @param secretNames names under `secrets:`; nothing else can be referred to
 * @returns sorted by name; without those whose provider is not known
 */
export function readWebhooks(
  node: YamlNode,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): readonly WebhookSettings[] {
  const hooks = (readMap(node, "webhooks", sink)?.entries ?? []).flatMap(({ key, keyPosition, value }) => {
    if (!webhookName.test(key))
      sink.error(keyPosition, "invalid-name", `webhook "${key}" is no valid name`, nameRule);
    const map = readMap(value, `webhooks.${key}`, sink);
    return map ? (readWebhook({ name: key, position: keyPosition, map }, secretNames, sink) ?? []) : [];
  });
  return hooks.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface NamedHook {
  readonly name: string;
  readonly position: Position;
  readonly map: YamlMap;
}

function readWebhook(
  { name, position, map }: NamedHook,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): WebhookSettings | undefined {
  const what = `webhooks.${name}`;
  const nodes = new Map(
    knownEntries(map, webhookKeys, what, sink)
      .filter((entry) => !isNull(entry.value))
      .map((entry) => [entry.key, entry.value]),
  );
  const [provider, secret, pathSecret, repository] = webhookKeys.map((key) => nodes.get(key));
  if (!provider) sink.error(position, "missing-key", `${what} needs provider`, example);
  const word = provider && readWord(provider, `${what}.provider`, hookProviders, sink);
  const secrets = secret ? readSecrets(secret, `${what}.secret`, secretNames, sink) : [];
  const pathName = pathSecret && readSecretName(pathSecret, `${what}.pathSecret`, secretNames, sink);
  const repositoryName = repository && readRepository(repository, `${what}.repository`, sink);
  if (word === undefined) return undefined;
  checkKeys({ what, position, provider: word, secret, pathSecret, repository }, sink);
  return {
    name,
    provider: word,
    secrets,
    ...(pathName === undefined ? {} : { pathSecret: pathName }),
    ...(repositoryName === undefined ? {} : { repository: repositoryName }),
    position,
  };
}

interface GivenKeys {
  readonly what: string;
  readonly position: Position;
  readonly provider: HookProvider;
  readonly secret: YamlNode | undefined;
  readonly pathSecret: YamlNode | undefined;
  readonly repository: YamlNode | undefined;
}

/** A key that would have no effect is worse than a missing one: somebody relies on it. */
function checkKeys(given: GivenKeys, sink: DiagnosticSink): void {
  const { what, position, provider, secret, pathSecret, repository } = given;
  const { proof, marks } = hookProviderFacts[provider];
  if (proof === "path") {
    if (secret) {
      const hint = "write pathSecret instead: it makes the address unguessable";
      sink.error(secret.position, "unused-key", `${what}.secret: ${provider} signs nothing`, hint);
    }
    if (!pathSecret) {
      const hint = "write pathSecret: NAME, with a name under secrets:";
      sink.error(position, "missing-key", `${what} needs pathSecret: ${provider} signs nothing`, hint);
    }
  } else if (!secret) {
    const message = `${what} needs secret: anybody could send it otherwise`;
    sink.error(position, "missing-key", message, "write secret: NAME, with a name under secrets:");
  }
  if (repository && !marks.includes("branch")) {
    const message = `${what}.repository: ${provider} tells of images, not of repositories`;
    sink.error(repository.position, "unused-key", message, "remove it");
  }
}

/** One name, or several while the secret is being changed at the sender. */
function readSecrets(
  node: YamlNode,
  what: string,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): readonly string[] {
  if (node.kind !== "list") {
    const name = readSecretName(node, what, secretNames, sink);
    return name === undefined ? [] : [name];
  }
  if (node.items.length === 0)
    sink.error(node.position, "missing-value", `${what} is empty`, "write the name of a secret");
  const names = new Set<string>();
  for (const item of node.items) {
    const name = readSecretName(item, `an item of ${what}`, secretNames, sink);
    if (name === undefined) continue;
    if (names.has(name))
      sink.error(item.position, "duplicate-name", `${what}: "${name}" is listed twice`, "remove one");
    names.add(name);
  }
  return [...names];
}

function readSecretName(
  node: YamlNode,
  what: string,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): string | undefined {
  const name = readText(node, what, sink);
  if (name === undefined || secretNames.has(name)) return name;
  if (nearestWord(name, secretNames) === undefined && looksLikeValue(name)) {
    sink.addAll([
      {
        severity: "error",
        code: "secret-in-settings",
        position: node.position,
        message: `${what} looks like the secret itself`,
        hint: "list a name under secrets: and write that name; if this was a real secret, change it",
        isConfidential: true,
      },
    ]);
    return undefined;
  }
  const hint = didYouMean(name, secretNames) ?? `list it under secrets: ${[...secretNames, name].join(", ")}`;
  sink.error(node.position, "unknown-secret", `${what}: there is no secret "${name}"`, hint);
  return undefined;
}

/** No name under `secrets:` could be written like this, or nobody would. */
function looksLikeValue(text: string): boolean {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(text) || text.startsWith("whsec_")) return true;
  return text.length >= 16 && /\d/.test(text) && /[a-z]/.test(text) && !/[_-]/.test(text);
}

function readRepository(node: YamlNode, what: string, sink: DiagnosticSink): string | undefined {
  const text = readText(node, what, sink);
  if (text === undefined) return undefined;
  if (/^[^\s\p{C}]{1,500}$/u.test(text) && /[^/]\/[^/]/.test(text)) return text;
  const hint = "write ops/config or https://git.example.com/ops/config.git";
  sink.error(node.position, "invalid-repository", `${what}: "${text}" is no repository`, hint);
  return undefined;
}
