/** One way in which a server wants to be asked: `Bearer realm="…",service="…"`. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const schemePattern = new RegExp(`[\\s,]*(${token})(?:\\s+|,|$)`, "y");
const parameterPattern = new RegExp(
  `[\\s,]*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))\\s*(?:,|$)`,
  "y",
);

/** Reads `WWW-Authenticate`, several challenges in one header included (RFC 9110, 11.6.1); ends at what it cannot read. */
export function parseChallenges(header: string | undefined): readonly Challenge[] {
  const text = header ?? "";
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (let at = 0; at < text.length; ) {
    const current = challenges.at(-1);
    const parameter = current && matchAt(parameterPattern, text, at);
    if (current && parameter) {
      const [all, name = "", quoted, plain = ""] = parameter;
      current.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain);
      at += all.length;
      continue;
    }
    const scheme = matchAt(schemePattern, text, at);
    if (!scheme) break;
    challenges.push({ scheme: (scheme[1] ?? "").toLowerCase(), parameters: new Map() });
    at += scheme[0].length;
  }
  return challenges;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
