import { shortestMaskedText } from "./fingerprint.ts";
import { percentView } from "./percent-view.ts";
import { secretForms } from "./secret-forms.ts";

interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * Keeps the values of all secrets that were ever read, and takes them out of any text before it leaves the process. It
 * finds them by value, in every form of `secretForms` and with any percent-encoding, not by the name of a field.
 */
export class Redactor {
  private readonly values = new Set<string>();
  private readonly forms = new Set<string>();
  /** Forms by their first characters, longest first. */
  private readonly byHead = new Map<number, string[]>();

  /** Values come as they are read; those that are known cost nothing. Too short ones are not masked. */
  add(values: Iterable<string>): void {
    for (const value of values) {
      if (this.values.has(value)) continue;
      this.values.add(value);
      for (const form of secretForms(value)) this.addForm(form);
    }
  }

  /** The text with `***` for each value, and without the credentials of URLs. A function of its own, to be handed on. */
  readonly redact = (text: string): string => withoutUrlCredentials(masked(text, this.placesIn(text)));

  private addForm(form: string): void {
    if (this.forms.has(form)) return;
    this.forms.add(form);
    const head = headOf(form, 0);
    const others = this.byHead.get(head) ?? [];
    this.byHead.set(
      head,
      [...others, form].sort((a, b) => b.length - a.length),
    );
  }

  private placesIn(text: string): readonly Place[] {
    if (this.forms.size === 0) return [];
    const places = this.find(text);
    const views = [
      ...(text.includes("%") ? [percentView(text, false)] : []),
      ...(text.includes("+") ? [percentView(text, true)] : []),
    ];
    if (views.length === 0) return places;
    const encoded = views.flatMap((view) =>
      this.find(view.text).map(({ start, end }) => ({
        start: view.starts[start] ?? 0,
        end: view.ends[end - 1] ?? text.length,
      })),
    );
    return [...places, ...encoded].sort((a, b) => a.start - b.start);
  }

  /** In one pass: at each place of the text the longest form that stands there. */
  private find(text: string): readonly Place[] {
    const places: Place[] = [];
    for (let start = 0; start + shortestMaskedText <= text.length; start++) {
      const form = this.byHead.get(headOf(text, start))?.find((known) => text.startsWith(known, start));
      if (form !== undefined) places.push({ start, end: start + form.length });
    }
    return places;
  }
}

/** Places that overlap go as one, so that no rest of either value is left. */
function masked(text: string, places: readonly Place[]): string {
  let shown = "";
  let shownTo = 0;
  for (const { start, end } of places) {
    if (start >= shownTo) shown += `${text.slice(shownTo, start)}***`;
    shownTo = Math.max(shownTo, end);
  }
  return shown + text.slice(shownTo);
}

/** The first three characters as one number: no form is shorter. */
function headOf(text: string, at: number): number {
  return text.charCodeAt(at) + 0x1_0000 * (text.charCodeAt(at + 1) + 0x1_0000 * text.charCodeAt(at + 2));
}

/** User and password before the last `@` of an authority (RFC 3986, 3.2); `\/` is how some JSON writes a slash. */
const withPassword = /\b([a-z][a-z0-9+.-]{0,20}:(?:\\*\/){2})[^\s/?#"'<>:]*:[^\s/?#"'<>]*@/gi;
/** A user alone is a token on the web, and `git@` everywhere else. */
const withToken = /\b(https?:(?:\\*\/){2})[^\s/?#"'<>]*@/gi;

function withoutUrlCredentials(text: string): string {
  if (!text.includes("@")) return text;
  return text.replace(withPassword, "$1***@").replace(withToken, "$1***@");
}
