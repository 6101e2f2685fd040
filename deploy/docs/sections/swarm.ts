import { unsupportedFields } from "../../../src/swarm/unsupported-table.ts";
import { code, table } from "../markdown.ts";

export const swarmSections = { "swarm-unsupported": unsupported };

function unsupported(): string {
  return table(
    ["flag", "compose key", "write instead"],
    unsupportedFields.map(({ flag, key, hint }) => [code(flag), key === "" ? "" : code(key), hint]),
  );
}
