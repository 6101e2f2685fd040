import { describe, expect, test } from "vitest";
import { linkManifests } from "../../../src/desired/link.ts";
import type { CompiledTimer } from "../../../src/model/compile.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";
import { at, manifestOf, needs, say, workloadOf } from "./builders.ts";

interface Given {
  readonly timers: readonly CompiledTimer[];
  readonly broken?: readonly string[];
}

function link(workloads: readonly WorkloadSpec[], { timers, broken = [] }: Given) {
  const { value, diagnostics } = linkManifests([manifestOf({ workloads })], (key) => broken.includes(key), {
    timers,
  });
  return { value, said: say(diagnostics), hints: diagnostics.map(({ hint }) => hint) };
}

/** `backup.timer`, which starts `backup.service` or another one. */
function timerOf(name: string, service = name, file = `units/${name}.timer`): CompiledTimer {
  return {
    timer: {
      unit: `${name}.timer`,
      calendars: ["daily"],
      onBootMs: [],
      onActiveMs: [],
      onUnitActiveMs: [],
      onUnitInactiveMs: [],
      persistent: false,
      randomizedDelayMs: 0,
      fixedRandomDelay: false,
      accuracyMs: 60_000,
      overlap: "skip",
      origin: at(file),
    },
    service,
    position: at(file, service === name ? 1 : 3),
  };
}

const backup = workloadOf("backup", { kind: "job", container: { restart: { name: "no" } } });
const needy = { positions: { "dependsOn.backup": at("units/web.service", 2) } };

describe("timers", () => {
  test("must belong to the job that they start, and to no other", () => {
    const timer = timerOf("nightly", "backup");
    const { value, said } = link([workloadOf("web"), backup], { timers: [timer] });
    expect(said).toEqual([]);
    expect(value?.workloads.map((workload) => [workload.key, workload.timer])).toEqual([
      ["backup", timer.timer],
      ["web", undefined],
    ]);
  });

  test("must start a service that there is", () => {
    const found = link([backup, workloadOf("shop/backups")], { timers: [timerOf("backups")] });
    expect(found.said).toEqual([
      'error units/backups.timer:1 unknown-workload "backups.timer" starts "backups.service", which is not in this configuration',
    ]);
    expect(found.hints).toEqual(['did you mean "backup.service"?']);
    const far = link([backup], { timers: [timerOf("nightly", "cleaner")] });
    expect(far.said[0]).toContain("error units/nightly.timer:3 unknown-workload");
    expect(far.hints).toEqual(["write units/cleaner.service, or name another one with Unit="]);
  });

  test("must not be blamed for a service that is broken itself", () => {
    expect(link([], { timers: [timerOf("backup")], broken: ["backup"] }).said).toEqual([]);
  });

  test("must start a job, not a service that stays up", () => {
    const { said, hints } = link([workloadOf("web")], { timers: [timerOf("web")] });
    expect(said).toEqual([
      'error units/web.timer:1 not-a-job "web.timer" starts "web.service", which is a service and no job',
    ]);
    expect(hints).toEqual(["write Type=oneshot in web.service, and leave -d out of its docker run line"]);
  });

  test("must not start a job that the system starts as well", () => {
    const installed = { ...backup, positions: { install: at("units/backup.service", 7) } };
    const { said, hints } = link([installed], { timers: [timerOf("backup")] });
    expect(said).toEqual([
      'error units/backup.service:7 started-twice "backup.service" is started by backup.timer, and by the system as well',
    ]);
    expect(hints).toEqual(["remove [Install]; OnBootSec= in the timer runs it after the machine started"]);
    expect(link([installed], { timers: [] }).said).toEqual([]);
  });

  test("must not be two for one service", () => {
    const { said } = link([backup], { timers: [timerOf("weekly", "backup"), timerOf("backup")] });
    expect(said).toEqual([
      'error units/weekly.timer:3 duplicate-timer "backup.service" has a timer already, in units/backup.timer:1',
    ]);
  });

  test("must not have a name twice", () => {
    const other = workloadOf("other", { kind: "job" });
    const timers = [timerOf("nightly", "backup"), timerOf("nightly", "other", "units/b/nightly.timer")];
    expect(link([backup, other], { timers }).said).toEqual([
      'error units/nightly.timer:1 duplicate-timer timer "nightly.timer" is declared twice, first in units/b/nightly.timer:1',
    ]);
  });

  test.for([
    needs("backup"),
    needs("backup", { required: false }),
    needs("backup", { condition: "completed" }),
  ])("must not be waited for: %j", (dependency) => {
    const web = workloadOf("web", { ...needy, dependsOn: [dependency] });
    const { said, hints } = link([web, backup], { timers: [timerOf("backup")] });
    expect(said).toEqual([
      'error units/web.service:2 wrong-condition "web" waits for "backup", which runs at the times of backup.timer only',
    ]);
    expect(hints).toEqual(["remove the dependency, or the timer"]);
  });

  test("must not lend their networks or volumes", () => {
    const network = { kind: "container", container: "backup" } as const;
    const guest = workloadOf("guest", { container: { network } });
    const reader = workloadOf("reader", { container: { volumesFrom: ["backup:ro"] } });
    const { said } = link([guest, reader, backup], { timers: [timerOf("backup")] });
    expect(said).toEqual([
      'error units/guest.service:1 wrong-condition "guest" shares the network of "backup", which runs at the times of backup.timer only',
      'error units/reader.service:1 wrong-condition "reader" waits for "backup", which runs at the times of backup.timer only',
    ]);
  });

  test("may start a job that needs others", () => {
    const job = { ...backup, dependsOn: [needs("web")] };
    expect(link([job, workloadOf("web")], { timers: [timerOf("backup")] }).said).toEqual([]);
  });
});
