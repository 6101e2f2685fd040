import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { directive, hostUnits, scriptsOf } from "../../support/host-units.ts";

const places: string[] = [];
afterAll(() => {
  for (const place of places) rmSync(place, { recursive: true, force: true });
});

function newPlace(files: Readonly<Record<string, string>>): string {
  const place = mkdtempSync(join(tmpdir(), "mysysconfig-test-systemd-"));
  places.push(place);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), content);
    if (content.startsWith("#!")) chmodSync(join(place, path), 0o755);
  }
  return place;
}

const program = "#!/bin/sh\n";
const targets = ["sysinit", "basic", "shutdown", "timers", "network-online"];
const names = ["mysysconfig", "mysysconfig-staging"];

/** What a host has: a shell, docker, the targets that every system has, and our units under both names. */
const host: Readonly<Record<string, string>> = {
  "bin/sh": program,
  "usr/bin/docker": program,
  ...Object.fromEntries(
    targets.map((name) => [`usr/lib/systemd/system/${name}.target`, "[Unit]\nDescription=x\n"]),
  ),
  ...Object.fromEntries(
    names.flatMap((name) => [
      [`etc/systemd/system/${name}.service`, hostUnits.service],
      [`etc/systemd/system/${name}.timer`, hostUnits.timer],
    ]),
  ),
};

function verify(files: Readonly<Record<string, string>>) {
  const units = names.flatMap((name) => [`${name}.service`, `${name}.timer`]);
  const { status, stdout, stderr, error } = spawnSync(
    "systemd-analyze",
    ["verify", `--root=${newPlace(files)}`, ...units],
    { encoding: "utf8", timeout: 30_000 },
  );
  if (error !== undefined) throw new Error("systemd-analyze: apt-get install systemd", { cause: error });
  return { status, said: `${stdout}${stderr}` };
}

describe("systemd-analyze verify", () => {
  test("must accept both units without a word, also under another name", () => {
    expect(verify(host)).toEqual({ status: 0, said: "" });
  });

  test.for([
    ["a misspelt key", hostUnits.service.replace("Type=oneshot", "Typo=oneshot"), /Unknown key 'Typo'/],
    [
      "a program that is not there",
      hostUnits.service.replaceAll("/usr/bin/docker", "/usr/bin/dokcer"),
      /dokcer/,
    ],
  ] as const)("must complain about %s", ([, service, complaint]) => {
    expect(verify({ ...host, "etc/systemd/system/mysysconfig.service": service }).said).toMatch(complaint);
  });
});

/** Notes its arguments. The subcommands in $FAILING fail. */
const recorder = `#!/bin/sh
echo "docker $*" >>"$RECORD"
case " $FAILING " in *" $1 "*) exit 1 ;; esac
`;

interface Situation {
  readonly variables?: Readonly<Record<string, string>>;
  readonly failing?: string;
}

/** Runs a script of the service with a docker command that does nothing. */
function run(script: string | undefined, { variables = {}, failing = "" }: Situation = {}) {
  if (script === undefined) throw new Error("the service has no such script");
  const place = newPlace({ "bin/docker": recorder, "bin/sleep": program, record: "" });
  const docker = join(place, "bin", "docker");
  const { status, stderr } = spawnSync("sh", ["-c", script.replaceAll("/usr/bin/docker", docker)], {
    cwd: place,
    env: {
      ...{ PATH: `${join(place, "bin")}:/usr/bin:/bin`, RECORD: join(place, "record"), FAILING: failing },
      ...{ MARK: join(place, "mark"), ...variables },
    },
    encoding: "utf8",
    timeout: 30_000,
  });
  const calls = readFileSync(join(place, "record"), "utf8").split("\n").slice(0, -1);
  return { status, stderr, calls, isBroken: existsSync(join(place, "mark")) };
}

const [checkImage, endLeftover, pull] = scriptsOf(hostUnits.service, "ExecStartPre");
const pullOf = (image: string, situation: Situation = {}) =>
  run(pull, { ...situation, variables: { MYSYSCONFIG_IMAGE: image, ...situation.variables } });

