import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import { oracleRequests } from "../unit/swarm/oracle-requests.ts";
import { recordDocker } from "./oracle-recorder.ts";

/**
 * Twenty seconds for three hundred cases: the client is asked, no Engine runs. To record it anew:
 * `vitest run --project swarm test/swarm/oracle-live.test.ts --update`
 */
test("the docker client says what is recorded of it", { timeout: 60_000 }, async () => {
  const client = await ensureDockerClient();
  const path = join(import.meta.dirname, "../unit/swarm/recorded.jsonl");
  await expect(await recordDocker(oracleRequests, client)).toMatchFileSnapshot(path);
});
