import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { formatDocument, parseDocument } from "../../../src/docker/state-documents.ts";
import type { StateFiles } from "../../../src/docker/state-files.ts";
import {
  formatKept,
  formatRecords,
  nextRecords,
  readKeptStates,
  readRecords,
} from "../../../src/docker/state-records.ts";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import type { ChangeRecord, History, KeptState, RunRecord } from "../../../src/model/history.ts";
import { emptyLedger, type Ledger } from "../../../src/model/ledger.ts";
import type { ManifestTree } from "../../../src/model/manifest-tree.ts";
import { configurationFiles, writtenPages } from "../docs/pages.ts";

const at = "2026-11-21T14:02:11.123Z";
const applied = { id: "3f2c1ab", source: "https://example.org/c.git", branch: "develop", build: 58, at };

const ledger: Ledger = {
  images: ["myrepo/web:57-develop"],
  failures: [
    {
      ...{ workload: "web", build: "0123456789abcdef", image: "myrepo/web:59-develop", imageId: "sha256:12" },
      ...{ reason: "never became healthy", attempts: 2, failedAt: at, nextTry: at },
    },
  ],
  holds: [
    { by: "ann", reason: "freeze", since: at, until: at },
    { workload: "web", by: "bob", reason: "rolled back", since: at, rejectedSpec: "v1:1" },
  ],
  good: [{ workload: "web", spec: "v1:0", image: "myrepo/web:58-develop", since: at }],
  repairs: [{ workload: "web", found: "stopped (exit code 143)", times: [at, at] }],
  timers: [
    { job: "backup", times: "0123456789abcdef", since: at },
    {
      ...{ job: "report", times: "0123456789abcdef", since: at, served: at, container: "12ab" },
      ...{ startedAt: at, endedAt: at, exitCode: 7 },
    },
  ],
  lastApplied: applied,
  pin: { revision: "1a2b3c4", rejected: { ...applied, created: at }, by: "bob", at },
  ahead: [{ image: "myrepo/web", tag: "59-develop", since: at }],
  lastDone: [{ name: "prune", at }],
};

function run(txn: string, fields: Partial<RunRecord> = {}): RunRecord {
  return {
    ...{ txn, at, durationMs: 1_500, command: "apply", by: "ann", exitCode: 1, verdict: "1 failed" },
    revision: { id: "3f2c1ab", branch: "develop", subject: "more web" },
    changes: [change("web", "rolled-back")],
    ...fields,
  };
}

function change(key: string, outcome: ChangeRecord["outcome"]): ChangeRecord {
  return {
    ...{ key, kind: "replace", cause: "the configuration asks for it", position: "units/web.service:12" },
    ...{ fields: ["image 58-develop → 59-develop"], outcome, summary: "serves", details: ["a", "b"] },
    ...{ durationMs: 7, gateMs: 5, downtimeMs: 0 },
  };
}

const state = (history: History, keep?: KeptState) => ({ ledger, history, ...(keep ? { keep } : {}) });

/** The volume after another write. */
function written(files: StateFiles, history: History): Map<string, string> {
  return new Map([...files, ...formatRecords(state(history), nextRecords(files))]);
}

const once = written(new Map(), [run("00000001")]);
const twice = written(once, [run("00000001"), run("00000002")]);
const newest = (files: StateFiles) => readRecords(files).history.at(-1)?.txn;

