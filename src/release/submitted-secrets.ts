import type { Settings } from "../desired/settings-file.ts";
import { type Diagnostic, sortDiagnostics } from "../lib/diagnostic.ts";
import { TextPlaces } from "../lib/text-places.ts";
import type { ManifestFile } from "../model/manifest-tree.ts";
import { findCredentials } from "./find-credentials.ts";

/** A shorter value is found in any text, and says nothing. */
const shortestSecret = 6;

const keepTemplate =
  "the cluster alone knows secrets: write {{secrets.NAME}} and submit with --keep-template";

/** Values of the run's secrets that can be told from other text. */
export function tellingSecrets(secrets: ReadonlyMap<string, string>): readonly string[] {
  return [...secrets.values()].filter((value) => value.length >= shortestSecret);
}

/**
 * What must not get into a repository that many read: credentials by their form, and values of the run's
 * secrets, declared or not. Nothing is quoted, and the lines are not to be shown. Pure.
 *
 * @param file as it would be committed
 */
export function findSubmittedSecrets(
  file: ManifestFile,
  { allowedCredentials }: Settings,
  secrets: ReadonlyMap<string, string>,
): readonly Diagnostic[] {
  const text = new TextDecoder().decode(file.content);
  const places = new TextPlaces(text);
  const given = [...secrets].flatMap(([name, value]): Diagnostic[] => {
    const start = value.length < shortestSecret ? -1 : text.indexOf(value);
    if (start < 0) return [];
    const position = { file: file.path, ...places.placeOf(start) };
    const message = `the value of the secret "${name}" stands here in plain text`;
    const code = "plain-secret";
    return [{ severity: "error", code, position, message, hint: keepTemplate, isConfidential: true }];
  });
  const credentials = findCredentials(new Map([[file.path, file]]), allowedCredentials);
  return sortDiagnostics([...given, ...credentials]);
}

/** Values that are given for names that the repository declares as secrets. */
export function findSecretValues(
  fileName: string,
  values: ReadonlyMap<string, string>,
  declared: Settings["secrets"],
): readonly Diagnostic[] {
  const names = new Set(declared.flatMap(({ name }) => [name, `secrets.${name}`]));
  const position = { file: fileName, line: 1, column: 1 };
  return [...values.keys()].flatMap((name): Diagnostic[] => {
    if (!names.has(name)) return [];
    const message = `value "${name}": the repository declares it as a secret, which is never written into it`;
    return [{ severity: "error", code: "secret-value", position, message, hint: keepTemplate }];
  });
}
