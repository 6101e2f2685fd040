import { expect, test } from "vitest";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";
import {
  actualState,
  desiredState,
  port,
  runningContainer,
  volumeMount,
  workload,
} from "../../support/builders.ts";
import { planOf } from "../../support/plan-text.ts";

/** A system of `count` workloads in which everything relates to something. */
function system(count: number, version: number): readonly WorkloadSpec[] {
  return Array.from({ length: count }, (_, index) =>
    workload(
      `w${index}`,
      {
        image: `myrepo/w${index % 20}:${version}-develop`,
        ports: index % 5 === 0 ? [port(`${10_000 + index}:80`)] : [],
        mounts: index % 7 === 0 ? [volumeMount(`v${index}`)] : [],
      },
      { dependsOn: index === 0 ? [] : [{ workload: `w${Math.floor(index / 2)}` }] },
    ),
  );
}

/** Counts how often the elements of the big lists are looked at. */
function countReads(desired: DesiredState, version: number, count: number): number {
  let reads = 0;
  const counted = <T extends object>(items: readonly T[]): readonly T[] =>
    items.map(
      (item) =>
        new Proxy(item, {
          get: (target, key) => {
            reads++;
            return Reflect.get(target, key);
          },
        }),
    );
  const live = system(count, version).map((spec) => runningContainer(spec));
  const actual = actualState(live);
  planOf(
    { ...desired, workloads: counted(desired.workloads) },
    { ...actual, containers: counted(actual.containers), networks: counted(actual.networks) },
  );
  return reads;
}

test.for([
  ["nothing changes", 1, 1],
  ["everything is replaced", 1, 2],
] as const)("planning must cost in proportion to the number of workloads when %s", ([, before, after]) => {
  const [small, large] = [200, 800].map((count) =>
    countReads(desiredState(system(count, after)), before, count),
  );
  expect((large ?? 0) / (small ?? 1)).toBeLessThan(4.5);
});

test("a removal of everything but one must cost in proportion as well", () => {
  const [small, large] = [200, 800].map((count) => countReads(desiredState(system(1, 1)), 1, count));
  expect((large ?? 0) / (small ?? 1)).toBeLessThan(4.5);
});

test("the plan must have as many steps for each workload in a large system as in a small one", () => {
  const [small, large] = [100, 400].map((count) => {
    const actual = actualState(system(count, 1).map((spec) => runningContainer(spec)));
    return planOf(desiredState(system(count, 2)), actual).steps.length / count;
  });
  expect(Math.abs((large ?? 0) - (small ?? 0))).toBeLessThan(0.5);
});
