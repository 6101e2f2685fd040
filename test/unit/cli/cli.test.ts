import { describe, expect, test } from "vitest";
import { runCli } from "../../../src/cli/cli.ts";
import type { App, GlobalFlags, Runtime } from "../../../src/cli/runtime.ts";
import { plainPaint } from "../../../src/lib/paint.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";
import type { ManifestTree } from "../../../src/model/manifest-tree.ts";

const unit = (line: string) => `[Service]\nExecStart=/usr/bin/docker run ${line}\n`;

function treeOf(files: Record<string, string>): ManifestTree {
  const entries = Object.entries(files).map(([path, text]) => {
    return [path, { path, content: new TextEncoder().encode(text), executable: false }] as const;
  });
  return new Map(entries);
}

/** A command line on a configuration in memory, with no Engine to reach. */
function commandLine(files: Record<string, string>) {
  const out: string[] = [];
  const err: string[] = [];
  const seen: GlobalFlags[] = [];
  const app: App = {
    source: { resolveRevision: async () => ({ id: "0".repeat(40) }), readTree: async () => treeOf(files) },
    inputs: { variables: new Map(), mountedValues: new Map(), secrets: new Map() },
    clock: { monotonicMs: () => 0, now: () => new Date(0), sleep: async () => {} },
    newTxn: () => "00000000",
    actor: "tester",
    resolveSide: async () => app.source,
    connect: async () => {
      throw new ReconcilerError("engine-unreachable", "reach the Engine: refused", {
        hint: "is it running?",
      });
    },
    committed: async () => undefined,
    runCheck: async () => 0,
    repository: async () => {
      throw new ReconcilerError("git-unreachable", "no repository here");
    },
    registry: async () => {
      throw new ReconcilerError("registry-unreachable", "no registry here");
    },
    credentials: [],
    bootedAt: () => undefined,
    engineLost: async () => undefined,
    offlinePreview: async () => ({ previewCreate: (workload) => ({ Image: workload.container.image }) }),
  };
  const runtime: Runtime = {
    daemonProcess: () => Promise.reject(new Error("nothing stays up here")),
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    interactive: false,
    paint: plainPaint,
    signal: new AbortController().signal,
    version: "1.2.3",
    files: { read: async () => "", readBytes: async () => new Uint8Array(), write: async () => {} },
    createApp: async (flags) => {
      seen.push(flags);
      return app;
    },
  };
  const run = async (...argv: string[]) => ({
    exitCode: await runCli(argv, runtime),
    out: out.join(""),
    err: err.join(""),
    seen,
  });
  return { run };
}

const valid = { "units/web.service": unit("--name web -e TOKEN=abc myrepo/web:58-develop") };

describe("the command line", () => {
  test("must print its help, with the exit codes, and its version", async () => {
    const help = await commandLine(valid).run("--help");
    expect(help).toMatchObject({ exitCode: 0 });
    expect(help.out).toMatch(/apply.*plan.*validate.*show/s);
    expect(help.out).toContain("Exit codes:");
    expect(await commandLine(valid).run("--version")).toMatchObject({ exitCode: 0, out: "1.2.3\n" });
  });

  test.for([
    ["aply"],
    ["plan", "--jsno"],
    ["apply", "--timeout", "soon"],
    ["apply", "--timeout", "0"],
    ["validate", "--yes"],
    ["plan", "--config"],
    ["show", "--as", "xml"],
    ["show", "wbe"],
  ])("must answer wrong usage with exit code 64 and words: %o", async (argv) => {
    const result = await commandLine(valid).run(...argv);
    expect(result.exitCode).toBe(64);
    expect(result.err).not.toBe("");
  });

  test.for([
    ["promote", "--json"],
    ["plan", "--json", "--bogus"],
    ["history", "--json", "-n", "zero"],
  ])("must answer %o with one JSON document", async (argv) => {
    const { exitCode, out } = await commandLine(valid).run(...argv);
    expect(exitCode).toBe(64);
    expect(JSON.parse(out)).toMatchObject({ error: { code: "usage", message: expect.any(String) } });
  });

  test("must name the command that a mistyped one is near to", async () => {
    const result = await commandLine(valid).run("plann");
    expect(result.err).toBe('mysysconfig: unknown command "plann"\n  did you mean "plan"?\n');
  });

  test("must say that the command comes before its options", async () => {
    const result = await commandLine(valid).run("--config", "dir", "validate");
    expect(result).toMatchObject({ exitCode: 64 });
    expect(result.err).toContain("write: mysysconfig validate --config dir");
  });

  test("must hand options to the default command", async () => {
    const { seen } = await commandLine(valid).run("--show-values");
    expect(seen).toMatchObject([{ showValues: true }]);
  });

  test("must hand all flags on", async () => {
    const { seen } = await commandLine(valid).run(
      "apply",
      "--config",
      "dir",
      "--environment",
      "develop",
      "--timeout",
      "90s",
      "--show-values",
    );
    expect(seen).toMatchObject([
      { config: "dir", environment: "develop", timeoutMs: 90_000, showValues: true, json: false },
    ]);
  });

  test("must apply when no command is given, and say what to check when there is no Engine", async () => {
    const result = await commandLine(valid).run();
    expect(result).toMatchObject({ exitCode: 5, out: "" });
    expect(result.err).toBe("mysysconfig: reach the Engine: refused\n  is it running?\n");
  });

  test("must give errors as JSON where JSON was asked for", async () => {
    const result = await commandLine(valid).run("plan", "--json");
    expect(result.exitCode).toBe(5);
    expect(JSON.parse(result.out)).toEqual({
      error: { code: "engine-unreachable", message: "reach the Engine: refused", hint: "is it running?" },
    });
  });
});

