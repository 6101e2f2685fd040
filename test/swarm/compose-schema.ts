/** The JSON schema of the Compose specification that a Compose plugin checks files with, out of the program itself. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DockerClient } from "../../deploy/lab/docker-client.ts";

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface RootSchema extends Schema {
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const id = '"compose_spec.json"';

/** All keys by their place: `services.*.ports[]`, with `*` for names that a person gives and `[]` for items of lists. */
export async function composeSchemaKeys(
  client: DockerClient,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const program = await readFile(join(client.configDir, "cli-plugins/docker-compose"));
  const start = program.lastIndexOf("{", program.indexOf(id));
  const end = program.indexOf("\n}\n", start);
  const schema = JSON.parse(program.toString("utf8", start, end + 2)) as RootSchema;
  const found = new Map<string, Set<string>>();
  collect(schema, "", { definitions: schema.$defs ?? schema.definitions ?? {}, found, open: [] });
  return new Map([...found].map(([place, keys]) => [place, [...keys].sort()]));
}

interface Collecting {
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly found: Map<string, Set<string>>;
  /** The definitions that one is in, so that one that contains itself ends. */
  readonly open: readonly string[];
}

function collect(schema: Schema, place: string, scope: Collecting): void {
  const name = schema.$ref?.split("/").at(-1);
  if (name !== undefined) {
    const definition = scope.definitions[name];
    if (definition && !scope.open.includes(name))
      collect(definition, place, { ...scope, open: [...scope.open, name] });
    return;
  }
  const { oneOf = [], anyOf = [], allOf = [] } = schema;
  for (const one of [...oneOf, ...anyOf, ...allOf]) collect(one, place, scope);
  const below = (key: string) => (place === "" ? key : `${place}.${key}`);
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    const keys = scope.found.get(place) ?? new Set();
    scope.found.set(place, keys.add(key));
    collect(value, below(key), scope);
  }
  for (const [pattern, value] of Object.entries(schema.patternProperties ?? {}))
    if (!pattern.startsWith("^x-")) collect(value, below("*"), scope);
  if (typeof schema.additionalProperties === "object")
    collect(schema.additionalProperties, below("*"), scope);
  if (schema.items) collect(schema.items, `${place}[]`, scope);
}
