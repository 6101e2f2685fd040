import { shortestMaskedText } from "../model/fingerprint.ts";
import { type Arguments, asText, type Helper, Quoted } from "./helpers.ts";
import { isList, memberOf, type TemplateMap, type TemplateValue } from "./template-value.ts";

/** Watches what templates do with `secrets`: which of them look there, and what helpers make of a secret. */
export class SecretTrace {
  /** Whether anything was looked up in `secrets`, found or not. */
  hasRead = false;
  private readonly secrets: TemplateValue | undefined;
  private readonly known: Set<string>;
  private readonly made = new Set<string>();

  /**
   * @param values what templates see; their member `secrets` is watched, whatever name a template reaches it by
   * @param secretValues the texts that are masked; placeholders are not among them
   */
  constructor(values: TemplateMap, secretValues: readonly string[]) {
    this.secrets = memberOf(values, "secrets");
    this.known = new Set(secretValues);
  }

  /** Takes note of a value that a path goes through. */
  passThrough(value: TemplateValue | undefined): void {
    if (value !== undefined && value === this.secrets) this.hasRead = true;
  }

  /** Takes note of a value that a path ends with. */
  take(value: TemplateValue | undefined): void {
    this.passThrough(value);
    // Who takes everything (`{{yaml this}}`, `{{#each @root}}`) takes the secrets as well.
    this.passThrough(memberOf(value, "secrets"));
  }

  /** Takes note of what a helper made: a text made of a secret is one itself. */
  call(helper: Helper, args: Arguments, result: TemplateValue | Quoted): void {
    if (helper.isMaker !== true || !args.some((value) => this.isSecret(value))) return;
    const text = result instanceof Quoted ? bare(result.text) : result;
    if (typeof text !== "string" || text.length < shortestMaskedText || this.known.has(text)) return;
    this.known.add(text);
    this.made.add(text);
  }

  /** Texts that helpers made of secrets, sorted, without those that were known before. */
  get derived(): readonly string[] {
    return [...this.made].sort();
  }

  private isSecret(value: TemplateValue | undefined): boolean {
    if (value === undefined || value === null) return false;
    if (isList(value)) return value.some((item) => this.isSecret(item));
    const text = asText(value);
    return text !== undefined && this.known.has(text);
  }
}

/** The quotes around a word are no part of the secret. */
function bare(quoted: string): string {
  return /^".*"$/s.test(quoted) ? quoted.slice(1, -1) : quoted;
}
