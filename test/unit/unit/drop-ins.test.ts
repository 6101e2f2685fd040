import { describe, expect, test } from "vitest";
import { compileTimer } from "../../../src/unit/compile-timer.ts";
import { dropInFolders, isDropIn } from "../../../src/unit/drop-ins.ts";
import { compileText, findingsOf, makeContext, type TestInput, workloadOf } from "./support.ts";

const unit =
  "[Service]\nRestart=no\nEnvironment=A=1\nExecStart=/usr/bin/docker run --name web -e A busybox:1\n";

function withDropIns(files: Readonly<Record<string, string>>, more: TestInput = {}): TestInput {
  return { ...more, files };
}

describe("drop-ins", () => {
  test.for([
    {
      what: "add to lists",
      files: { "units/web.service.d/a.conf": "[Service]\nEnvironment=A=2\n" },
      container: { environment: { A: "2" } },
    },
    {
      what: "replace single values",
      files: { "units/web.service.d/a.conf": "[Service]\nRestart=always\n" },
      container: { restart: { name: "always" } },
    },
    {
      what: "replace the line behind an empty one",
      files: {
        "units/web.service.d/a.conf":
          "[Service]\nExecStart=\nExecStart=/usr/bin/docker run --name web busybox:2\n",
      },
      container: { image: "busybox:2" },
    },
    {
      what: "apply in the order of their names, whatever folder they are in",
      files: {
        "units/web.service.d/20.conf": "[Service]\nEnvironment=A=20\n",
        "units/service.d/30.conf": "[Service]\nEnvironment=A=30\n",
      },
      container: { environment: { A: "30" } },
    },
    {
      what: "hide those of the same name in a folder that counts less",
      files: {
        "units/web.service.d/10.conf": "",
        "units/service.d/10.conf": "[Service]\nEnvironment=A=wrong\n",
      },
      container: { environment: { A: "1" } },
    },
  ])("must $what", ({ files, container }) => {
    expect(workloadOf(unit, withDropIns(files)).container).toMatchObject(container);
  });

  test.for([
    { file: "units/worker@.service.d/a.conf", value: "2" },
    { file: "units/worker@7.service.d/a.conf", value: "2" },
    { file: "units/worker@8.service.d/a.conf", value: "1" },
    { file: "units/service.d/a.conf", value: "2" },
    { file: "units/timer.d/a.conf", value: "1" },
    { file: "units/deep/service.d/a.conf", value: "1" },
  ])("must change an instance or not: $file", ({ file, value }) => {
    const place = { path: "units/worker@.service", instance: "7" };
    const files = { [file]: "[Service]\nEnvironment=A=2\n" };
    expect(workloadOf(unit, withDropIns(files, place)).container.environment).toEqual({ A: value });
  });

  test("must lie beside the unit, or in units/, which is farther away", () => {
    const near = { "units/deep/web.service.d/a.conf": "[Service]\nEnvironment=A=near\n" };
    const far = { "units/web.service.d/a.conf": "[Service]\nEnvironment=A=far\n" };
    const path = "units/deep/web.service";
    const variableWith = (files: Readonly<Record<string, string>>) =>
      workloadOf(unit, withDropIns(files, { path })).container.environment["A"];
    expect(variableWith(far)).toBe("far");
    expect(variableWith({ ...near, ...far })).toBe("near");
  });

  test("must have their mistakes at their own places", () => {
    const files = {
      "units/web.service.d/a.conf": "[Service]\nRestart=sometimes\nFoo=1\n[Unit]\nAfter=web.service\n",
    };
    const { diagnostics } = compileText(unit, withDropIns(files));
    const places = diagnostics.map(({ position: { file, line } }) => `${file}:${line}`);
    expect(places).toEqual([2, 3, 5].map((line) => `units/web.service.d/a.conf:${line}`));
  });

  test("must be told from the unit when two lines run a container", () => {
    const files = { "units/web.service.d/a.conf": "[Service]\nExecStart=/usr/bin/docker run busybox:2\n" };
    const { diagnostics } = compileText(unit, withDropIns(files));
    expect(diagnostics).toMatchObject([
      { code: "several-commands", position: { file: "units/web.service.d/a.conf", line: 2 } },
    ]);
    expect(diagnostics[0]?.hint).toContain("an empty ExecStart= drops the lines before it");
  });

  test("must leave the place of the workload in the unit", () => {
    const files = {
      "units/web.service.d/a.conf": "[Service]\nExecStart=/usr/bin/docker run --privileged busybox:2\n",
    };
    const { origin, positions } = workloadOf("[Unit]\n\n[Service]\n", withDropIns(files));
    expect(origin).toMatchObject({ file: "units/web.service", line: 3 });
    expect(positions["privileged"]).toMatchObject({ file: "units/web.service.d/a.conf", line: 2 });
  });

  test("must change timers as well", () => {
    const files = {
      "units/backup@.timer.d/a.conf": "[Timer]\nOnCalendar=\nOnCalendar=hourly\n",
      "units/timer.d/b.conf": "[Timer]\nPersistent=yes\n",
    };
    const timer = { path: "units/backup@.timer", instance: "7", text: "[Timer]\nOnCalendar=daily\n" };
    expect(compileTimer(timer, makeContext({ files })).value?.timer).toMatchObject({
      calendars: ["hourly"],
      persistent: true,
    });
  });

  test("must be known as used", () => {
    const files = { "units/web.service.d/a.conf": "", "units/service.d/b.conf": "" };
    expect(compileText(unit, withDropIns(files)).value?.usedPaths).toEqual(Object.keys(files).sort());
  });

  test("must count relative paths from the unit", () => {
    const files = {
      "units/deep/web.env": "A=5\n",
      "units/web.service.d/a.conf": "[Service]\nEnvironmentFile=./web.env\n",
    };
    const place = { path: "units/deep/web.service" };
    expect(workloadOf(unit, withDropIns(files, place)).container.environment).toEqual({ A: "5" });
  });

  test.for([
    ["units/web.service.d/a.conf", true],
    ["units/x/web@1.service.d/a.conf", true],
    ["units/service.d/a.conf", true],
    ["units/timer.d/a.conf", true],
    ["units/web.timer.d/a.conf", true],
    ["units/web.service.d/a.txt", false],
    ["units/web.service.d/b/a.conf", false],
    ["units/nginx.d/a.conf", false],
    ["units/web.conf", false],
  ] as const)("must be told by their path: %s", ([path, expected]) => {
    expect(isDropIn(path)).toBe(expected);
  });

  test("must be looked for under each shorter name", () => {
    expect(dropInFolders("a-b-c@1.service")).toEqual([
      "a-b-c@1.service.d",
      "a-b-c@.service.d",
      "a-b-.service.d",
      "a-.service.d",
      "a-b-@1.service.d",
      "a-b-@.service.d",
      "a-@1.service.d",
      "a-@.service.d",
      "service.d",
    ]);
  });
});

