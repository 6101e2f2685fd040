import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TimerSpec } from "../../../src/model/timer.ts";
import { compileTimer } from "../../../src/unit/compile-timer.ts";
import { timerDirectiveTable } from "../../../src/unit/directives.ts";
import { findingsOf as findingsOfService, makeContext, unitWith } from "./support.ts";

interface Place {
  readonly path?: string;
  readonly instance?: string;
}

function compile(text: string, { path = "units/backup.timer", instance }: Place = {}) {
  return compileTimer({ path, text, instance }, makeContext());
}

/** `severity line:column message | hint` */
function findingsOf(text: string, place: Place = {}): string[] {
  return compile(text, place).diagnostics.map(({ severity, position, message, hint }) => {
    return `${severity} ${position.line}:${position.column} ${message}${hint === undefined ? "" : ` | ${hint}`}`;
  });
}

/** The timer of lines in [Timer] that must compile without any finding. */
function timerOf(lines: string, place: Place = {}): TimerSpec {
  const { value, diagnostics } = compile(`[Timer]\n${lines}\n`, place);
  if (value === undefined || diagnostics.length > 0)
    throw new Error(findingsOf(`[Timer]\n${lines}\n`, place).join("\n"));
  return value.timer;
}

const minute = 60_000;

describe("a timer unit", () => {
  test("must say when its service runs", () => {
    const text = `[Unit]
Description=Backup of the shop
After=network-online.target
[Timer]
OnCalendar=*-*-* 02:30 Europe/Berlin
OnCalendar=Sun 12:00
OnBootSec=10min
OnStartupSec=2h
OnActiveSec=1min 30s
OnUnitActiveSec=1d
OnUnitInactiveSec=1week
Persistent=yes
RandomizedDelaySec=5min
FixedRandomDelay=on
AccuracySec=1s
RemainAfterElapse=no
Unit=save.service
[X-Timer]
Overlap=wait
[Install]
WantedBy=timers.target
`;
    expect(findingsOf(text)).toEqual([]);
    expect(compile(text).value).toEqual({
      timer: {
        unit: "backup.timer",
        calendars: ["*-*-* 02:30 Europe/Berlin", "Sun 12:00"],
        onBootMs: [10 * minute],
        onActiveMs: [1.5 * minute, 120 * minute],
        onUnitActiveMs: [1440 * minute],
        onUnitInactiveMs: [7 * 1440 * minute],
        persistent: true,
        randomizedDelayMs: 5 * minute,
        fixedRandomDelay: true,
        accuracyMs: 1000,
        overlap: "wait",
        origin: { file: "units/backup.timer", line: 4, column: 1, length: 7 },
      },
      service: "save",
      position: { file: "units/backup.timer", line: 17, column: 6, length: 12 },
    });
  });

  test("must have systemd's defaults, and start the service of its name", () => {
    const { value } = compile("[Timer]\nOnCalendar=daily\n");
    expect(value).toMatchObject({
      timer: {
        calendars: ["daily"],
        onBootMs: [],
        onActiveMs: [],
        onUnitActiveMs: [],
        onUnitInactiveMs: [],
        persistent: false,
        randomizedDelayMs: 0,
        fixedRandomDelay: false,
        accuracyMs: minute,
        overlap: "skip",
      },
      service: "backup",
      position: { file: "units/backup.timer", line: 1 },
    });
  });

  test("must be known by its instance, whose name stands in its specifiers", () => {
    const place = { path: "units/backup@.timer", instance: "7" };
    expect(timerOf("OnCalendar=*-*-* 0%i:00", place)).toMatchObject({
      unit: "backup@7.timer",
      calendars: ["*-*-* 07:00"],
    });
    expect(compile("[Timer]\nOnCalendar=daily\n", place).value?.service).toBe("backup@7");
    expect(compile("[Timer]\nOnCalendar=daily\nUnit=%p-%i.service\n", place).value?.service).toBe("backup-7");
    expect(findingsOf("[Timer]\nOnCalendar=daily\n", { path: "units/backup@.timer", instance: "" })).toEqual([
      'error 1:1 template "backup@.timer" has no instance | list its instances under "instances" in mysysconfig.yaml, or write DefaultInstance= under [Install]',
    ]);
  });

  test("must add up its times, sorted and each once", () => {
    expect(
      timerOf("OnCalendar=weekly\nOnCalendar=daily\nOnCalendar=weekly\nOnBootSec=5m\nOnBootSec=1m"),
    ).toMatchObject({
      calendars: ["daily", "weekly"],
      onBootMs: [minute, 5 * minute],
    });
  });

  test.for(["OnCalendar=", "OnBootSec=", "OnUnitActiveSec="])(
    "must forget every time before an empty %s",
    (empty) => {
      const timer = timerOf(`OnCalendar=daily\nOnBootSec=1m\nOnActiveSec=1m\n${empty}\nOnCalendar=weekly`);
      expect(timer).toMatchObject({ calendars: ["weekly"], onBootMs: [], onActiveMs: [] });
      expect(findingsOf(`[Timer]\nOnCalendar=daily\n${empty}\n`)[0]).toMatch(
        /^error 1:1 the timer says no time \| /,
      );
    },
  );

  test.for([
    ["1", true],
    ["Yes", true],
    ["t", true],
    ["ON", true],
    ["0", false],
    ["no", false],
    ["F", false],
    ["off", false],
  ] as const)("Persistent=%s must be %s", ([text, expected]) => {
    expect(timerOf(`OnCalendar=daily\nPersistent=${text}`).persistent).toBe(expected);
  });
});

