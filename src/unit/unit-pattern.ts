/** One place of a pattern: any text, or one character of some. */
type Token = "star" | ((character: string) => boolean);

/**
 * Whether a unit's name fits a glob pattern of fleet (Go, `path.Match`): `*` is any text without `/`, `?` one character,
 * `[a-z]` and `[^a-z]` one of a class; a backslash takes the next character as it is.
 *
 * @returns `undefined` when it is no pattern
 */
export function matchesUnit(pattern: string, name: string): boolean | undefined {
  const tokens = tokensOf(pattern);
  return tokens && fits(tokens, name);
}

/** Goes back to the last star only, so that the work stays a product of the two lengths. */
function fits(tokens: readonly Token[], name: string): boolean {
  let token = 0;
  let at = 0;
  let star: { readonly token: number; at: number } | undefined;
  while (at < name.length) {
    const wanted = tokens[token];
    const character = name.charAt(at);
    if (wanted === "star") {
      star = { token, at };
      token++;
    } else if (wanted?.(character)) {
      token++;
      at++;
    } else if (star && name.charAt(star.at) !== "/") {
      star.at++;
      token = star.token + 1;
      at = star.at;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === "star");
}

function tokensOf(pattern: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === "*") tokens.push("star");
    else if (character === "?") tokens.push((other) => other !== "/");
    else if (character === "[") {
      const match = /\[(\^?)((?:\\.|[^\]\\])+)\]/sy;
      match.lastIndex = index;
      const [written = "", negation, inside = ""] = match.exec(pattern) ?? [];
      const isMember = classOf(inside);
      if (written === "" || !isMember) return undefined;
      tokens.push(negation === "^" ? (other) => other !== "/" && !isMember(other) : isMember);
      index += written.length - 1;
    } else {
      const literal = character === "\\" ? pattern.charAt(++index) : character;
      if (literal === "") return undefined;
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

/** `a-z0-9_`, with backslashes before characters that stand for themselves. */
function classOf(inside: string): ((character: string) => boolean) | undefined {
  const ranges: [string, string][] = [];
  const pattern = /(?:\\(.)|([^-\\]))(?:-(?:\\(.)|([^-\\])))?/sy;
  while (pattern.lastIndex < inside.length) {
    const match = pattern.exec(inside);
    if (match === null) return undefined;
    const first = match[1] ?? match[2] ?? "";
    ranges.push([first, match[3] ?? match[4] ?? first]);
  }
  return (character) => ranges.some(([first, last]) => first <= character && character <= last);
}
