import { flagByLetter, flagByName } from "../../../../src/unit/docker-run-flags.ts";
import type { FlagRow } from "../../../../src/unit/flag-rows.ts";
import type { RunCase } from "./cases.ts";
import { ourRun } from "./ours.ts";

const image = "busybox:1";

/** What a flag does only beside another one. */
const companions: Readonly<Record<string, readonly [base: string, flag: string]>> = {
  "network-alias": ["--network front", "--network-alias www"],
  ip: ["--network front", "--ip 10.0.0.5"],
  ip6: ["--network front", "--ip6 fd00::5"],
  link: ["--network front", "--link db"],
  "memory-swap": ["--memory 64m", "--memory-swap 256m"],
};

/** The fields of the request for a container that a flag sets, found by what it changes in lines; by the flag's name. */
export function changedFields(cases: readonly RunCase[]): ReadonlyMap<string, ReadonlySet<string>> {
  const changed = new Map<string, Set<string>>();
  const add = (name: string, before: readonly string[], after: readonly string[]) => {
    const without = fieldsOf(before);
    const fields = [...fieldsOf(after)].filter(([field, value]) => without.get(field) !== value);
    const known = changed.get(name) ?? new Set();
    changed.set(name, new Set([...known, ...fields.map(([field]) => field)]));
  };
  for (const { words } of cases) {
    const row = onlyFlag(words);
    if (row !== undefined) add(row.name, [image], words);
  }
  for (const [name, [base, flag]] of Object.entries(companions))
    add(name, [...base.split(" "), image], [...base.split(" "), ...flag.split(" "), image]);
  return changed;
}

/** The flag of a line that has no other. */
function onlyFlag(words: readonly string[]): FlagRow | undefined {
  if (words.indexOf(image) !== words.length - 1) return undefined;
  const rows = words.filter((word) => word.startsWith("-") && word !== "-").map(rowOf);
  return rows.every((row) => row === rows[0]) ? rows[0] : undefined;
}

function rowOf(word: string): FlagRow | undefined {
  if (word.startsWith("--")) return flagByName(word.slice(2).replace(/=.*/s, ""));
  return word.length === 2 ? flagByLetter(word.slice(1)) : undefined;
}

/** Each field with its value as text; nothing of a line that is refused, or of which a value is taken for the image. */
function fieldsOf(words: readonly string[]): ReadonlyMap<string, string> {
  const { request } = ourRun({ name: "", table: "flag", words });
  if (request?.body.Image !== image) return new Map();
  const { NetworkingConfig, HostConfig, Healthcheck = {}, ...config } = request.body;
  const [endpoint = {}] = Object.values(NetworkingConfig?.EndpointsConfig ?? {});
  const { name, platform } = request;
  const groups = { HostConfig, Healthcheck, endpoint, "": { ...config, name, platform } };
  return new Map(
    Object.entries(groups).flatMap(([group, members]) =>
      Object.entries(members ?? {}).map(([key, value]): [string, string] => [
        group === "" ? key : `${group}.${key}`,
        JSON.stringify(value) ?? "",
      ]),
    ),
  );
}
