import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/desired/settings-file.ts";

function read(text: string) {
  const { value, diagnostics } = parseSettings(`schedules:\n${text}\n`);
  return {
    schedules: value?.daemon.schedules ?? [],
    found: diagnostics.map(
      ({ code, message, position }) => `${position.line}:${position.column} ${code}: ${message}`,
    ),
  };
}

describe("schedules of mysysconfig.yaml", () => {
  test("must be read, sorted by name, with what is not said", () => {
    const text = [
      '  reconcile: "*/2 * * * *"',
      '  prune: {cron: "0 4 * * *", timeZone: Europe/Berlin, jitter: 10m, catchUp: false}',
    ].join("\n");
    const { schedules, found } = read(text);
    expect(found).toEqual([]);
    expect(schedules.map(({ position: _position, ...rest }) => rest)).toEqual([
      { name: "prune", cron: "0 4 * * *", timeZone: "Europe/Berlin", jitterMs: 600_000, catchUp: false },
      { name: "reconcile", cron: "*/2 * * * *", timeZone: "UTC", jitterMs: 0, catchUp: true },
    ]);
  });

  const mistakes: readonly (readonly [string, string])[] = [
    ['  backup: "* * * * *"', "unknown-schedule"],
    ["  prune: {}", "missing-key"],
    ['  prune: {cron: "0 4 * * *", when: now}', "unknown-key"],
    ['  prune: "0 4 * *"', "invalid-cron"],
    ['  prune: "0 0 31 2-2 *"', "invalid-cron"],
    ['  prune: {cron: "61 * * * *"}', "invalid-cron"],
    ['  prune: {cron: "0 4 * * *", timeZone: Mars/Olympus}', "unknown-time-zone"],
    ['  prune: {cron: "0 4 * * *", timeZone: "+02:00"}', "unknown-time-zone"],
    ['  prune: {cron: "0 4 * * *", timeZone: ""}', "unknown-time-zone"],
    ['  prune: {cron: "0 4 * * *", jitter: soon}', "invalid-duration"],
    ['  prune: {cron: "0 4 * * *", jitter: 61m}', "invalid-duration"],
    ['  prune: {cron: "0 4 * * *", jitter: -1s}', "invalid-duration"],
    ['  prune: {cron: "0 4 * * *", catchUp: perhaps}', ""],
    ["  prune: [1]", ""],
    ["  prune: 5", ""],
  ];
  test.for(mistakes)("%s must be a mistake with a position", ([text, code]) => {
    const { found } = read(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^2:\\d+ ${code === "" ? "[a-z-]+" : code}: `));
  });

  test("all mistakes must be told at once", () => {
    const { found } = read(
      '  prune: {cron: "61 * * * *", timeZone: Mars, jitter: x, catchUp: y}\n  backup: "* * * * *"',
    );
    expect(found).toHaveLength(5);
  });
});
