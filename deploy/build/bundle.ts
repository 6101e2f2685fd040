import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, rolldown } from "rolldown";

/**
 * `npm run build`: the whole program as one CommonJS file. CommonJS starts faster than ESM and works with the compile
 * cache; the stubs leave out what the Docker client library loads for features that are not used (BuildKit sessions,
 * SSH transport).
 */
const root = join(import.meta.dirname, "..", "..");
const output = join(root, "dist", "mysysconfig.cjs");
const stub = join(import.meta.dirname, "unused-package.cjs");

/** Packages whose features this program never touches. */
const unused = ["@grpc/grpc-js", "@grpc/proto-loader", "protobufjs", "ssh2", "cpu-features", "source-map"];

async function build(): Promise<void> {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const bundle = await rolldown({
    input: join(root, "src", "main.ts"),
    platform: "node",
    cwd: root,
    resolve: { alias: Object.fromEntries(unused.map((name) => [name, stub])) },
    plugins: [lazyBuiltins()],
    logLevel: "warn",
  });
  await bundle.write({
    file: output,
    format: "cjs",
    codeSplitting: false,
    minify: { compress: true, mangle: false },
  });
  await bundle.close();
  writeFileSync(output, toAscii(readFileSync(output, "utf8")));
  const kib = Math.round(statSync(output).size / 1024);
  process.stderr.write(`built dist/mysysconfig.cjs, ${kib} KiB\n`);
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
      if (!id.startsWith("node:") || importer?.startsWith(prefix)) return null;
      if (id === "node:child_process" && importer?.includes("/commander/")) return stub;
      return prefix + id.slice("node:".length);
    },
    load(id) {
      if (!id.startsWith(prefix)) return null;
      return `module.exports = require(${JSON.stringify(id.slice(prefix.length))});`;
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
