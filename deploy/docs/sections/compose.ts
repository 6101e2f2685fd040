import { composeKeyReference, type KeyReference } from "../../../src/compose/key-reference.ts";
import { code, phrase, table } from "../markdown.ts";

export const composeSections = {
  "compose-keys": () => composeKeys(isTopLevel),
  "compose-service-keys": () => composeKeys((place) => place === "services.*"),
  "compose-nested-keys": () => composeKeys((place) => place.startsWith("services.*.")),
  "compose-resource-keys": () => composeKeys((place) => !isTopLevel(place) && !place.startsWith("services.")),
};

function isTopLevel(place: string): boolean {
  return place === "";
}

function composeKeys(isShown: (place: string) => boolean): string {
  const places = [...composeKeyReference()].filter(([place]) => isShown(place));
  const withHeadings = places.length > 1;
  return places
    .map(([place, keys]) => (withHeadings ? `#### ${code(place)}\n\n${keyTables(keys)}` : keyTables(keys)))
    .join("\n\n");
}

function keyTables(keys: readonly KeyReference[]): string {
  const read = keys.filter(({ supported }) => supported);
  const refused = keys.filter(({ supported }) => !supported);
  const tables = [
    table(
      ["key", "is"],
      read.map(({ key, doc }) => [code(key), phrase(doc)]),
    ),
  ];
  if (refused.length > 0) {
    const rows = refused.map(({ key, doc, hint = "" }) => [code(key), phrase(doc), hint]);
    tables.push("Refused, with its position:", table(["key", "why", "instead"], rows));
  }
  return tables.join("\n\n");
}
