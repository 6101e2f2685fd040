import { containerFlags } from "./container-flag-table.ts";
import type { FlagRow } from "./flag-rows.ts";
import { networkFlags } from "./network-flag-table.ts";
import { refusedFlags } from "./refused-flag-table.ts";
import { resourceFlags, securityFlags, storageFlags } from "./resource-flag-table.ts";

/** All flags of `docker run` (docker run reference, 20.10 to 29); the documentation is made from this table. */
export const flagTable: readonly FlagRow[] = [
  ...containerFlags,
  ...networkFlags,
  ...storageFlags,
  ...securityFlags,
  ...resourceFlags,
  ...refusedFlags,
];

const byLongName = new Map(
  flagTable.flatMap((row) =>
    [row.name, ...(row.aliases ?? []), ...(row.formerly ?? [])].map((name) => [name, row] as const),
  ),
);
const byLetter = new Map(
  flagTable.flatMap((row) => (row.short === undefined ? [] : [[row.short, row] as const])),
);

/** Spellings with one dash from before Docker 1.0 (`-rm`); they are never meant as a row of letters. */
const oldSpellings = new Set(
  "rm name privileged sig-proxy cidfile entrypoint dns dns-search expose volumes-from link lxc-conf".split(
    " ",
  ),
);

export function flagByName(name: string): FlagRow | undefined {
  return byLongName.get(name);
}

export function flagByLetter(letter: string): FlagRow | undefined {
  return byLetter.get(letter);
}

export function flagByOldSpelling(name: string): FlagRow | undefined {
  return oldSpellings.has(name) ? byLongName.get(name) : undefined;
}

/** Long names with their aliases, for suggestions. */
export const longNames: readonly string[] = [...byLongName.keys()];
