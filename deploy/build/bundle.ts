import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

/**
 * `npm run build`: the whole program as one CommonJS file. CommonJS starts faster than ESM and works with the compile
 * cache; the stubs leave out what the Docker client library loads for features that are not used (BuildKit sessions,
 * SSH transport).
 */
const root = join(import.meta.dirname, "..", "..");
const output = join(root, "dist", "mysysconfig.cjs");
const stub = join(import.meta.dirname, "unused-package.cjs");

/** Packages whose features this program never touches. */
const unused = ["@grpc/grpc-js", "@grpc/proto-loader", "protobufjs", "ssh2", "cpu-features"];

async function build(): Promise<void> {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const bundle = await rolldown({
    input: join(root, "src", "main.ts"),
    platform: "node",
    cwd: root,
    resolve: { alias: Object.fromEntries(unused.map((name) => [name, stub])) },
    logLevel: "warn",
  });
  await bundle.write({ file: output, format: "cjs", codeSplitting: false });
  await bundle.close();
  const kib = Math.round(statSync(output).size / 1024);
  process.stderr.write(`built dist/mysysconfig.cjs, ${kib} KiB\n`);
}

await build();
