/** The parts of a unit's name, systemd.unit(5): `worker@1.service` is prefix `worker`, instance `1`. */
export interface UnitName {
  /** With suffix. */
  readonly full: string;
  /** Without suffix: the key of a service's workload. */
  readonly key: string;
  readonly prefix: string;
  /** Absent for a plain unit, empty for a template that was not instantiated. */
  readonly instance?: string;
}

/** The name of the unit in a file, `instance` filled into a template. */
export function unitNameOf(path: string, instance?: string): UnitName {
  const file = path.slice(path.lastIndexOf("/") + 1);
  const suffix = file.endsWith(".timer") ? ".timer" : ".service";
  const stem = file.endsWith(suffix) ? file.slice(0, -suffix.length) : file;
  const at = stem.indexOf("@");
  if (at < 0) return { full: stem + suffix, key: stem, prefix: stem };
  const prefix = stem.slice(0, at);
  const own = stem.slice(at + 1);
  const chosen = own === "" ? (instance ?? "") : own;
  const key = `${prefix}@${chosen}`;
  return { full: key + suffix, key, prefix, instance: chosen };
}

/** The text that systemd-escape(1) would have made this of: `-` is `/`, `\x2d` is the character. */
export function unescapeUnitName(text: string): string {
  return text
    .replaceAll("-", "/")
    .replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
