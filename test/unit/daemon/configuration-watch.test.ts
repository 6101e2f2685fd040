import { describe, expect, test } from "vitest";
import { ConfigurationWatch, type LookOptions } from "../../../src/daemon/configuration-watch.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";
import type { AppliedRevision } from "../../../src/model/ledger.ts";
import type { ManifestTree } from "../../../src/model/manifest-tree.ts";
import type { Revision } from "../../../src/model/revision.ts";
import type { ConfigSource } from "../../../src/ports.ts";
import { unit } from "../../support/texts.ts";

const idle = new AbortController().signal;
const repository = "https://git.test/ops/config.git";
const tree = (files: Readonly<Record<string, string>>): ManifestTree =>
  new Map(
    Object.entries({ "mysysconfig.yaml": "project: shop\n", ...files }).map(([path, text]) => [
      path,
      { path, content: new TextEncoder().encode(text), executable: false },
    ]),
  );
const good = tree({ "units/web.service": unit("lab/web:1") });
const bad = tree({ "units/web.service": unit("--nmae web lab/web:1") });

interface State {
  id: string;
  branch: string;
  tree: ManifestTree;
  error?: unknown;
  standIn?: ReconcilerError | undefined;
  descends: boolean;
  last?: AppliedRevision;
  reads: number;
  asked: number;
}

function open(state: Partial<State> = {}) {
  const now: State = {
    id: "b".repeat(40),
    branch: "develop",
    tree: good,
    descends: true,
    reads: 0,
    asked: 0,
    ...state,
  };
  const source: ConfigSource = {
    async resolveRevision(): Promise<Revision> {
      if (now.error !== undefined) throw now.error;
      return { id: now.id, branch: now.branch, source: repository };
    },
    async readTree() {
      now.reads += 1;
      return now.tree;
    },
    standInReason: () => now.standIn,
    async descendsFrom() {
      now.asked += 1;
      return now.descends;
    },
  };
  const options = (secret = "x"): LookOptions => ({
    inputs: { variables: new Map(), mountedValues: new Map(), secrets: new Map([["PASSWORD", secret]]) },
    hostName: "host-1",
    target: "engine",
    lastApplied: async () => now.last,
  });
  const watch = new ConfigurationWatch();
  return { now, watch, look: (secret?: string) => watch.look(source, options(secret), idle) };
}

const applied = (id: string, parts: Partial<AppliedRevision> = {}): AppliedRevision => ({
  ...{ id, at: "2026-10-19T10:00:00Z", source: repository, branch: "develop" },
  ...parts,
});

describe("what is followed", () => {
  test("must be read once for each revision, and again when values change", async () => {
    const { now, look } = open();
    const first = await look();
    expect((await look()).configuration).toBe(first.configuration);
    expect(now.reads).toBe(1);
    await look("another");
    expect(now.reads).toBe(2);
    now.id = "c".repeat(40);
    await look("another");
    expect(now.reads).toBe(3);
  });

  test("with a mistake must name the place, keep the last good one, and let the next good one through", async () => {
    const { now, watch, look } = open();
    const { configuration } = await look();
    if (configuration === undefined) throw new Error("it compiles");
    watch.accept(configuration);
    Object.assign(now, { id: "c".repeat(40), tree: bad });
    const looked = await look();
    expect(looked.configuration).toBeUndefined();
    expect(looked.problem?.error.code).toBe("configuration-invalid");
    expect(looked.problem?.findings).toHaveLength(1);
    expect(looked.problem?.findings[0]).toMatch(/^units\/web\.service:\d+:\d+: unknown docker run flag/);
    expect(watch.lastGood).toBe(configuration);
    Object.assign(now, { id: "d".repeat(40), tree: good });
    expect((await look()).configuration?.revision.id).toBe("d".repeat(40));
  });

  const steps: readonly (readonly [string, Partial<State>, boolean])[] = [
    ["nothing was applied before", {}, true],
    ["the same revision", { last: applied("b".repeat(40)), descends: false }, true],
    ["a later one", { last: applied("a".repeat(40)) }, true],
    ["one that does not come after", { last: applied("a".repeat(40)), descends: false }, false],
    ["another branch before", { last: applied("a".repeat(40), { branch: "main" }), descends: false }, true],
    [
      "another repository before",
      { last: applied("a".repeat(40), { source: "https://git.test/x.git" }), descends: false },
      true,
    ],
  ];
  test.for(steps)("a step must be told forward from back: %s", async ([_what, state, isTaken]) => {
    const { look } = open(state);
    const { configuration, problem } = await look();
    expect(configuration !== undefined).toBe(isTaken);
    expect(problem?.error.code).toBe(isTaken ? undefined : "older-revision");
  });

  test("a step that was found to lead forward must not be asked about again, one that does not must", async () => {
    const { now, look } = open({ last: applied("a".repeat(40)) });
    await look();
    await look();
    expect(now.asked).toBe(1);
    Object.assign(now, { id: "c".repeat(40), descends: false });
    expect((await look()).problem?.error.code).toBe("older-revision");
    now.descends = true;
    expect((await look()).problem).toBeUndefined();
  });

  test("what stands in must be enforced and its reason be a problem, for as long as it stands in", async () => {
    const { now, look } = open();
    const { configuration } = await look();
    const away = new ReconcilerError("pull-failed", "no such host; taking the one that is on the Engine");
    now.standIn = away;
    for (let n = 0; n < 2; n++)
      expect(await look()).toEqual({ configuration, problem: { error: away, findings: [] } });
    now.standIn = undefined;
    expect(await look()).toEqual({ configuration });
    Object.assign(now, { id: "c".repeat(40), tree: bad, standIn: away });
    expect((await look()).problem?.error.code).toBe("configuration-invalid");
  });

  test("a source that is away must be a problem, and a mistake of ours an error", async () => {
    const { now, look } = open();
    now.error = new ReconcilerError("git-unreachable", "nobody answers");
    expect((await look()).problem?.error.code).toBe("git-unreachable");
    now.error = new TypeError("undefined is not a function");
    await expect(look()).rejects.toThrow(TypeError);
  });
});