describe("the service", () => {
  test("must refuse to run without an image, and say where it is set", () => {
    const { status, stderr } = run(checkImage);
    expect(status).toBe(78);
    expect(stderr).toContain("set MYSYSCONFIG_IMAGE in /etc/mysysconfig/mysysconfig.env");
    expect(run(checkImage, { variables: { MYSYSCONFIG_IMAGE: "mysysconfig:develop" } }).status).toBe(0);
  });

  test.for([
    "registry.example.com/mysysconfig:develop",
    "registry.example.com:5000/ops/mysysconfig:develop",
    "registry:5000/mysysconfig:develop",
    "localhost/mysysconfig:develop",
    "127.0.0.1:5000/mysysconfig",
    "docker.io/mycompany/mysysconfig:develop",
    `registry.example.com/mysysconfig@sha256:${"a".repeat(64)}`,
  ])("must pull %s", (image) => {
    expect(pullOf(image)).toMatchObject({ status: 0, calls: [`docker pull --quiet ${image}`] });
  });

  test.for([
    "mysysconfig",
    "mysysconfig:develop",
    "mysysconfig:1.0",
    "mycompany/mysysconfig:1.0",
    "mycompany/my.sysconfig/x",
    `mysysconfig@sha256:${"a".repeat(64)}`,
    `sha256:${"a".repeat(64)}`,
  ])("must never ask a public registry for %s", (image) => {
    expect(pullOf(image)).toMatchObject({ status: 0, calls: [] });
  });

  test("must not pull when that is switched off", () => {
    const off = pullOf("registry.example.com/mysysconfig:develop", { variables: { MYSYSCONFIG_PULL: "no" } });
    expect(off).toMatchObject({ status: 0, calls: [] });
  });

  test("must say that a pull failed, and not fail by it", () => {
    const failed = pullOf("registry.example.com/mysysconfig:develop", { failing: "pull" });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain(
      "the pull failed: going on with the last registry.example.com/mysysconfig:develop",
    );
    expect(directive(hostUnits.service, "ExecStartPre").map((value) => value[0])).toEqual(["/", "-", "-"]);
  });

  test("must never run what stands in a name", () => {
    const hostile = 'registry.example.com/x$(touch "$MARK")`touch "$MARK"`";touch "$MARK";"';
    expect(pullOf(hostile)).toMatchObject({ calls: [`docker pull --quiet ${hostile}`], isBroken: false });
  });

  test("must say nothing when no run was left behind, and end one that was, before and after", () => {
    expect(scriptsOf(hostUnits.service, "ExecStopPost")).toEqual([endLeftover]);
    const none = run(endLeftover, { failing: "container" });
    expect(none).toMatchObject({
      status: 0,
      stderr: "",
      calls: ["docker container inspect mysysconfig.service"],
    });
    const left = run(endLeftover);
    expect(left.calls.slice(0, 3)).toEqual([
      "docker container inspect mysysconfig.service",
      "docker stop -t 60 mysysconfig.service",
      "docker rm --force mysysconfig.service",
    ]);
    expect(left.stderr).toContain("ending a run that was left behind");
  });

  test("must have scripts that shellcheck takes", () => {
    const scripts = ["ExecStartPre", "ExecStopPost"].flatMap((name) => scriptsOf(hostUnits.service, name));
    expect(scripts).toHaveLength(4);
    for (const script of scripts) {
      // What comes from the environment file, and a counter that only counts.
      const checked = spawnSync("shellcheck", ["--shell=sh", "--exclude=SC2154,SC2034", "-"], {
        input: script,
        encoding: "utf8",
      });
      expect(checked.stdout).toBe("");
      expect(checked.status).toBe(0);
    }
  });

  test("must use every variable of the example, and no other", () => {
    const used = [...directive(hostUnits.service, "ExecStart"), pull].join(" ");
    const inService = new Set([...used.matchAll(/\bMYSYSCONFIG_[A-Z_]+/g)].map(([name]) => name));
    const inExample = [...hostUnits.environment.matchAll(/^#?(MYSYSCONFIG_[A-Z_]+)=/gm)].map(
      ([, name]) => name,
    );
    expect(inExample.sort()).toEqual([...inService].sort());
  });
});
