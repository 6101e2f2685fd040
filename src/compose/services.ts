import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../lib/yaml.ts";
import { isNull, readMap, readText } from "../lib/yaml-read.ts";
import type { DeclaredService } from "./project.ts";
import { checkName, entryValue } from "./resource-keys.ts";
import { readTexts } from "./scalars.ts";

/** What services must know about one another before any of them is read. */
export function declareServices(
  section: YamlNode | undefined,
  sink: DiagnosticSink,
): ReadonlyMap<string, DeclaredService> {
  const services = section && readMap(section, "services", sink);
  return new Map((services?.entries ?? []).map((entry) => [entry.key, declareService(entry, sink)]));
}

function declareService({ key, keyPosition, value }: YamlEntry, sink: DiagnosticSink): DeclaredService {
  checkName(key, { position: keyPosition, what: `services.${key}` }, sink);
  if (value.kind !== "map") return { enabled: true };
  const containerName = readContainerName(value, `services.${key}`, sink);
  const enabled = isEnabled(key, value, sink);
  return { enabled, ...(containerName === undefined ? {} : { containerName }) };
}

function readContainerName(service: YamlMap, what: string, sink: DiagnosticSink): string | undefined {
  const node = entryValue(service, "container_name");
  if (!node) return undefined;
  const place = { position: node.position, what: `${what}.container_name` };
  const text = readText(node, place.what, sink);
  return text ? checkName(text, place, sink) : undefined;
}

/** No profile is ever enabled (Compose specification, "profiles"): what is in the repository runs, or is not there. */
function isEnabled(name: string, service: YamlMap, sink: DiagnosticSink): boolean {
  const node = entryValue(service, "profiles");
  if (!node || isNull(node)) return true;
  const profiles = readTexts(node, `services.${name}.profiles`, sink) ?? [];
  if (profiles.length === 0) return true;
  const list = profiles.map(({ text }) => `"${text}"`).join(", ");
  const message = `service "${name}" is left out: its profiles (${list}) are not enabled`;
  sink.warning(node.position, "disabled-service", message, "remove profiles to run it");
  return false;
}
