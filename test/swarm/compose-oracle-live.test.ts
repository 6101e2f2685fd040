import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import { composeCases } from "../unit/compose/oracle/all-cases.ts";
import { specificationKeys } from "../unit/compose/oracle/specification-keys.ts";
import { recordCompose } from "./compose-recorder.ts";
import { composeSchemaKeys } from "./compose-schema.ts";

/** What is refused as a whole has keys of its own, which nobody needs to know. */
const refusedPlaces =
  /^(?:models|services\.\*\.(?:build|credential_spec|develop|models|post_start|pre_stop|provider))\b/;

test("the recorded keys of the specification are those of the schema of docker compose", async () => {
  const keys = await composeSchemaKeys(await ensureDockerClient());
  const wanted = [...keys].filter(([place]) => !refusedPlaces.test(place));
  const recorded = Object.entries(specificationKeys).map(
    ([place, list]) => [place, [...list].sort()] as const,
  );
  expect(new Map(recorded)).toEqual(new Map(wanted));
});

/**
 * Half a minute for six hundred cases, more when the machine is busy: `docker compose config` is asked, no Engine runs. To record it anew:
 * `vitest run --project swarm test/swarm/compose-oracle-live.test.ts --update`
 */
test("docker compose says what is recorded of it", { timeout: 300_000 }, async () => {
  const client = await ensureDockerClient();
  const path = join(import.meta.dirname, "../unit/compose/oracle/recorded.jsonl");
  await expect(await recordCompose(composeCases, client)).toMatchFileSnapshot(path);
});
