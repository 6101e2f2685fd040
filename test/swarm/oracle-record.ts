/** `node test/swarm/oracle-record.ts` writes anew what the docker client says to every case of the comparison. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import { oracleRequests } from "../unit/swarm/oracle-requests.ts";
import { askDocker } from "./oracle-recorder.ts";

const client = await ensureDockerClient((line) => process.stderr.write(`${line}\n`));
const answers = await askDocker(oracleRequests, client);
const path = join(import.meta.dirname, "../unit/swarm/recorded.json");
const lines = Object.entries(answers).map(
  ([name, answer]) => `${JSON.stringify(name)}: ${JSON.stringify(answer)}`,
);
await writeFile(path, `{\n${lines.join(",\n")}\n}\n`);
process.stdout.write(`${oracleRequests.length} cases in ${path}\n`);
