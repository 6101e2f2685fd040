import { caseSections } from "./sections/cases.ts";
import { composeSections } from "./sections/compose.ts";
import { diagnosticSections } from "./sections/diagnostics.ts";
import { driftSections } from "./sections/drift.ts";
import { observeSections } from "./sections/observe.ts";
import { reconcileSections } from "./sections/reconcile.ts";
import { releaseSections } from "./sections/release.ts";
import { runSections } from "./sections/run.ts";
import { settingsSections } from "./sections/settings.ts";
import { swarmSections } from "./sections/swarm.ts";
import { unitSections } from "./sections/units.ts";
import { webhookSections } from "./sections/webhooks.ts";

/** Markdown of a generated part, by the name in its markers. Pages pick what they need. */
const sections: Readonly<Record<string, () => string>> = {
  ...unitSections,
  ...diagnosticSections,
  ...composeSections,
  ...settingsSections,
  ...reconcileSections,
  ...runSections,
  ...caseSections,
  ...driftSections,
  ...releaseSections,
  ...observeSections,
  ...webhookSections,
  ...swarmSections,
};

const marked = /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;

/**
 * The pages with their generated parts made anew from the tables of the code. Pure: the caller reads and writes.
 *
 * @param pages path → text; the text around the markers is kept
 * @throws Error for a marker that names no part, and for a part that no page shows
 */
export function renderDocs(pages: ReadonlyMap<string, string>): Map<string, string> {
  const shown = new Set<string>();
  const rendered = new Map<string, string>();
  for (const [path, text] of pages) {
    const replace = (_whole: string, open: string, name: string, close: string): string => {
      const section = Object.hasOwn(sections, name) ? sections[name] : undefined;
      if (section === undefined) throw new Error(`${path}: there is no generated part "${name}"`);
      shown.add(name);
      return `${open}\n${section()}\n\n${close}`;
    };
    rendered.set(path, text.replace(marked, replace));
  }
  const hidden = Object.keys(sections).filter((name) => !shown.has(name));
  if (hidden.length > 0) throw new Error(`no page shows the generated parts ${hidden.join(", ")}`);
  return rendered;
}
