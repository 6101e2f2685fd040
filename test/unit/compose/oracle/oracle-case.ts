/** Files that both `docker compose config` and we are asked about. */
export interface ComposeCase {
  readonly name: string;
  /** By their paths below `units/`. */
  readonly files: Readonly<Record<string, string>>;
  /** The files of the stack, the main one first. */
  readonly run: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Key of `permittedOutcomes`: one of the two refuses what the other takes. */
  readonly differs?: string;
}

export interface CaseOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** Sections beside `services:`, or further services with two blanks in front. */
  readonly rest?: string;
  readonly differs?: string;
}

/** Files that documents may name; all of them are there always. */
const commonFiles: Readonly<Record<string, string>> = {
  "a.env": "A=1\nB=two words\n",
  "b.env": "B=2\nC=${A:-none}\n",
  "app.conf": "workers 4\n",
  "other.conf": "workers 5\n",
  "data/x.txt": "x\n",
  "data/sub/y.txt": "y\n",
};

/** A document with the service `web` on `busybox:1` with these keys, and a service `db` to refer to. */
export function web(keys: string, { rest = "", ...options }: CaseOptions = {}): ComposeCase {
  const image = /^(?:image|build|extends|provider):/m.test(keys) ? "" : "    image: busybox:1\n";
  const db = /^ {2}db:/m.test(rest) ? "" : "  db: {image: db:1}\n";
  const text = `services:\n  web:\n${image}${indent(keys)}${db}${rest}`;
  const name = nameOf(
    `${keys || "image alone"}${rest === "" ? "" : ` … ${rest.trim()}`}`,
    {},
    options.variables,
  );
  return { ...whole(text, options), name };
}

/** A whole document. */
export function whole(text: string, { files = {}, variables = {}, differs }: CaseOptions = {}): ComposeCase {
  return {
    name: nameOf(text, files, variables),
    files: { ...commonFiles, ...files, "compose.yaml": text },
    run: ["compose.yaml"],
    variables,
    ...(differs === undefined ? {} : { differs }),
  };
}

function nameOf(
  text: string,
  files: CaseOptions["files"] = {},
  variables: CaseOptions["variables"] = {},
): string {
  const others = Object.entries(files).map(([path, content]) => `--- ${path}\n${content}`);
  const given = Object.entries(variables).map(([name, value]) => `${name}=${value} `);
  return [`${given.join("")}${text.trim() || "an empty file"}`, ...others].join("\n").trim();
}

/** Two files, the second of which is laid over the first. */
export function over(base: string, override: string, options: CaseOptions = {}): ComposeCase {
  const files = { ...options.files, "compose.override.yaml": override };
  const one = whole(base, { ...options, files });
  return {
    ...one,
    run: ["compose.yaml", "compose.override.yaml"],
  };
}

/** One key of `web` in two files. */
export function overKey(key: string, base: string, override: string, options: CaseOptions = {}): ComposeCase {
  const rest = `  db: {image: db:1}\n${options.rest ?? ""}`;
  const text = `services:\n  web:\n    image: busybox:1\n    ${key}: ${base}\n${rest}`;
  const one = over(text, `services:\n  web:\n    ${key}: ${override}\n`, options);
  return { ...one, name: nameOf(`${key}: ${base} + ${override}`, {}, options.variables) };
}

function indent(text: string): string {
  return text === "" ? "" : `${text.replace(/^(?=.)/gm, "    ")}\n`;
}
