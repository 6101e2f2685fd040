/** Whether a literal text is a secret or only stands where one would: a false alarm costs trust in the true ones. */

/** Words that people write until they know better; publicly known defaults protect nothing and are no secret. */
const placeholders = new Set([
  ...["admin", "changeit", "changeme", "default", "dummy", "empty", "example", "foo", "foobar", "guest"],
  ...["hidden", "mysql", "mysecret", "none", "null", "pass", "passwd", "password", "placeholder", "postgres"],
  ...["redacted", "root", "sample", "secret", "test", "testing", "todo", "token", "true", "false", "user"],
]);

/** Filled in elsewhere (`${VAR}`, `{{x}}`, `$(cmd)`, `%i`, `<token>`), blacked out (`***`, `xxxx`), or a known word. */
export function isPlaceholder(value: string): boolean {
  if (/\$\{|\{\{|\$\(|^\$[A-Za-z_$]|^%[A-Za-z%]|^<.*>$|^\[.*\]$/.test(value)) return true;
  if (/^(.)\1*$/.test(value) || /\.\.\.|…|\*{3}|x{4}/i.test(value)) return true;
  const word = value.toLowerCase().replace(/[^a-z]/g, "");
  return (
    placeholders.has(word) ||
    /change-?me|example|placeholder|^your|^insert|^replace/.test(value.toLowerCase())
  );
}

/** Shorter ones are words, numbers and names more often than secrets. */
const shortestSecret = 12;
const shortestRandomPart = 8;
/** Bits for each character, by its own frequencies: words of a language stay below, random texts of 12 above. */
const leastEntropy = 3;

/**
 * A literal of letters and digits without a visible pattern. Names, paths, versions, hashes that are public and words
 * joined by hyphens are none.
 */
export function isSecretLike(value: string): boolean {
  const text = value.trim();
  if (text.length < shortestSecret || isPlaceholder(text) || isReference(text)) return false;
  if (!/[A-Za-z]/.test(text) || !/\d/.test(text) || isWordy(text)) return false;
  return entropyOf(text) >= leastEntropy;
}

/** Paths, URLs, digests, calls, lines of /etc/passwd and file names say where something is, or what. */
function isReference(text: string): boolean {
  return (
    /^[~./\\]|:\/\/|^sha\d{3}:|^[a-z]+\(|^[\w-]+:[^:]*:\d+:\d+:|\s/i.test(text) ||
    /^[\w.-]+\.(?:pem|key|crt|json|ya?ml|txt|env|conf|service|local|internal|com|net|org|io)$/i.test(text)
  );
}

/** `db-password-2024`, `web_tls_cert_v2`, `SecretName01`: what looks random is one long part. */
function isWordy(text: string): boolean {
  return text.split(/[-_.:/]/).every((part) => part.length < shortestRandomPart || isWord(part));
}

/** Letters, then at most a year; capitals begin words and so are few. */
function isWord(part: string): boolean {
  if (!/^[A-Za-z]+\d{0,4}$/.test(part)) return false;
  const humps = part.match(/[a-z][A-Z]/g)?.length ?? 0;
  return humps * 4 <= part.length;
}

/** Shannon entropy of a text in bits for each character. */
function entropyOf(text: string): number {
  const counts = Map.groupBy(text, (character) => character);
  let bits = 0;
  for (const { length } of counts.values()) bits -= (length / text.length) * Math.log2(length / text.length);
  return bits;
}
