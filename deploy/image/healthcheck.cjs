/**
 * HEALTHCHECK of the image. Only `run` stays up and serves; a container that does anything else is well as long as it
 * works. The address is the one that the program itself was given.
 */
const { readFileSync } = require("node:fs");
const { get } = require("node:http");

const words = readFileSync("/proc/1/cmdline", "utf8").split("\0");
if (!words.includes("run")) process.exit(0);

const given = words.map((word, at) => {
  if (word.startsWith("--listen=")) return word.slice("--listen=".length);
  return word === "--listen" ? words[at + 1] : undefined;
});
const listen = given.findLast((one) => one !== undefined) ?? "8080";
const port = Number(listen.slice(listen.lastIndexOf(":") + 1));
const host = listen.slice(0, Math.max(0, listen.lastIndexOf(":"))).replace(/^\[|\]$/g, "");
const everywhere = ["", "0.0.0.0", "::"];

get(
  { host: everywhere.includes(host) ? "127.0.0.1" : host, port, path: "/healthz", timeout: 5_000 },
  (answer) => {
    answer.pipe(process.stdout);
    answer.on("end", () => process.exit(answer.statusCode === 200 ? 0 : 1));
  },
)
  .on("timeout", () => process.exit(1))
  .on("error", (error) => {
    process.stdout.write(`${error.message}\n`);
    process.exit(1);
  });
