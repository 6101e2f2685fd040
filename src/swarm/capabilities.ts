/** Capabilities as a service wants them: in full upper-case names, and none both added and dropped. */

export function effectiveCapabilities(
  add: readonly string[],
  drop: readonly string[],
): { readonly add: readonly string[]; readonly drop: readonly string[] } {
  const added = new Set(add.map(capabilityName));
  const dropped = new Set(drop.map(capabilityName));
  const everything = added.has("ALL");
  return {
    add: everything ? ["ALL"] : [...added].sort(),
    drop: [...dropped].filter((name) => !added.has(name)).sort(),
  };
}

/** `net_admin` → `CAP_NET_ADMIN` */
function capabilityName(name: string): string {
  const upper = name.toUpperCase();
  return upper === "ALL" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
}