describe("the ledger and the history", () => {
  test("must come back as they were written, and be empty before", () => {
    expect(readRecords(new Map())).toEqual({ ledger: emptyLedger, history: [], warnings: [] });
    expect(readRecords(twice)).toEqual({
      ledger,
      history: [run("00000001"), run("00000002")],
      warnings: [],
    });
  });

  test("must be written to two slots in turn", () => {
    const thrice = written(twice, [run("00000003")]);
    const changed = (before: StateFiles, after: StateFiles) =>
      [...after.keys()].filter((path) => after.get(path) !== before.get(path)).sort();
    expect(changed(new Map(), once)).toEqual(["records/history-0.json", "records/ledger-0.json"]);
    expect(changed(once, twice)).toEqual(["records/history-1.json", "records/ledger-1.json"]);
    expect(changed(twice, thrice)).toEqual(["records/history-0.json", "records/ledger-0.json"]);
    expect(newest(thrice)).toBe("00000003");
  });

  test("must be what was there before when a write broke off at any byte", () => {
    const slot = "records/history-1.json";
    const whole = twice.get(slot) ?? "";
    for (let length = 0; length < whole.length - 1; length += 1) {
      const torn = new Map(twice).set(slot, whole.slice(0, length));
      expect(newest(torn)).toBe("00000001");
      expect(readRecords(torn).warnings).toEqual([
        "the newest history is damaged, the one before it is used",
      ]);
      expect(nextRecords(torn).history).toMatchObject({ nextSlot: 1, nextSequence: 2, isTorn: true });
    }
  });

  test("must not warn of a damaged slot that is the older one", () => {
    const torn = new Map(twice).set(
      "records/ledger-0.json",
      (once.get("records/ledger-0.json") ?? "").slice(0, 90),
    );
    expect(readRecords(torn)).toMatchObject({ ledger, warnings: [] });
  });

  test("must be empty, with a warning, when no slot can be read", () => {
    const gone = new Map([...twice].map(([path]) => [path, "\u0000\u0000"]));
    expect(readRecords(gone)).toEqual({
      ledger: emptyLedger,
      history: [],
      warnings: ["the ledger is damaged and was ignored", "the history is damaged and was ignored"],
    });
  });

  test("must be ignored, not misread, when a newer program wrote them, and be written over the older", () => {
    const later = '{"version":2,"sequence":9,"sha256":"?","payload":{"failures":"compressed"}}';
    const files = new Map(twice).set("records/ledger-0.json", later);
    expect(readRecords(files)).toMatchObject({
      ledger: emptyLedger,
      warnings: [
        "the ledger was written by a newer mysysconfig (format 2, this one knows 1) and was ignored",
      ],
    });
    expect(nextRecords(files).ledger).toMatchObject({ nextSlot: 1, nextSequence: 10 });
    expect(readRecords(written(files, [])).ledger).toEqual(ledger);
  });

  test("must lose only the entries that do not fit, and say so", () => {
    const [failure] = ledger.failures;
    const odd = {
      ...ledger,
      failures: [failure, { ...failure, attempts: "many" }, { ...failure, nextTry: "tomorrow" }, 7],
      holds: { web: true },
      good: undefined,
      pin: { ...ledger.pin, rejected: { id: 1 } },
      unknown: "left out",
    };
    const runs = [
      run("00000001"),
      { ...run("00000002"), exitCode: 77 },
      { ...run("00000003"), changes: [{}] },
    ];
    const files = new Map([
      ["records/ledger-0.json", formatDocument(1, odd)],
      ["records/history-0.json", formatDocument(1, runs)],
    ]);
    const { pin: _pin, ...unpinned } = ledger;
    expect(readRecords(files)).toEqual({
      ledger: { ...unpinned, holds: [], good: [] },
      history: [run("00000001")],
      warnings: [
        "3 entries of the ledger (failed builds) cannot be read, left out",
        "1 entry of the ledger (holds) cannot be read, left out",
        "1 entry of the ledger (pinned revision) cannot be read, left out",
        "2 runs of the history cannot be read, left out",
      ],
    });
  });

  test("must be read whatever happened to the files", () => {
    const [path, text] = ["records/ledger-1.json", twice.get("records/ledger-1.json") ?? ""] as const;
    const edit = fc.record({ at: fc.nat(text.length), cut: fc.nat(40), put: fc.string({ maxLength: 8 }) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (edits) => {
        const mutated = edits.reduce(
          (before, { at: start, cut, put }) => before.slice(0, start) + put + before.slice(start + cut),
          text,
        );
        const { ledger: read, warnings } = readRecords(new Map(twice).set(path, mutated));
        // The other slot holds the same ledger: damage is never taken for content.
        if (mutated !== text) expect([[], ledger.holds]).toContainEqual(read.holds);
        expect(warnings.every((warning) => warning.length < 200)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  test("must be read whatever is in the payload, and be of the shape that the types say", () => {
    const json = fc.oneof(fc.jsonValue(), fc.constant(ledger as unknown), fc.constant([run("00000001")]));
    const odd = fc.oneof(
      json,
      fc.dictionary(
        fc.constantFrom("failures", "holds", "good", "repairs", "lastApplied", "pin", "__proto__"),
        fc.oneof(json, fc.array(fc.oneof(json, fc.constantFrom(...ledger.failures, ...ledger.holds)))),
      ),
    );
    fc.assert(
      fc.property(odd, odd, (some, other) => {
        const files = new Map([
          ["records/ledger-0.json", formatDocument(1, some)],
          ["records/history-1.json", formatDocument(1, other)],
        ]);
        const read = readRecords(files);
        expect(read.ledger.holds.every(({ by, since }) => typeof by === "string" && since === at)).toBe(true);
        expect(read.history.every(({ changes }) => Array.isArray(changes))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a document", () => {
  test.for([
    ["no JSON", "{", { kind: "damaged" }],
    ["another sort of JSON", "[1]", { kind: "damaged" }],
    ["no sequence number", '{"version":1}', { kind: "damaged" }],
    [
      "a checksum of something else",
      '{"version":1,"sequence":3,"sha256":"x","payload":1}',
      { kind: "damaged", sequence: 3 },
    ],
    ["no payload", '{"version":1,"sequence":3,"sha256":"x"}', { kind: "damaged", sequence: 3 }],
    ["a version that never was", '{"version":-1,"sequence":3}', { kind: "damaged", sequence: 3 }],
    ["only its beginning", '{"version":1,"sequence":3,"sha2', { kind: "damaged", sequence: 3 }],
  ] as const)("must be damaged with %s", ([, text, expected]) => {
    expect(parseDocument(text)).toEqual(expected);
  });

  test("must not mind who indented it", () => {
    const payload = { "10": "a", "9": ["b", 0.1], text: "ä\u2028" };
    const pretty = JSON.stringify(JSON.parse(formatDocument(4, payload)), null, 2);
    expect(parseDocument(pretty)).toEqual({ kind: "valid", sequence: 4, payload });
  });
});

describe("the bounds of the history", () => {
  const kept = (history: History) => readRecords(written(new Map(), history)).history;

  test("must leave the newest two hundred runs", () => {
    const runs = Array.from({ length: 230 }, (_, number) => run(String(number).padStart(8, "0")));
    expect(kept(runs)).toEqual(runs.slice(-200));
  });

  test("must leave as many of the newest as fit into 256 KiB", () => {
    const verdict = "x".repeat(10_000);
    const runs = Array.from({ length: 40 }, (_, number) => run(String(number).padStart(8, "0"), { verdict }));
    const left = kept(runs);
    expect(left).toEqual(runs.slice(-left.length));
    expect(left.length).toBeGreaterThan(20);
    expect(JSON.stringify(left).length).toBeLessThanOrEqual(256 * 1024);
  });

  test("must leave what went wrong of a run that is too large alone", () => {
    const good = Array.from({ length: 5_000 }, (_, number) => change(`web-${number}`, "done"));
    const [large] = kept([
      run("00000001"),
      run("00000002", { changes: [...good, change("db", "failed")] }),
    ]).slice(-1);
    expect(large?.txn).toBe("00000002");
    expect(large?.changes.at(-1)).toMatchObject({ key: "db", outcome: "failed", details: [] });
    expect(large?.changes.length).toBeGreaterThan(100);
  });
});

describe("kept states", () => {
  const kept = (desired: DesiredState, revision = "3f2c1ab"): KeptState => ({
    ...{ revision, at, good: ["web"], desired },
  });
  const add = (files: StateFiles, keep: KeptState) => new Map([...files, ...formatKept(keep, files)]);

  test.for(exampleStates())("must come back as they were: $name", ({ desired }) => {
    expect(desired.workloads.length).toBeGreaterThan(0);
    const files = add(new Map(), kept(desired));
    expect(readKeptStates(files)).toStrictEqual([kept(desired)]);
  });

  test("must be the newest ten, newest last", () => {
    const { desired } = exampleState();
    let files = new Map<string, string>();
    const names = Array.from({ length: 23 }, (_, number) => `revision-${number}`);
    for (const name of names) files = add(files, kept(desired, name));
    expect(readKeptStates(files).map(({ revision }) => revision)).toEqual(names.slice(-10));
    expect(files.size).toBe(10);
  });

  test("must lose one state alone when a slot is damaged, and use that slot next", () => {
    const { desired } = exampleState();
    let files = new Map<string, string>();
    for (const name of ["a", "b", "c"]) files = add(files, kept(desired, name));
    files.set("kept/1.json", "{torn");
    expect(readKeptStates(files).map(({ revision }) => revision)).toEqual(["a", "c"]);
    files = add(files, kept(desired, "d"));
    expect(readKeptStates(files).map(({ revision }) => revision)).toEqual(["a", "c", "d"]);
    expect(files.size).toBe(3);
  });

  test("must not be kept when they are too large, nor hold a secret value", () => {
    const { desired } = exampleState();
    const content = new Uint8Array(2 * 1024 * 1024);
    const large = { name: "x", files: [{ path: "x", mode: 0o444, uid: 0, gid: 0, content }] };
    expect(formatKept(kept({ ...desired, fileSets: [large] }), new Map()).size).toBe(0);
    const files = formatKept(kept({ ...desired, secretValues: ["hunter2"] }), new Map());
    expect([...files.values()].join()).not.toContain("hunter2");
  });

  test.for([
    ["nothing", {}],
    ["no desired state", { revision: "a", at, good: [], desired: { workloads: [] } }],
    ["a value of unknown kind", { revision: "a", at, good: [], desired: { $: ["date", 0] } }],
  ] as const)("must be left out with %s", ([, payload]) => {
    expect(readKeptStates(new Map([["kept/0.json", formatDocument(1, payload)]]))).toEqual([]);
  });
});

function exampleState() {
  const example = exampleStates().find(({ desired }) => desired.fileSets.length > 0);
  if (example === undefined) throw new Error("no example that delivers files");
  return example;
}

/** The configurations that README and documentation show, compiled, and one that delivers files. */
function exampleStates(): { name: string; desired: DesiredState }[] {
  const pages = [...writtenPages()].map(([name, page]) => ({ name, files: configurationFiles(page) }));
  const delivering = {
    name: "files of the repository",
    files: new Map([
      [
        "units/web.service",
        "[Service]\nExecStart=/usr/bin/docker run --rm --name %n -v ./conf:/etc/web:ro myrepo/web:58-develop\n",
      ],
      ["units/conf/web.conf", "listen 80\u0000\u00ff\n"],
    ]),
  };
  return [...pages, delivering].flatMap(({ name, files }) => {
    const desired = files.size === 0 ? undefined : compile(files);
    return desired === undefined ? [] : [{ name, desired }];
  });
}

function compile(files: ReadonlyMap<string, string>): DesiredState | undefined {
  const tree: ManifestTree = new Map(
    [...files].map(([path, text]) => [
      path,
      { path, content: new TextEncoder().encode(text), executable: false },
    ]),
  );
  const none = new Map<string, string>();
  const inputs = { branch: "develop", variables: none, mountedValues: none, secrets: none };
  const options = { hostName: "host", allowMissingSecrets: true };
  const { value } = compileDesiredState(tree, { id: "0".repeat(40) }, inputs, options);
  return value && { ...value, secretValues: [] };
}
