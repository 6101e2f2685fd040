/** The units of `deploy/systemd` as tests read them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../deploy/lab/paths.ts";

const folder = join(repositoryRoot, "deploy", "systemd");

export const hostUnits = {
  service: read("mysysconfig.service"),
  timer: read("mysysconfig.timer"),
  environment: read("mysysconfig.env"),
} as const;

function read(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

/** The values of a directive, one for each time it is given, with continued lines joined. */
export function directive(unit: string, name: string): readonly string[] {
  const lines = unit
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n");
  return lines.flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));
}

/** The shell scripts in the values of a directive, as the shell gets them when the unit is `mysysconfig.service`. */
export function scriptsOf(unit: string, name: string): readonly string[] {
  const written = directive(unit, name).flatMap(
    (value) => /^-?\/bin\/sh -c '([^']*)'$/.exec(value)?.[1] ?? [],
  );
  const specifiers: Readonly<Record<string, string>> = {
    "%%": "%",
    "%n": "mysysconfig.service",
    "%N": "mysysconfig",
  };
  return written.map((script) =>
    script.replaceAll("$$", "$").replaceAll(/%./g, (one) => specifiers[one] ?? one),
  );
}
