import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlMap } from "../lib/yaml.ts";
import { isNull } from "../lib/yaml-read.ts";
import type { CompileContext } from "../model/compile.ts";
import { entryValue } from "./resource-keys.ts";
import { readTexts } from "./scalars.ts";

/** The variable that enables profiles: names with commas between, `*` is all of them. */
const profilesVariable = "COMPOSE_PROFILES";

export interface ActiveProfiles {
  readonly names: ReadonlySet<string>;
  /** Somebody said which ones, even if none. */
  readonly isDeclared: boolean;
}

export function activeProfiles({ variables }: Pick<CompileContext, "variables">): ActiveProfiles {
  const text = variables.get(profilesVariable);
  const names = (text ?? "").split(",").map((name) => name.trim());
  return { names: new Set(names.filter((name) => name !== "")), isDeclared: text !== undefined };
}

/** Whether a service takes part: it has no profile, or one that is enabled (Compose specification, "profiles"). */
export function isEnabled(
  name: string,
  service: YamlMap,
  active: ActiveProfiles,
  sink: DiagnosticSink,
): boolean {
  const node = entryValue(service, "profiles");
  if (!node || isNull(node)) return true;
  const profiles = readTexts(node, `services.${name}.profiles`, sink) ?? [];
  if (profiles.length === 0 || active.names.has("*")) return true;
  // Who names no profile has named the empty one.
  const isMeant = (text: string) => active.names.has(text) || (text === "" && active.names.size === 0);
  if (profiles.some(({ text }) => isMeant(text))) return true;
  if (!active.isDeclared) {
    const list = profiles.map(({ text }) => `"${text}"`).join(", ");
    const message = `service "${name}" is left out: its profiles (${list}) are not enabled`;
    const hint = `name one under values in mysysconfig.yaml: ${profilesVariable}: ${profiles[0]?.text}`;
    sink.warning(node.position, "disabled-service", message, hint);
  }
  return false;
}
