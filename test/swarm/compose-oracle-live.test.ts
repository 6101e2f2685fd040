import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import { composeCases } from "../unit/compose/oracle/all-cases.ts";
import { recordCompose } from "./compose-recorder.ts";

/**
 * Half a minute for four hundred cases, more when the machine is busy: `docker compose config` is asked, no Engine runs. To record it anew:
 * `vitest run --project swarm test/swarm/compose-oracle-live.test.ts --update`
 */
test("docker compose says what is recorded of it", { timeout: 300_000 }, async () => {
  const client = await ensureDockerClient();
  const path = join(import.meta.dirname, "../unit/compose/oracle/recorded.jsonl");
  await expect(await recordCompose(composeCases, client)).toMatchFileSnapshot(path);
});
