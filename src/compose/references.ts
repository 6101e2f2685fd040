import type { Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { ServiceReading } from "./service-reading.ts";

export interface Reference {
  readonly reading: ServiceReading;
  readonly position: Position;
  /** `depends on`, `shares the network of` */
  readonly verb: string;
}

const mostNames = 20;

/** So many names that a person reads them, or `none`. */
export function firstNames(names: readonly string[]): string {
  const more = names.length > mostNames ? [`${names.length - mostNames} more`] : [];
  return [...names.slice(0, mostNames), ...more].join(", ") || "none";
}

/** Whether a service is part of the file and enabled; if not, that is reported. */
export function checkService(name: string, { reading, position, verb }: Reference): boolean {
  const declared = reading.project.services.get(name);
  if (declared?.enabled) return true;
  const sentence = `service "${reading.name}" ${verb} "${name}"`;
  if (declared) {
    const hint = `remove profiles from "${name}", or what needs it`;
    reading.sink.error(position, "disabled-service", `${sentence}, whose profiles are not enabled`, hint);
    return false;
  }
  const names = [...reading.project.services.keys()].filter((other) => other !== reading.name);
  const hint = didYouMean(name, names) ?? `services here: ${firstNames(names)}`;
  reading.sink.error(position, "undefined-service", `${sentence}, which is not defined`, hint);
  return false;
}
