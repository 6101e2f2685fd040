import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { RepositoryText } from "./load-scope.ts";

/** Variables with which `.env` tells docker compose what to do, where ignoring them would change what runs. */
const refused: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  COMPOSE_FILE: {
    why: "a stack has its main file and one that is laid over it",
    hint: "name several files in the main one: include: [{path: [a.yaml, b.yaml]}]",
  },
  COMPOSE_ENV_FILES: {
    why: "defaults of variables come from .env",
    hint: "put them into .env, or under values in mysysconfig.yaml",
  },
  DOCKER_DEFAULT_PLATFORM: {
    why: "a platform is said with the service that needs it",
    hint: "write platform: in the services",
  },
};

const nameVariable = "COMPOSE_PROJECT_NAME";

/** Reports what the `.env` beside the main file of a stack says to docker compose itself and what would not happen here. */
export function checkClientVariables(
  { path, text }: RepositoryText,
  values: ReadonlyMap<string, string>,
  stack: string,
  sink: DiagnosticSink,
): void {
  const at = (name: string) => {
    const line = text.split("\n").findIndex((one) => new RegExp(`^\\s*(?:export\\s+)?${name}\\b`).test(one));
    return { file: path, line: Math.max(line, 0) + 1, column: 1, length: name.length };
  };
  for (const [name, { why, hint }] of Object.entries(refused)) {
    if (!values.get(name)) continue;
    sink.error(at(name), "unsupported-value", `${name} in .env is not supported: ${why}`, hint);
  }
  const name = values.get(nameVariable);
  if (!name || name === stack) return;
  const message = `${nameVariable} "${name}" differs from the stack's name "${stack}"`;
  const hint = `remove it, or rename the file to ${name}.compose.yaml`;
  sink.error(at(nameVariable), "stack-name", message, hint);
}
