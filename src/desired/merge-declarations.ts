import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { deepEqual } from "../lib/stable-json.ts";
import type { NetworkSpec } from "../model/network.ts";
import type { VolumeSpec } from "../model/volume.ts";
import { comparePlaces, compareText, formatPlace } from "./places.ts";

interface Declaration {
  readonly name: string;
  readonly external: boolean;
  readonly origin: Position;
}

/** One declaration for each network, sorted by name. */
export function mergeNetworks(
  networks: readonly NetworkSpec[],
  sink: DiagnosticSink,
): readonly NetworkSpec[] {
  return merge("network", networks, sink);
}

/** One declaration for each volume, sorted by name. */
export function mergeVolumes(volumes: readonly VolumeSpec[], sink: DiagnosticSink): readonly VolumeSpec[] {
  return merge("volume", volumes, sink);
}

/**
 * Several manifests may name the same thing: one that says more than the name wins over those that only mention it, a
 * declaration wins over `external` mentions, and two that say different things are a mistake.
 */
function merge<T extends Declaration>(
  kind: "network" | "volume",
  declared: readonly T[],
  sink: DiagnosticSink,
): readonly T[] {
  const merged = new Map<string, T>();
  for (const next of [...declared].sort(byPlace)) {
    const known = merged.get(next.name);
    if (!known || detail(next) > detail(known)) {
      merged.set(next.name, next);
    } else if (detail(next) === 2 && !isEqual(known, next)) {
      reportDifference(kind, next, known, sink);
    }
  }
  return [...merged.values()].sort((a, b) => compareText(a.name, b.name));
}

/** 0: used as it is found. 1: the name alone. 2: with settings. */
function detail(declaration: Declaration): 0 | 1 | 2 {
  if (declaration.external) return 0;
  const { name: _name, external: _external, origin: _origin, ...settings } = declaration;
  const isBare = Object.values(settings).every(
    (value) => value === undefined || (typeof value === "object" && Object.keys(value ?? {}).length === 0),
  );
  return isBare ? 1 : 2;
}

function isEqual(a: Declaration, b: Declaration): boolean {
  return deepEqual({ ...a, origin: undefined }, { ...b, origin: undefined });
}

function reportDifference(
  kind: "network" | "volume",
  next: Declaration,
  known: Declaration,
  sink: DiagnosticSink,
): void {
  const message = `${kind} "${next.name}" is declared differently in ${formatPlace(known.origin)}`;
  sink.error(next.origin, `conflicting-${kind}`, message, `declare it once, elsewhere as external`);
}

function byPlace(a: Declaration, b: Declaration): number {
  return compareText(a.name, b.name) || comparePlaces(a.origin, b.origin);
}
