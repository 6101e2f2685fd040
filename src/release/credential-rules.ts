import { isPlaceholder, isSecretLike } from "./secret-likeness.ts";

/** One kind of credential that can be told by how it is written. */
export interface CredentialRule {
  /** With its article: `a GitHub token`. */
  readonly name: string;
  /**
   * Global and with indices. A named group of `valueGroups` is the credential itself, else the whole match is.
   * Repetitions are bounded, so that no text takes long.
   */
  readonly pattern: RegExp;
  /** Tells credentials from what only looks like one; absent: whatever fits the pattern is one. */
  readonly isCredential?: (value: string, groups: Readonly<Record<string, string | undefined>>) => boolean;
}

/** A value stands bare or in quotes. */
export const valueGroups = ["value", "double", "single"] as const;

/** Not part of a longer word. */
const alone = (source: string) => new RegExp(`(?<![A-Za-z0-9_-])${source}(?![A-Za-z0-9_-])`, "gd");

const isNoExample = (value: string) => !/EXAMPLE/i.test(value) && !isPlaceholder(value);

/** Names whose value is a credential: `DB_PASSWORD`, `api-key`, `"secret"`; not `PASSWORD_FILE`, `TOKEN_URL`. */
const secretName =
  "(?<![A-Za-z0-9_.-])[A-Za-z0-9_.-]{0,64}?(?:passwords?|passwd|passphrase|pwd|secrets?|tokens?|api[_-]?keys?|access[_-]?keys?|private[_-]?keys?|secret[_-]?keys?|credentials?)";

/**
 * Most specific first: of two that fit one place the first is told. Forms are those that the issuers document (GitHub
 * "token formats", GitLab "token overview", AWS "unique identifiers", RFC 7468, RFC 7519, age(1) and so on).
 */
export const credentialRules: readonly CredentialRule[] = [
  {
    name: "a private key",
    // A heading without a body is text about keys.
    pattern:
      /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?=(?:\s|\\[nr]|["'+,]){1,40}(?:[A-Za-z0-9+/=]{16}|Proc-Type:|Version:|Comment:))/dg,
  },
  { name: "an age secret key", pattern: alone("AGE-SECRET-KEY-1[0-9A-Z]{58}") },
  { name: "a GitHub token", pattern: alone("gh[pousr]_[A-Za-z0-9]{36,251}"), isCredential: isNoExample },
  { name: "a GitHub token", pattern: alone("github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}") },
  {
    name: "a GitLab token",
    pattern: alone("gl(?:pat|ptt|dt|rt|cbt)-[A-Za-z0-9_.-]{20,300}"),
    isCredential: isNoExample,
  },
  { name: "a Slack token", pattern: alone("xox[abeoprs]-[A-Za-z0-9-]{10,250}"), isCredential: hasDigit },
  { name: "a Slack token", pattern: alone("xapp-\\d-[A-Za-z0-9-]{10,250}") },
  { name: "a Google API key", pattern: alone("AIza[A-Za-z0-9_-]{35}"), isCredential: isNoExample },
  { name: "a Stripe key", pattern: alone("(?:sk|rk)_live_[A-Za-z0-9]{16,250}"), isCredential: isNoExample },
  { name: "an npm token", pattern: alone("npm_[A-Za-z0-9]{36}"), isCredential: isNoExample },
  { name: "a PyPI token", pattern: alone("pypi-AgE[A-Za-z0-9_-]{50,500}") },
  { name: "an AWS access key", pattern: alone("(?:AKIA|ASIA)[A-Z2-7]{16}"), isCredential: isNoExample },
  {
    name: "an AWS secret key",
    pattern:
      /aws[\w.-]{0,20}secret[\w.-]{0,30}["']?[ \t]{0,8}[:=][ \t]{0,8}["']?(?<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/dgi,
    isCredential: isNoExample,
  },
  {
    name: "a JSON Web Token",
    pattern: alone("eyJ[A-Za-z0-9_-]{10,2000}\\.eyJ[A-Za-z0-9_-]{10,8000}\\.[A-Za-z0-9_-]{20,2000}"),
  },
  {
    name: "the login of a registry",
    pattern: /"auth"\s{0,8}:\s{0,8}"(?<value>[A-Za-z0-9+/]{4,2000}={0,2})"/dg,
    isCredential: isBasicLogin,
  },
  {
    name: "a URL with a password",
    pattern:
      /(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}:\/\/(?<user>[^\s:@/?#"'<>]{0,100}):(?<value>[^\s@/"'<>]{1,200})@[A-Za-z0-9$[{]/dg,
    isCredential: (value, { user }) => !isPlaceholder(value) && value !== user,
  },
  {
    name: "a credential",
    pattern: new RegExp(
      `${secretName}["']?[ \\t]{0,8}[:=][ \\t]{0,8}(?:"(?<double>[^"\\r\\n]{1,500})"|'(?<single>[^'\\r\\n]{1,500})'|(?<value>[^\\s"',;]{1,500}))`,
      "gid",
    ),
    isCredential: isSecretLike,
  },
];

function hasDigit(value: string): boolean {
  return /\d/.test(value) && isNoExample(value);
}

/** `user:password` in Base64, as Docker's `config.json` has it. */
function isBasicLogin(value: string): boolean {
  const decoded = Buffer.from(value, "base64").toString("latin1");
  const match = /^([\x21-\x7e]{1,200}?):([\x20-\x7e]{1,2000})$/.exec(decoded);
  return match?.[2] !== undefined && !isPlaceholder(match[2]);
}
