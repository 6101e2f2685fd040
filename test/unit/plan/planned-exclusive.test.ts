import { describe, expect, test } from "vitest";
import { stronglyConnected } from "../../../src/plan/components.ts";
import { sharedHostPorts } from "../../../src/plan/exclusive.ts";
import { port } from "../../support/builders.ts";

describe("host ports that two containers would bind", () => {
  const rows: readonly [string, string, string, readonly string[]][] = [
    ["the same port", "80:80", "80:8080", ["80"]],
    ["47: two addresses", "127.0.0.1:80:80", "10.0.0.1:80:80", []],
    ["47: one address and all", "127.0.0.1:80:80", "80:80", ["80"]],
    ["47: all addresses, spelled out", "0.0.0.0:80:80", "127.0.0.1:80:80", ["80"]],
    ["48: two protocols", "53:53/tcp", "53:53/udp", []],
    ["53: random ports", "80", "80", []],
    ["53: port 0", "0:80", "0:80", []],
  ];
  test.for(rows)("%s", ([, left, right, expected]) => {
    expect(sharedHostPorts([port(left)], [port(right)])).toEqual(expected);
    expect(sharedHostPorts([port(right)], [port(left)])).toEqual(expected);
  });
});

describe("circles of a graph", () => {
  test("must be found, each once, with everything else alone", () => {
    const edges = [[1], [2], [0, 3], [4], [], [5]];
    const found = stronglyConnected(edges).map((component) => [...component]);
    expect(found.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))).toEqual([[0, 1, 2], [3], [4], [5]]);
  });

  test("must be found in a chain that is deeper than any call stack", () => {
    const size = 200_000;
    const edges = Array.from({ length: size }, (_, index) => (index + 1 < size ? [index + 1] : []));
    expect(stronglyConnected(edges)).toHaveLength(size);
  });
});
