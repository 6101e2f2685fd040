import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import { engineApi } from "../../deploy/lab/engine-api.ts";
import { makeWorkloadImage } from "../../deploy/lab/workload-image.ts";
import { recordAll } from "../support/run-oracle-engine.ts";
import { writeRuns } from "../support/run-oracle-recorder.ts";

/**
 * Some forty seconds for fifteen hundred lines on an idle machine: the client is asked about each, and the Engine about
 * those that we refuse. To record it anew:
 * `vitest run --project docker-client --update`
 */
test("the docker client and the Engine say what is recorded of them", { timeout: 900_000 }, async () => {
  const client = await ensureDockerClient();
  const api = engineApi({ kind: "unix", path: inject("engine").socket });
  const image = "mysysconfig-test/oracle:1-develop";
  await makeWorkloadImage(api, { reference: image });
  const path = join(import.meta.dirname, "../unit/unit/run-oracle/recorded.jsonl");
  await expect(writeRuns(await recordAll(client, api, image))).toMatchFileSnapshot(path);
});
