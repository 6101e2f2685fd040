/** Made-up secrets of every awkward shape, and a search for any trace of them that knows nothing of how they are masked. */

const shapes: readonly ((id: string) => string)[] = [
  (id) => `plain-${id}`,
  (id) => `quo"te'${id}`,
  (id) => `back\\slash\\${id}`,
  (id) => `line\nbreak-${id}\nend-${id}`,
  (id) => `carriage\r\nreturn-${id}`,
  (id) => `tab\there-${id}`,
  (id) => `pässwört-${id}-ß`,
  (id) => `密码-${id}`,
  (id) => `🔑${id}🔒`,
  (id) => `a/b?c=d&e#${id}`,
  (id) => `p@ss:w%rd+${id} x`,
  (id) => `${Buffer.from(`key ${id}`).toString("base64")}==`,
  (id) => `whsec_${Buffer.from(`sign ${id} with this long key`).toString("base64")}`,
  (id) => `<script>&amp;${id}</script>`,
  (id) => `{"password":"${id}"}`,
  (id) => `\u2028sep${id}\u2029`,
  (id) => `esc\u001b[31m${id}`,
  (id) => `(!*'~) ${id}`,
];

/** 54 of them: each shape three times. */
export const canaries: readonly string[] = ["c4f1", "Zz09", "7e7e"].flatMap((id, round) =>
  shapes.map((shape, index) => shape(`canary${id}${round}${index}`)),
);

/** How the canaries show in a text, in any of the ways that are looked for; empty when none does. */
export function tracesIn(text: string): readonly string[] {
  const decoded = [text, ...jsonTexts(text)];
  return canaries.filter((canary) =>
    spellings(canary).some((spelling) => decoded.some((one) => one.includes(spelling))),
  );
}

function spellings(canary: string): readonly string[] {
  const bytes = Buffer.from(canary);
  const basic = Buffer.from(`user:${canary}`).toString("base64").slice(8, -4);
  return [
    canary,
    JSON.stringify(canary).slice(1, -1),
    JSON.stringify(JSON.stringify(canary)).slice(3, -3),
    encodeURIComponent(canary),
    new URLSearchParams({ x: canary }).toString().slice(2),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    basic,
  ];
}

/** Every text inside the lines that are JSON, as a reader of the log would see it. */
function jsonTexts(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    try {
      return textsOf(JSON.parse(line));
    } catch {
      return [];
    }
  });
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...textsOf(item)]);
}
