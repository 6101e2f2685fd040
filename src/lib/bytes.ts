/**
 * Sizes as Docker reads them (`units.RAMInBytes`): `512m`, `1.5g`, `64MiB`, powers of 1024, case does not matter.
 */
const factors: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  p: 1024 ** 5,
};

/** Bytes, or `undefined` when the text is no size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+\.?\d*|\.\d+) ?(?:([kmgtp])i?b?|b)?$/i.exec(text);
  if (!match) return undefined;
  const factor = factors[(match[2] ?? "").toLowerCase()];
  return factor === undefined ? undefined : Math.floor(Number(match[1]) * factor);
}

/** `512 MiB`, `1.5 GiB`, `123 B`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const rounded = Math.round(value * 100) / 100;
  return `${rounded} ${units[unit]}`;
}
