import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Plugin, rolldown } from "rolldown";

/**
 * `npm run build`: the whole program as one CommonJS file. CommonJS starts faster than ESM and works with the compile
 * cache; the stubs leave out what the Docker client library loads for features that are not used (BuildKit sessions,
 * SSH transport). What is imported dynamically stays a part of its own, compiled when a command needs it.
 */
const root = join(import.meta.dirname, "..", "..");
const output = join(root, "dist", "mysysconfig.cjs");
const loader = join(import.meta.dirname, "loader.cjs");
const stub = join(import.meta.dirname, "unused-package.cjs");

/**
 * Packages whose features this program never touches: BuildKit, SSH, build contexts from folders, source maps, logs that
 * are written by a thread of their own.
 */
const unused = [
  ...["@grpc/grpc-js", "@grpc/proto-loader", "protobufjs", "ssh2", "cpu-features"],
  ...["tar-fs", "@balena/dockerignore", "source-map", "thread-stream"],
];

/** Modules of Node that a package loads for such features. */
const unusedBuiltins = [
  { packagePath: "/commander/", id: "node:child_process" },
  { packagePath: "/dockerode/", id: "zlib" },
];

async function build(): Promise<void> {
  const bundle = await rolldown({
    input: join(root, "src", "main.ts"),
    platform: "node",
    cwd: root,
    resolve: { alias: Object.fromEntries(unused.map((name) => [name, stub])) },
    plugins: [lazyBuiltins(), withoutRequestDumps(), withoutOwnPath()],
    logLevel: "warn",
  });
  const { output: chunks } = await bundle.generate({
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    minify: { compress: true, mangle: { keepNames: { function: true, class: true } } },
  });
  await bundle.close();
  const parts = chunks.flatMap((chunk) => (chunk.type === "chunk" ? [chunk] : []));
  const text = toAscii(joinParts(parts));
  rmSync(dirname(output), { recursive: true, force: true });
  mkdirSync(dirname(output));
  writeFileSync(output, text);
  process.stderr.write(`built dist/mysysconfig.cjs, ${Math.round(text.length / 1024)} KiB\n`);
}

/** One file of all parts, each a function; the loader at its head compiles them one by one. */
function joinParts(parts: readonly { readonly fileName: string; readonly code: string }[]): string {
  const wrapped = parts.map(
    ({ fileName, code }) => `"./${fileName}":(exports,require,module)=>{\n${code}\n}`,
  );
  const hash = createHash("sha256").update(wrapped.join()).digest("hex").slice(0, 12);
  return `(function(module,require){
${readFileSync(loader, "utf8")}
return module.exports})({},require)({
${wrapped.join(",\n")}
},"${hash}",require);
`;
}

/**
 * Loads Node's own modules when the code that imports them first runs: as imports they would all load at the start,
 * also for `--help`. The option parser can start programs, which this one never does.
 */
function lazyBuiltins(): Plugin {
  const prefix = "\0builtin:";
  return {
    name: "lazy-builtins",
    resolveId(id, importer) {
      if (unusedBuiltins.some((unused) => unused.id === id && importer?.includes(unused.packagePath)))
        return stub;
      if (!id.startsWith("node:") || importer?.startsWith(prefix)) return null;
      return prefix + id.slice("node:".length);
    },
    load(id) {
      if (!id.startsWith(prefix)) return null;
      return `module.exports = require(${JSON.stringify(id.slice(prefix.length))});`;
    },
  };
}

/**
 * docker-modem describes every request in full for its debug log, credentials included, also when nobody reads it. That
 * costs a tenth of an observation.
 */
function withoutRequestDumps(): Plugin {
  const dump = /debug\('Sending: %s', util\.inspect\(options, \{[^}]*\}\)\);/;
  return {
    name: "without-request-dumps",
    transform(code, id) {
      if (!id.endsWith("/docker-modem/lib/modem.js")) return null;
      if (!dump.test(code)) throw new Error("docker-modem writes its requests out in another way");
      return { code: code.replace(dump, ""), map: null };
    },
  };
}

/** node-cron asks where its own file lies, for jobs in processes of their own: here the whole program is one file. */
function withoutOwnPath(): Plugin {
  return {
    name: "without-own-path",
    transform(code, id) {
      if (!id.endsWith("/node-cron/dist/node-cron.js")) return null;
      if (!code.includes("import.meta.url")) throw new Error("node-cron finds its own file in another way");
      return { code: code.replaceAll("import.meta.url", '"file:///mysysconfig.cjs"'), map: null };
    },
  };
}

/** V8 keeps a text with any other character in two bytes each; escaped, it loads in half the time. */
function toAscii(code: string): string {
  return code.replace(
    /[^ -~\s]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

await build();
