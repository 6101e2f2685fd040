"use strict";
/**
 * The head of `dist/mysysconfig.cjs`. The rest of that file are parts, one function each; a part is compiled when it is
 * first required. Where Node keeps a compile cache (`NODE_COMPILE_CACHE`), what V8 made of the parts is kept there too:
 * Node's own cache holds what was compiled while a file was loaded, this one also what was compiled while it ran.
 */
const { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } = require("node:fs");
const { getCompileCacheDir = () => undefined } = require("node:module");
const { Script } = require("node:vm");

/** @param build tells the parts of one build from those of another */
module.exports = function startProgram(parts, build, requireBuiltin) {
  const cacheDir = getCompileCacheDir();
  const loaded = new Map();
  const uncached = [];

  const requirePart = (id) => {
    if (!Object.hasOwn(parts, id)) return requireBuiltin(id);
    const known = loaded.get(id);
    if (known !== undefined) return known.exports;
    const part = { exports: {} };
    loaded.set(id, part);
    const body = cacheDir === undefined ? parts[id] : compile(id);
    body(part.exports, requirePart, part);
    return part.exports;
  };

  const compile = (id) => {
    const file = `${cacheDir}/mysysconfig-${build}-${id.replace("./", "")}`;
    const cachedData = readCached(file);
    const script = new Script(String(parts[id]), { filename: `mysysconfig/${id}`, cachedData });
    if (cachedData === undefined || script.cachedDataRejected) uncached.push({ file, script });
    return script.runInThisContext();
  };

  // A run that failed used too little of the program to be worth keeping.
  process.on("exit", (code) => {
    if (code === 0 || code === 2) for (const { file, script } of uncached) keep(file, script);
  });
  requirePart("./main.cjs");
};

function readCached(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Whoever reads it meanwhile sees the whole file or none. A folder that cannot be written to is no reason to fail. */
function keep(file, script) {
  const draft = `${file}.${process.pid}`;
  try {
    const descriptor = openSync(draft, "wx", 0o600);
    writeSync(descriptor, script.createCachedData());
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(draft, file);
  } catch {
    return;
  }
}
