import { engineOfApi } from "../../../src/model/engine-api.ts";
import { serviceApi } from "../../../src/swarm/api-version.ts";
import { unsupportedFields } from "../../../src/swarm/unsupported-table.ts";
import { code, table } from "../markdown.ts";

export const swarmSections = { "swarm-unsupported": unsupported, "swarm-api": api };

function unsupported(): string {
  return table(
    ["flag", "compose key", "write instead"],
    unsupportedFields.map(({ flag, key, hint }) => [code(flag), key === "" ? "" : code(key), hint]),
  );
}

function api(): string {
  return table(
    ["flag", "compose key", "needs API", "Docker Engine", "with an older manager"],
    Object.values(serviceApi).map(({ since, flag, key, outcome }) => [
      ...[code(flag), code(key), since, engineOfApi(since), outcome],
    ]),
  );
}
