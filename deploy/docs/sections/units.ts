import { apiUses } from "../../../src/model/api-uses.ts";
import { apiFeatures, engineOfApi } from "../../../src/model/engine-api.ts";
import type { DirectiveRow } from "../../../src/unit/directive-rows.ts";
import { directiveTable, timerDirectiveTable } from "../../../src/unit/directives.ts";
import { flagTable } from "../../../src/unit/docker-run-flags.ts";
import { idiomTable } from "../../../src/unit/exec-idioms.ts";
import { flagFields } from "../../../src/unit/flag-fields.ts";
import type { FlagRow } from "../../../src/unit/flag-rows.ts";
import { restartTable } from "../../../src/unit/service-settings.ts";
import {
  commandRefusal,
  commandRefusals,
  operatorRefusals,
  reservedWords,
  wordRefusals,
} from "../../../src/unit/shell/refusals.ts";
import { specifierTable } from "../../../src/unit/specifiers.ts";
import { code, codes, phrase, table } from "../markdown.ts";

export const unitSections = {
  flags: () => flags("applied", ["flag", "field", "is"]),
  "flags-dropped": () => flags("dropped", ["flag", "", "why it has no effect"]),
  "flags-refused": () => flags("refused", ["flag", "", "why", "instead"]),
  "engine-api": engineApi,
  directives: () => directives("mapped", ["directive", "section", "becomes"]),
  "directives-host": () => directives("host", ["directive", "section", "why"]),
  "directives-no-effect": () => directives("no-effect", ["directive", "section", "why", "instead"]),
  "directives-refused": () => directives("refused", ["directive", "section", "why", "instead"]),
  "shell-refused": shellRefused,
  specifiers,
  restart,
  idioms,
};

function flags(kind: FlagRow["handling"]["kind"], columns: readonly string[]): string {
  const rows = flagTable.filter((row) => row.handling.kind === kind).sort((a, b) => compare(a.name, b.name));
  return table(
    columns,
    rows.map((row) => [
      spellings(row),
      kind === "applied" ? codes(flagFields[row.name] ?? []) : "",
      phrase(row.doc),
      row.handling.kind === "refused" ? row.handling.hint : "",
    ]),
  );
}

function engineApi(): string {
  return table(
    ["what", "flag", "compose key", "needs API", "Docker Engine", "an older one"],
    apiUses.map(({ feature, subject, flag, key, otherwise }) => {
      const since = apiFeatures[feature];
      return [subject, flag === "" ? "" : code(flag), code(key), since, engineOfApi(since), otherwise];
    }),
  );
}

function spellings({ name, short, aliases = [], formerly = [], takes }: FlagRow): string {
  const value = takes === "value" ? " …" : "";
  const long = [name, ...aliases, ...formerly].map((spelling) => `--${spelling}${value}`);
  return codes([...long, ...(short === undefined ? [] : [`-${short}${value}`])]);
}

/** Directives that are treated alike share a row. */
function directives(handling: DirectiveRow["handling"], columns: readonly string[]): string {
  const entries = Object.entries({ ...directiveTable, ...timerDirectiveTable }).flatMap(([section, rows]) =>
    Object.entries(rows).flatMap(([name, row]) =>
      row.handling === handling ? [{ section, name, row }] : [],
    ),
  );
  const alike = Map.groupBy(entries, ({ section, row }) => JSON.stringify([section, row.doc, row.hint]));
  return table(
    columns,
    [...alike.values()].flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const names = codes(group.map(({ name }) => `${name}=`));
      return [[names, code(`[${first.section}]`), phrase(first.row.doc), first.row.hint ?? ""]];
    }),
  );
}

function specifiers(): string {
  const rows = Object.entries(specifierTable).map(([letter, { doc }]) => [code(`%${letter}`), doc]);
  return table(["specifier", "is"], rows);
}

/** What a shell line may not have; alike words share a row. */
function shellRefused(): string {
  const { comment, ...others } = wordRefusals;
  const signs = { glob: "* ? [", brace: "{a,b}", tilde: "~", arithmetic: "$((…))", parameter: "${NAME:-…}" };
  const more = { special: "$1 $@ $?", dollarQuote: "$'…'", append: "NAME+=…" };
  const spelled: Readonly<Record<string, string>> = { ...signs, ...more };
  const entries = [
    ...Object.entries({ ...operatorRefusals, ...reservedWords, ...commandRefusals }),
    ...Object.entries(others).map(([name, row]) => [spelled[name] ?? name, row] as const),
    ["#", comment] as const,
  ];
  const alike = Map.groupBy(entries, ([, { what, hint }]) => JSON.stringify([what, hint]));
  const rows = [...alike.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [[codes(group.map(([word]) => word)), first[1].what, first[1].hint]];
  });
  return table(
    ["written", "is", "instead"],
    [...rows, ["any other program", commandRefusal("").what, commandRefusal("").hint]],
  );
}

function restart(): string {
  const rows = Object.entries(restartTable).map(([word, { policy, warning }]) => [
    code(`Restart=${word}`),
    policy === undefined ? "refused: the Engine cannot do it" : code(policy.name),
    warning === undefined ? "" : `a warning: ${warning}`,
  ]);
  return table(["directive", "restart policy", "note"], rows);
}

function idioms(): string {
  const rows = Object.entries(idiomTable).map(([key, commands]) => [
    code(`${key}=`),
    commands.length === 0 ? "none" : codes(commands.map((command) => `docker ${command}`)),
  ]);
  return table(["setting", "commands that are accepted"], rows);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