describe("UnsetEnvironment=", () => {
  test.for([
    { unset: "A", value: undefined },
    { unset: "A=1", value: undefined },
    { unset: "A=2", value: "1" },
    { unset: "B C", value: "1" },
    { unset: '"A=1" B', value: undefined },
  ])("must take away $unset", ({ unset, value }) => {
    const text = `[Service]\nEnvironment=A=1 B=2\nUnsetEnvironment=${unset}\nExecStart=docker run --name web -e X=1 busybox:1 \${B}\n`;
    const known = `[Service]\nEnvironment=A=1\nUnsetEnvironment=${unset}\nExecStart=docker run --name web -e A=\${A} busybox:1\n`;
    expect(compileText(text).diagnostics.length).toBe(/\bB\b/.test(unset) ? 1 : 0);
    expect(compileText(known).value?.workloads[0]?.container.environment["A"]).toBe(value);
  });

  test("must report what is no variable", () => {
    expect(
      findingsOf("[Service]\nUnsetEnvironment=A-B\nExecStart=docker run --name web busybox:1\n"),
    ).toEqual(['error 2:18 "A-B" is neither a variable nor an assignment | write NAME or NAME=value']);
  });
});

describe("DefaultInstance=", () => {
  const text = (value: string) =>
    `[Service]\nExecStart=docker run busybox:1\n[Install]\nDefaultInstance=${value}\n`;

  test("must be checked", () => {
    const place = { path: "units/worker@.service", instance: "a" };
    expect(findingsOf(text("a"), place)).toEqual([]);
    expect(findingsOf(text("a/b"), place)[0]).toContain('error 4:17 instance "a/b" is no valid name');
    expect(findingsOf(text("a"))[0]).toContain("warning 4:1 DefaultInstance= has no effect");
  });

  test("must not be read in a drop-in", () => {
    const files = { "units/worker@.service.d/a.conf": "[Install]\nDefaultInstance=b\n" };
    const place = { path: "units/worker@.service", instance: "a", files };
    expect(findingsOf(text("a"), place)[0]).toContain(
      "error 2:1 DefaultInstance= is read in the template itself",
    );
  });
});
