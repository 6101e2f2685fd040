/** The layer table: which folder of `src/` may import which, and which vendor package belongs to whom. */

export interface SourceFile {
  /** Relative to `src/`. */
  readonly path: string;
  readonly text: string;
}

interface Layer {
  readonly mayImport: readonly string[];
  /** Vendor packages and Node modules; `*` allows any. */
  readonly packages: readonly string[];
}

const pure = ["node:crypto"];

const layers: Readonly<Record<string, Layer>> = {
  lib: { mayImport: [], packages: ["yaml", "node:util"] },
  model: { mayImport: ["lib"], packages: pure },
  "ports.ts": { mayImport: ["model"], packages: [] },
  render: { mayImport: ["model", "lib"], packages: ["handlebars"] },
  calendar: { mayImport: ["model", "lib"], packages: pure },
  unit: { mayImport: ["calendar", "model", "lib"], packages: [] },
  compose: { mayImport: ["model", "lib"], packages: [] },
  desired: { mayImport: ["render", "unit", "compose", "swarm", "model", "lib"], packages: [] },
  swarm: { mayImport: ["model", "lib"], packages: pure },
  plan: { mayImport: ["swarm", "calendar", "model", "lib"], packages: [] },
  policy: { mayImport: ["model", "lib"], packages: [] },
  execute: { mayImport: ["swarm", "ports.ts", "model", "lib"], packages: [] },
  credentials: { mayImport: ["model", "lib"], packages: ["node:fs", "node:child_process"] },
  docker: {
    mayImport: ["credentials", "swarm", "ports.ts", "model", "lib"],
    packages: [
      "dockerode",
      "docker-modem",
      "tar-stream",
      "node:http",
      "node:stream",
      "node:fs",
      "node:fs/promises",
      "node:path",
      "node:os",
    ],
  },
  registry: {
    mayImport: ["credentials", "ports.ts", "model", "lib"],
    packages: ["node:crypto", "node:fs/promises", "node:http", "node:https", "node:tls"],
  },
  source: { mayImport: ["ports.ts", "model", "lib"], packages: ["node:fs", "node:fs/promises", "node:path"] },
  git: {
    mayImport: ["ports.ts", "model", "lib"],
    packages: [
      "simple-git",
      "node:child_process",
      "node:fs/promises",
      "node:os",
      "node:path",
      "node:stream/consumers",
      "node:url",
    ],
  },
  reconcile: {
    mayImport: ["desired", "plan", "swarm", "policy", "execute", "ports.ts", "model", "lib"],
    packages: [],
  },
  release: {
    mayImport: ["desired", "render", "unit", "compose", "ports.ts", "model", "lib"],
    packages: [],
  },
  webhook: {
    mayImport: ["ports.ts", "model", "lib"],
    packages: ["node:crypto", "node:http", "standardwebhooks"],
  },
  notify: { mayImport: ["ports.ts", "model", "lib"], packages: ["node:crypto", "standardwebhooks"] },
  log: { mayImport: ["ports.ts", "model", "lib"], packages: ["pino"] },
  metrics: { mayImport: ["ports.ts", "model", "lib"], packages: ["prom-client"] },
  daemon: {
    mayImport: [
      "swarm",
      ...["reconcile", "release", "desired", "plan", "calendar", "webhook", "notify", "log", "metrics"],
      ...["ports.ts", "model", "lib"],
    ],
    packages: ["node-cron", "node:http", "node:os"],
  },
  cli: {
    mayImport: [
      "daemon",
      "notify",
      "desired",
      "log",
      "reconcile",
      "release",
      "plan",
      "swarm",
      "ports.ts",
      "model",
      "lib",
    ],
    packages: ["commander", "log-update", "node:util"],
  },
  "settings.ts": { mayImport: ["model", "lib"], packages: ["node:fs", "node:os", "node:path"] },
  "app.ts": { mayImport: ["*"], packages: ["*"] },
  "app-sources.ts": { mayImport: ["*"], packages: ["*"] },
  "run-check.ts": { mayImport: ["model"], packages: ["node:child_process", "node:events"] },
  "clock.ts": { mayImport: ["ports.ts"], packages: ["node:timers/promises"] },
  "version.ts": { mayImport: [], packages: [] },
  "main.ts": {
    mayImport: ["app.ts", "cli", "settings.ts", "version.ts", "model", "lib"],
    packages: ["node:util"],
  },
};

/** Where clock and chance come from. */
const wiring: ReadonlySet<string> = new Set(["app.ts", "app-sources.ts", "clock.ts"]);

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s[^;"]*?from\s*"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g;
const impurePattern = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(/;

/** One sentence for each rule that a file breaks. */
export function findViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const layerName = layerOf(file.path);
    const layer = layers[layerName];
    if (!layer) return [`${file.path}: folder "${layerName}" is not in the layer table`];
    const found = importsOf(file.text).flatMap((target) => {
      if (target.startsWith(".")) {
        const other = layerOf(resolve(file.path, target));
        const allowed =
          other === layerName || layer.mayImport.includes("*") || layer.mayImport.includes(other);
        return allowed ? [] : [`${file.path} must not import ${target}`];
      }
      const allowed = layer.packages.includes("*") || layer.packages.includes(target);
      return allowed ? [] : [`${file.path} must not import the package ${target}`];
    });
    if (layerName !== "settings.ts" && /process\.env\b/.test(file.text))
      found.push(`${file.path} must not read process.env`);
    if (!wiring.has(layerName) && impurePattern.test(file.text))
      found.push(`${file.path} must take clock and chance as parameters`);
    return found;
  });
}

function importsOf(text: string): string[] {
  return [...text.matchAll(importPattern)].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
}

function layerOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function resolve(from: string, target: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
