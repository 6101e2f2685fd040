import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import { oracleRequests } from "../unit/swarm/oracle-requests.ts";
import { askDocker } from "./oracle-recorder.ts";

/** Twenty seconds for three hundred cases; the client is asked, no Engine runs. */
test("the docker client says what is recorded of it", { timeout: 60_000 }, async () => {
  const path = join(import.meta.dirname, "../unit/swarm/recorded.json");
  const recorded = JSON.parse(await readFile(path, "utf8")) as unknown;
  const client = await ensureDockerClient();
  expect(await askDocker(oracleRequests, client), "node test/swarm/oracle-record.ts records it anew").toEqual(
    recorded,
  );
});
