/**
 * A well-behaved service: it says its build, after DELAY_MS, and on SIGTERM it takes no new connection, finishes what it
 * has and ends. It runs by itself inside a container.
 */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";

const { BUILD = "", DELAY_MS = "0" } = process.env;

const server = createServer((_request, answer) => {
  setTimeout(() => answer.writeHead(200, { connection: "close" }).end(BUILD), Number(DELAY_MS));
});
// What the health check looks for.
server.listen(80, () => writeFileSync("/tmp/ready", ""));
process.on("SIGTERM", () => server.close());
