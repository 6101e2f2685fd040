/**
 * The two commands of a newcomer, `npm start` and `npm stop`, in a clone on a machine without an Engine: a mount, a
 * process and a network namespace of its own hide whatever Engine this machine has, and end everything in the end.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { labDir } from "../../deploy/lab/paths.ts";
import { startProcess } from "../support/program.ts";

/** What happens on the bare machine, one command after the other; `say` marks the beginning of each part. */
const script = `
set -eu
mount --make-rprivate /
ip link set lo up
mkdir -p /var/lib/mysysconfig-quickstart /run/mysysconfig-quickstart
mount --bind "$DATA" /var/lib/mysysconfig-quickstart
mount -t tmpfs tmpfs /run/mysysconfig-quickstart
touch /run/docker.sock && mount --bind /dev/null /run/docker.sock
say() { echo "=== $1"; }
say first
npm start
say second
npm start
say change
sed -i s/58-develop/59-develop/ units/myservice.service
npm start
say stop
npm stop
say end
`;

async function runBareMachine(dir: string): Promise<ReadonlyMap<string, string>> {
  const { copyDir } = inject("project");
  const data = join(dir, "data");
  await mkdir(data);
  await writeFile(join(dir, "script.sh"), script);
  const isolate = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const { result } = startProcess(
    "unshare",
    [...isolate, "sh", join(dir, "script.sh")],
    { DATA: data, HOME: dir, MYSYSCONFIG_LAB_DIR: labDir(), NO_COLOR: "1" },
    copyDir,
  );
  const { exitCode, stdout, stderr } = await result;
  await writeFile(join(dir, "stderr"), stderr);
  if (exitCode !== 0) throw new Error(`the quick start failed (exit ${exitCode}):\n${stdout}\n${stderr}`);
  const parts = stdout.split(/^=== /m).map((part) => [part.split("\n", 1)[0] ?? "", part] as const);
  return new Map(parts);
}

test("npm start must bring the example up on a bare machine, and again do nothing", async () => {
  const dir = await mkdtemp(join(labDir(), "runs", "quick-start-"));
  const unitFile = join(inject("project").copyDir, "units", "myservice.service");
  const unit = await readFile(unitFile, "utf8");
  try {
    const parts = await runBareMachine(dir);
    expect([...parts.keys()].filter((name) => name !== "")).toEqual([
      "first",
      "second",
      "change",
      "stop",
      "end",
    ]);
    expect(parts.get("first")).toMatch(/^Converged: \d+ changed, 0 unchanged\./m);
    expect(parts.get("second")).toMatch(/^Nothing to do: \d+ as desired\./m);
    expect(parts.get("change")).toMatch(/^Converged: 1 changed, /m);
    expect(parts.get("change")).toMatch(/myservice .*58-develop → 59-develop.*stop-first/);
    const said = await readFile(join(dir, "stderr"), "utf8");
    expect(said).toMatch(/myservice 58-develop on /);
    expect(said).toMatch(/myservice 59-develop on /);
    expect(said).toMatch(/the private Docker Engine and its containers are stopped/);
  } finally {
    await writeFile(unitFile, unit);
    await rm(dir, { recursive: true, force: true });
  }
});