describe("validate", () => {
  test("must say what is valid", async () => {
    const result = await commandLine(valid).run("validate");
    expect(result).toMatchObject({ exitCode: 0, err: "" });
    expect(result.out).toBe("Valid: 1 workload, 0 networks, 0 volumes in environment default.\n");
  });

  test("must list the mistakes of all files and change nothing", async () => {
    const files = {
      "units/aa.service": unit("--nmae x img:1"),
      "units/bb.service": unit("-p 99999:1 img:1"),
    };
    const result = await commandLine(files).run("validate");
    expect(result.exitCode).toBe(4);
    expect(result.err).toContain("units/aa.service:2:31:");
    expect(result.err).toContain("units/bb.service:2:");
    expect(result.err).toContain("2 mistakes in 2 files; nothing was changed. (exit 4)");
  });

  test("must give the mistakes as one JSON document", async () => {
    const result = await commandLine({ "units/aa.service": unit("--nmae x img:1") }).run(
      "validate",
      "--json",
    );
    expect(result.exitCode).toBe(4);
    const document = JSON.parse(result.out) as { valid: boolean; diagnostics: { position: unknown }[] };
    expect(document.valid).toBe(false);
    expect(document.diagnostics[0]?.position).toMatchObject({
      file: "units/aa.service",
      line: 2,
      column: 31,
    });
  });
});

describe("show", () => {
  test("must print the compiled workload with masked environment values", async () => {
    const result = await commandLine(valid).run("show", "web");
    expect(result.exitCode).toBe(0);
    expect(JSON.parse(result.out)).toMatchObject({
      web: { container: { environment: { TOKEN: "***" } }, declaredAt: "units/web.service:2" },
    });
  });

  test("must reveal values on request and print requests for the Engine", async () => {
    const shown = await commandLine(valid).run("show", "--show-values");
    expect(JSON.parse(shown.out)).toMatchObject({ web: { container: { environment: { TOKEN: "abc" } } } });
    const engine = await commandLine(valid).run("show", "web", "--as", "engine");
    expect(JSON.parse(engine.out)).toEqual({ web: { Image: "myrepo/web:58-develop" } });
  });

  test("must print units to install, as text and as JSON", async () => {
    const { exitCode, out } = await commandLine(valid).run("show", "web", "--as", "systemd");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^# web\.service, made of units\/web\.service\n\n\[Service\]\n/);
    const document = await commandLine(valid).run("show", "web", "--as", "systemd", "--json");
    expect(JSON.parse(document.out)).toEqual({ "web.service": out });
  });

  test("must name the nearest workload for an unknown one", async () => {
    const result = await commandLine(valid).run("show", "wbe");
    expect(result.err).toContain('did you mean "web"?');
  });
});
