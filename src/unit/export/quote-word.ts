const simpleEscapes: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "\\": "\\\\",
  "%": "%%",
  $: "$$",
};

/** One word of a command line of systemd (`Quoting` in systemd.syntax(7)), in which nothing is expanded. */
export function quoteWord(text: string): string {
  if (/^[A-Za-z0-9_.,:/=@+-]+$/.test(text)) return text;
  return `"${escaped(text)}"`;
}

/** One word of `Environment=`, in which variables are not expanded. */
export function quoteAssignment(name: string, value: string): string {
  return `"${escaped(`${name}=${value}`).replaceAll("$$", "$")}"`;
}

function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  return text.replace(/[\u0000-\u001f\u007f"\\%$]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, "0");
    return simpleEscapes[character] ?? `\\x${code}`;
  });
}