describe("mistakes in a timer", () => {
  test.for([
    [
      "[Timer]\n",
      "error 1:1 the timer says no time | write OnCalendar=daily, or OnActiveSec= and OnUnitActiveSec=",
    ],
    ["", "error 1:1 the timer says no time | write OnCalendar=daily, or OnActiveSec= and OnUnitActiveSec="],
    [
      "[Timer]\nOnCalendar=dayly\n",
      'error 2:12 OnCalendar= cannot be "dayly": "dayly" is no date and no time | did you mean "daily"?',
    ],
    [
      "[Timer]\nOnCalendar=daily Europe/Belrin\n",
      'error 2:12 OnCalendar= cannot be "daily Europe/Belrin": "Europe/Belrin" is no time zone | did you mean "Europe/Berlin"?',
    ],
    [
      "[Timer]\nOnCalendar=*-02-30\n",
      "warning 2:12 OnCalendar=*-02-30 is a time that never comes | remove it, or write a date that there is",
    ],
    [
      "[Timer]\nOnBootSec=soon\n",
      'error 2:11 OnBootSec= cannot be "soon" | write a time span such as 15min or 1d 12h',
    ],
    [
      "[Timer]\nOnBootSec=infinity\n",
      'error 2:11 OnBootSec= cannot be "infinity" | write a time span such as 15min or 1d 12h',
    ],
    [
      "[Timer]\nOnActiveSec=0\nOnUnitInactiveSec=0\n",
      "error 3:19 OnUnitInactiveSec=0 would run the job again and again without a pause | write a time span above 0",
    ],
    [
      "[Timer]\nOnUnitActiveSec=1h\n",
      "warning 2:1 OnUnitActiveSec= counts from a run, and nothing says when the first one is | add OnActiveSec=, OnBootSec= or OnCalendar=",
    ],
    [
      "[Timer]\nOnBootSec=1h\nPersistent=true\n",
      "warning 3:1 Persistent= has no effect without OnCalendar= | remove it",
    ],
    [
      "[Timer]\nOnCalendar=daily\nPersistent=maybe\n",
      'error 3:12 Persistent= cannot be "maybe" | write true or false',
    ],
    [
      "[Timer]\nOnCalendar=daily\nRandomizedDelaySec=infinity\n",
      'error 3:20 RandomizedDelaySec= cannot be "infinity" | write a time span such as 10s or 1min 30s',
    ],
    [
      "[Timer]\nOnCalendar=daily\nAccuracySec=x\n",
      'error 3:13 AccuracySec= cannot be "x" | write a time span such as 10s or 1min 30s',
    ],
    [
      "[Timer]\nOnCalendar=daily\n[X-Timer]\nOverlap=wiat\n",
      'error 4:9 Overlap= cannot be "wiat" | did you mean "wait"?',
    ],
    [
      "[Timer]\nOnCalendar=daily\n[X-Timer]\nOverlap=queue\n",
      'error 4:9 Overlap= cannot be "queue" | one of: skip, wait',
    ],
    [
      "[Timer]\nOnCalendar=daily\n[X-Timer]\nX-Overlap=wait\n",
      'error 4:1 unknown directive "X-Overlap=" in [X-Timer] | did you mean "Overlap"?',
    ],
    [
      "[Timer]\nOnCalender=daily\nOnBootSec=1\n",
      'error 2:1 unknown directive "OnCalender=" in [Timer] | did you mean "OnCalendar"?',
    ],
    [
      "[Unit]\nOnCalendar=daily\n[Timer]\nOnBootSec=1\n",
      'error 2:1 unknown directive "OnCalendar=" in [Unit] | it belongs to [Timer]',
    ],
    ["[Tmier]\n[Timer]\nOnBootSec=1\n", 'error 1:1 unknown section "[Tmier]" | did you mean "Timer"?'],
    [
      "[Service]\n[Timer]\nOnBootSec=1\n",
      'error 1:1 section "[Service]" belongs to a .service unit | a timer has [Unit], [Timer], [Install] and [X-Timer]',
    ],
    [
      "[X-Update]\n[Timer]\nOnBootSec=1\n",
      'error 1:1 section "[X-Update]" belongs to a .service unit | a timer has [Unit], [Timer], [Install] and [X-Timer]',
    ],
    [
      "[Timer]\nOnBootSec=1\nUnit=a.service\nUnit=b.service\n",
      "error 4:6 Unit= is given twice, and a timer starts one service | write a timer of its own for each service",
    ],
    [
      "[Timer]\nOnBootSec=1\nUnit=save\n",
      'error 3:6 Unit= cannot be "save": a timer starts a service | write Unit=save.service',
    ],
    [
      "[Timer]\nOnBootSec=1\nUnit=save.target\n",
      'error 3:6 Unit= cannot be "save.target": a timer starts a service | write Unit=backup.service',
    ],
    [
      "[Timer]\nOnBootSec=1\nUnit=a.service b.service\n",
      'error 3:6 Unit= cannot be "a.service b.service": a timer starts a service | write Unit=backup.service',
    ],
    [
      "[Timer]\nOnBootSec=1\nUnit=save@.service\n",
      "error 3:6 Unit=save@.service is a template without an instance | write Unit=save@1.service",
    ],
    [
      "[Timer]\nOnBootSec=1\nUnit=save@%i.service\n",
      'error 3:11 "%i" is empty in backup.timer | only template units (backup@.service) have an instance',
    ],
    [
      "[Unit]\nRequires=backup.service docker.service\n[Timer]\nOnBootSec=1\n",
      "error 2:10 Requires=backup.service is not supported in a timer | remove it: the timer starts its service by itself, and the service says what it needs",
    ],
    [
      "[Unit]\nConditionACPower=true\n[Timer]\nOnBootSec=1\n",
      'error 2:1 "ConditionACPower=" is refused: conditions about the host cannot be checked from a container | remove it, or use an environment of mysysconfig.yaml to decide where the unit runs',
    ],
  ] as const)("%j must be reported", ([text, finding]) => {
    expect(findingsOf(text)).toContain(finding);
    expect(compile(text).value === undefined).toBe(finding.startsWith("error"));
  });

  test("must all be reported at once, by place", () => {
    const text = "[Timer]\nOnCalendar=x\nOnBootSec=y\nPersistent=z\nWakeUp=1\n[X-Timer]\nOverlap=a\n";
    expect(compile(text).diagnostics.map(({ position, code }) => `${position.line} ${code}`)).toEqual([
      "2 invalid-calendar",
      "3 invalid-duration",
      "4 unknown-value",
      "5 unknown-directive",
      "7 unknown-value",
    ]);
  });

  test.for(["[Timer]\nOnCalendar=daily\n", "[X-Timer]\nOverlap=wait\n"])(
    "must be reported in a service: %j",
    (text) => {
      expect(findingsOfService(unitWith("") + text)).toEqual([
        expect.stringMatching(
          /^error 3:1 section "\[(X-)?Timer\]" belongs to a \.timer unit \| a service has /,
        ),
      ]);
    },
  );

  test("must never throw, whatever the text is", () => {
    const keys = Object.entries(timerDirectiveTable).flatMap(([section, table]) =>
      Object.keys(table).map((key) => `\n[${section}]\n${key}=`),
    );
    const piece = fc.oneof(
      fc.constantFrom(...keys),
      fc.constantFrom(
        "daily",
        "*:0/5",
        "infinity",
        "1min",
        "%i",
        "%",
        "\\\n",
        "\n",
        "\0",
        ".service",
        "@",
        " ",
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        const { value, diagnostics } = compile(pieces.join(""));
        const isWrong = diagnostics.some(({ severity }) => severity === "error");
        expect(value === undefined).toBe(isWrong);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("directives of a timer", () => {
  const rows = Object.entries(timerDirectiveTable)
    .filter(([section]) => section.endsWith("Timer"))
    .flatMap(([section, table]) => Object.entries(table).map(([key, row]) => ({ section, key, ...row })));

  test("must be those of systemd.timer(5), each with a text for the documentation", () => {
    const keys = rows.map(({ key }) => key).sort();
    expect(keys).toEqual([
      ...["AccuracySec", "FixedRandomDelay", "OnActiveSec", "OnBootSec", "OnCalendar", "OnClockChange"],
      ...[
        "OnStartupSec",
        "OnTimezoneChange",
        "OnUnitActiveSec",
        "OnUnitInactiveSec",
        "Overlap",
        "Persistent",
      ],
      ...["RandomizedDelaySec", "RemainAfterElapse", "Unit", "WakeSystem"],
    ]);
    expect(rows.filter(({ doc }) => doc === "")).toEqual([]);
  });

  test.for(rows.filter(({ handling }) => handling === "refused"))(
    "must refuse $key= with a hint",
    ({ key }) => {
      expect(findingsOf(`[Timer]\n${key}=true\nOnBootSec=1\n`)).toEqual([
        expect.stringMatching(new RegExp(`^error 2:1 "${key}=" is refused: .* \\| .+`)),
      ]);
    },
  );

  test.for(rows.filter(({ handling }) => handling === "no-effect"))("must warn about $key=", ({ key }) => {
    expect(findingsOf(`[Timer]\n${key}=true\nOnBootSec=1\n`)).toEqual([
      expect.stringMatching(new RegExp(`^warning 2:1 "${key}=" has no effect`)),
    ]);
  });
});
