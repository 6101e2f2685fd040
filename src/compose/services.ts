import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../lib/yaml.ts";
import { readMap, readText } from "../lib/yaml-read.ts";
import { type ActiveProfiles, isEnabled } from "./profiles.ts";
import type { DeclaredService } from "./project.ts";
import { checkName, entryValue } from "./resource-keys.ts";

/** What services must know about one another before any of them is read. */
export function declareServices(
  section: YamlNode | undefined,
  active: ActiveProfiles,
  sink: DiagnosticSink,
): ReadonlyMap<string, DeclaredService> {
  const services = section && readMap(section, "services", sink);
  return new Map((services?.entries ?? []).map((entry) => [entry.key, declareService(entry, active, sink)]));
}

function declareService(
  { key, keyPosition, value }: YamlEntry,
  active: ActiveProfiles,
  sink: DiagnosticSink,
): DeclaredService {
  checkName(key, { position: keyPosition, what: `services.${key}` }, sink);
  if (value.kind !== "map") return { enabled: true };
  const containerName = readContainerName(value, `services.${key}`, sink);
  const enabled = isEnabled(key, value, active, sink);
  return { enabled, ...(containerName === undefined ? {} : { containerName }) };
}

function readContainerName(service: YamlMap, what: string, sink: DiagnosticSink): string | undefined {
  const node = entryValue(service, "container_name");
  if (!node) return undefined;
  const place = { position: node.position, what: `${what}.container_name` };
  const text = readText(node, place.what, sink);
  if (text === undefined) return undefined;
  if (text.length !== 1) return checkName(text, place, sink);
  const message = `${place.what} has the name "${text}", which the Engine refuses`;
  sink.error(node.position, "bad-name", message, "a container's name has two characters at least");
  return undefined;
}
