/**
 * What systemd itself makes of units: `systemd-analyze verify` loads them as the service manager would, and says at the
 * level of debugging messages what it has understood. Variables of command lines are not expanded by then.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface LoadedUnit {
  /** `Restart`, `Environment` …; each line of its own. */
  readonly facts: ReadonlyMap<string, readonly string[]>;
  /** `ExecStart` and the like with the words of each command. */
  readonly commands: ReadonlyMap<string, readonly (readonly string[])[]>;
}

const targets = ["sysinit", "basic", "shutdown", "timers", "network-online", "multi-user", "sockets"];

/** A host with docker and the units that every system has. */
const host: Readonly<Record<string, string>> = {
  "bin/sh": "#!/bin/sh\n",
  "usr/bin/docker": "#!/bin/sh\n",
  "bin/bash": "#!/bin/sh\n",
  "usr/lib/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/docker\n",
  ...Object.fromEntries(
    targets.map((name) => [`usr/lib/systemd/system/${name}.target`, "[Unit]\nDescription=x\n"]),
  ),
};

/** Files of `/etc/systemd/system`: units and drop-ins. */
type Files = Readonly<Record<string, string>>;

/** What systemd understands of units, by their names. */
export function askSystemd(files: Files, units: readonly string[]): ReadonlyMap<string, LoadedUnit> {
  return readUnits(analyze(files, units, "debug").stdout);
}

/** What systemd has to say about units: nothing, when all is well. */
export function complaintsOf(files: Files, units: readonly string[]): string {
  const { status, stdout, stderr } = analyze(files, units, "warning");
  return status === 0 && stderr === "" && stdout === "" ? "" : `${stdout}${stderr}exit ${status}`;
}

function analyze(files: Files, units: readonly string[], level: string) {
  const root = mkdtempSync(join(tmpdir(), "mysysconfig-test-systemd-"));
  try {
    for (const [path, content] of Object.entries(host)) write(join(root, path), content);
    for (const [path, content] of Object.entries(files))
      write(join(root, "etc/systemd/system", path), content);
    return verify(root, units, level);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, content.startsWith("#!") ? 0o755 : 0o644);
}

function verify(root: string, units: readonly string[], level: string) {
  const env = {
    PATH: process.env["PATH"] ?? "",
    LC_ALL: "C.UTF-8",
    SYSTEMD_LOG_LEVEL: level,
    SYSTEMD_LOG_TARGET: "console",
    SYSTEMD_COLORS: "0",
  };
  const { status, stdout, stderr, error } = spawnSync(
    "systemd-analyze",
    ["verify", "--man=no", `--root=${root}`, "--", ...units],
    { encoding: "utf8", timeout: 60_000, env, maxBuffer: 256 * 1024 * 1024 },
  );
  if (error !== undefined) throw new Error("systemd-analyze: apt-get install systemd", { cause: error });
  return { status, stdout, stderr };
}

function readUnits(dump: string): ReadonlyMap<string, LoadedUnit> {
  const units = new Map<string, LoadedUnit>();
  for (const block of dump.split(/^\t-> Unit /m).slice(1)) {
    const name = /^(.*):$/m.exec(block)?.[1] ?? "";
    const facts = new Map<string, string[]>();
    const commands = new Map<string, string[][]>();
    let setting = "";
    for (const line of block.split("\n").slice(1)) {
      setting = /^\t\t-> (\w+):$/.exec(line)?.[1] ?? setting;
      const command = /^\t\t\tCommand Line: (.*)$/s.exec(line)?.[1];
      const [, key, value] = /^\t\t([A-Z][\w ]*): (.*)$/.exec(line) ?? [];
      if (command !== undefined) commands.set(setting, [...(commands.get(setting) ?? []), unquote(command)]);
      else if (key !== undefined && value !== undefined) facts.set(key, [...(facts.get(key) ?? []), value]);
    }
    units.set(name, { facts, commands });
  }
  return units;
}

/** The words of a command as systemd prints them: quoted as for a shell, with C escapes for control characters. */
function unquote(line: string): string[] {
  const words: string[] = [];
  const pattern = /"((?:[^"\\]|\\.)*)"|(\S+)/gs;
  for (const [, quoted, plain] of line.matchAll(pattern)) {
    words.push(quoted === undefined ? (plain ?? "") : quoted.replace(/\\([0-7]{3}|.)/gs, unescaped));
  }
  return words;
}

const named: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function unescaped(_written: string, escaped: string): string {
  if (escaped.length === 3) return String.fromCharCode(Number.parseInt(escaped, 8));
  return named[escaped] ?? escaped;
}

/** Every directive that this systemd knows, as `Section.Name`. */
export function knownDirectives(): readonly string[] {
  const { stdout, error } = spawnSync("/usr/lib/systemd/systemd", ["--dump-configuration-items"], {
    encoding: "utf8",
    timeout: 60_000,
  });
  if (error !== undefined) throw new Error("systemd: apt-get install systemd", { cause: error });
  let section = "";
  return stdout.split("\n").flatMap((line) => {
    section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
    const name = /^(\w+)=/.exec(line)?.[1];
    return name === undefined ? [] : [`${section}.${name}`];
  });
}
