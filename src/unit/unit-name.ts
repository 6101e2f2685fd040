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

/** The text that systemd-escape(1) would have made this of: `-` is `/`, `\x2d` is one byte of UTF-8. */
export function unescapeUnitName(text: string): string {
  return text.replaceAll("-", "/").replace(/(?:\\x[0-9a-fA-F]{2})+/g, (escaped) => {
    const bytes = escaped
      .split("\\x")
      .slice(1)
      .map((hex) => Number.parseInt(hex, 16));
    return new TextDecoder().decode(new Uint8Array(bytes));
  });
}

/** As `systemd-escape --path --unescape`: an absolute path, the root for a lone dash. */
export function unescapePath(text: string): string {
  return text === "-" ? "/" : `/${unescapeUnitName(text)}`;
}
