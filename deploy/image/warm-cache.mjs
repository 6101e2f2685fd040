/**
 * Plans a small configuration against a stand-in for an empty Engine, and applies one with nothing in it, so that what
 * these commands need of the program gets into the compile cache: what no run has used is not in it.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [program] = process.argv.slice(2);
const pending = 2;

const files = {
  "nothing/mysysconfig.yaml": "project: warm\n",
  "mysysconfig.yaml": "project: warm\n",
  "units/web.service":
    "[Service]\nRestart=always\nExecStart=/usr/bin/docker run -p 80:80 -e A=b -v data:/data web:1\n",
  "units/worker.service.hbs": "[Service]\nExecStart=/usr/bin/docker run -e ENV={{environment}} worker:1\n",
  "units/shop.compose.yaml":
    "services:\n  api:\n    image: api:1\n    restart: always\n    depends_on: [db]\n  db:\n    image: db:1\n",
};

/** Nothing is there, whatever is asked for. */
function answer({ url }, response) {
  const path = new URL(url, "http://engine").pathname.replace(/^\/v[\d.]+/, "");
  const empty = {
    "/_ping": "OK",
    "/info": "{}",
    "/containers/json": "[]",
    "/networks": "[]",
    "/volumes": "{}",
  };
  response.setHeader("Api-Version", "1.51").setHeader("Content-Type", "application/json");
  response.writeHead(path in empty ? 200 : 404).end(empty[path] ?? '{"message":"no such object"}');
}

const folder = mkdtempSync(join(tmpdir(), "warm-"));
for (const [path, text] of Object.entries(files)) {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}
mkdirSync(join(folder, "nothing", "units"));
const socket = join(folder, "docker.sock");

function run(args) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, DOCKER_HOST: `unix://${socket}`, HOME: folder },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve) => child.on("close", resolve));
}

const engine = createServer(answer).listen(socket, async () => {
  const planned = await run(["plan", "--config", folder]);
  const applied = await run(["apply", "--config", join(folder, "nothing")]);
  engine.closeAllConnections();
  engine.close();
  rmSync(folder, { recursive: true });
  process.exitCode = planned === pending && applied === 0 ? 0 : 1;
});
