import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { topologicalOrder } from "../../../src/lib/dag.ts";

const orderOf = (graph: Readonly<Record<string, readonly string[]>>) =>
  topologicalOrder(Object.keys(graph), (node) => graph[node] ?? []);

describe("a topological order", () => {
  test.for([
    [{}, []],
    [{ b: [], a: [] }, ["b", "a"]],
    [{ a: ["b"], b: ["c"], c: [] }, ["c", "b", "a"]],
    [{ a: ["c", "b"], b: [], c: [] }, ["c", "b", "a"]],
    [{ a: ["gone"], b: ["a", "a"] }, ["a", "b"]],
  ] as const)("of %j must put every node after its needs: %j", ([graph, order]) => {
    expect(orderOf(graph)).toEqual({ order });
  });

  test.for([
    [{ a: ["a"] }, ["a", "a"]],
    [{ a: ["b"], b: ["a"] }, ["a", "b", "a"]],
    [{ x: ["a"], a: ["b"], b: ["c"], c: ["a"] }, ["a", "b", "c", "a"]],
  ] as const)("of %j must name the cycle %j", ([graph, cycle]) => {
    expect(orderOf(graph)).toEqual({ cycle });
  });

  test("must exist exactly for graphs without cycles, and hold every node once", () => {
    const edges = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 30 });
    fc.assert(
      fc.property(edges, (pairs) => {
        const nodes = Array.from({ length: 12 }, (_, index) => `n${index}`);
        const needs = (node: string) => pairs.filter(([a]) => `n${a}` === node).map(([, b]) => `n${b}`);
        const result = topologicalOrder(nodes, needs);
        if ("cycle" in result) {
          expect(result.cycle.length).toBeGreaterThan(1);
          expect(result.cycle[0]).toBe(result.cycle.at(-1));
          result.cycle.slice(1).forEach((node, index) => {
            expect(needs(result.cycle[index] ?? "")).toContain(node);
          });
        } else {
          expect(result.order.toSorted()).toEqual(nodes.toSorted());
          const place = new Map(result.order.map((node, index) => [node, index]));
          for (const [a, b] of pairs) expect(place.get(`n${b}`)).toBeLessThan(place.get(`n${a}`) ?? 0);
        }
      }),
    );
  });

  test("must not exhaust the stack on a long chain", () => {
    const nodes = Array.from({ length: 100_000 }, (_, index) => String(index));
    const result = topologicalOrder(nodes, (node) => [String(Number(node) + 1)]);
    expect("order" in result && result.order[0]).toBe("99999");
  });
});
