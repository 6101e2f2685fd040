/**
 * A service that can be replaced on a cluster without a lost request: when it is told to end, it goes on answering for a
 * while, until the last node has heard that its address is gone from the name. It runs by itself inside a container.
 */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";

const { BUILD = "" } = process.env;
const forgettingMs = 3_000;

const server = createServer((_request, answer) => answer.writeHead(200, { connection: "close" }).end(BUILD));
// What the health check looks for.
server.listen(80, () => writeFileSync("/tmp/ready", ""));
process.on("SIGTERM", () => setTimeout(() => server.close(), forgettingMs));
