import { describe, expect, test } from "vitest";
import { interpolateText } from "../../../src/compose/interpolate.ts";
import { errors, workloadOf } from "./support.ts";

const variables = new Map([
  ["A", "set"],
  ["A_b", "both"],
  ["E", ""],
  ["DOLLAR", "$A ${A}"],
]);

describe("interpolation of a text", () => {
  test.for([
    ["plain", "plain"],
    ["$A", "set"],
    ["${A}", "set"],
    ["$A_b.$A-x", "both.set-x"],
    ["$$A", "$A"],
    ["$$$A", "$set"],
    ["${Z:-d}", "d"],
    ["${Z-d}", "d"],
    ["${E:-d}", "d"],
    ["${E-d}", ""],
    ["${A:-d}", "set"],
    ["${A:+r}", "r"],
    ["${E:+r}", ""],
    ["${E+r}", "r"],
    ["${Z+r}", ""],
    ["${Z:+${Y}}", ""],
    ["${A:?boom}", "set"],
    ["${E?boom}", ""],
    ["${Z:-${A}}", "set"],
    ["${Z:-${Y:-q}}", "q"],
    ["${Z:-$$A}", "$A"],
    ["${Z-$A $A}", "set set"],
    ['${Z:-{"x":1}}', '{"x":1}'],
    ['${A:-{"x":1}}', "set"],
    ["${A}}", "set}"],
    ["${Z:-}", ""],
    ["a $ b", "a $ b"],
    ["5$", "5$"],
    ["$1 $( $-", "$1 $( $-"],
    ["$DOLLAR", "$A ${A}"],
  ] as const)("must read %s as Compose does", ([text, expected]) => {
    expect(interpolateText(text, variables)).toEqual({ text: expected, mistakes: [] });
  });

  test.for([
    ["$Z", 0, 2, "unset-variable", 'variable "Z" is not set'],
    ["ab ${Z}", 3, 4, "unset-variable", 'variable "Z" is not set'],
    ["${Z:-${Y}}", 5, 4, "unset-variable", 'variable "Y" is not set'],
    ["${Z:?boom}", 0, 10, "required-variable", 'required variable "Z" is missing: boom'],
    ["${E:?}", 0, 6, "required-variable", 'required variable "E" is missing'],
    ["${1}", 0, 4, "bad-interpolation", '"${1}" names no variable'],
    ["${}", 0, 3, "bad-interpolation", '"${}" names no variable'],
    ["x${A", 1, 3, "bad-interpolation", "this ${ has no }"],
    ["${A b}", 0, 6, "bad-interpolation", '"${A b}" is no variable that Compose knows'],
    ["${A:=x}", 0, 7, "bad-interpolation", '"${A:=x}" is no variable that Compose knows'],
  ] as const)("must report %s with its place", ([text, offset, length, code, message]) => {
    const { mistakes } = interpolateText(text, variables);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatchObject({ offset, length, code, message });
    expect(mistakes[0]?.hint).not.toBe("");
  });

  test("must refuse defaults that are nested without end instead of running out of stack", () => {
    const deep = `${"${Z:-".repeat(50_000)}x${"}".repeat(50_000)}`;
    expect(interpolateText(deep, variables).mistakes[0]?.code).toBe("bad-interpolation");
  });
});

describe("interpolation in a file", () => {
  test("must give an unset variable its exact place and say what to do", () => {
    expect(errors("services:\n  web:\n    image: myrepo/web:${BUILD}-develop\n")).toEqual([
      '3:23 error unset-variable: variable "BUILD" is not set | declare it under values in mysysconfig.yaml or write ${BUILD:-default}',
    ]);
    expect(errors('services:\n  web:\n    image: "myrepo/web:${BUILD}"\n')[0]).toMatch(/^3:24 /);
  });

  test("must name a variable that is near", () => {
    const text = "services:\n  web:\n    image: busybox:${BIULD}\n";
    expect(errors(text, { variables: { BUILD: "58" } })[0]).toContain('did you mean "BUILD"?');
  });

  test("must never let a value add a key, an item or a directive", () => {
    const evil = "x\nprivileged: true\n    - y: z";
    const { container } = workloadOf("environment:\n  A: ${EVIL}\nlabels: [a=$EVIL]", {
      variables: { EVIL: evil },
    });
    expect(container.environment).toEqual({ A: evil });
    expect(container.labels).toEqual({ a: evil });
    expect(container.privileged).toBeUndefined();
  });

  test("must leave keys as they are", () => {
    const { container } = workloadOf("environment:\n  $A: b", { variables: { A: "x" } });
    expect(container.environment).toEqual({ $A: "b" });
  });

  test("must take interpolated texts for numbers and booleans where these are wanted", () => {
    const keys =
      "tty: ${ON}\nscale: ${COUNT}\ncpus: ${CPUS}\nmem_limit: ${MEM}\nhealthcheck: {retries: $COUNT}";
    const web = workloadOf(keys, { variables: { ON: "true", COUNT: "3", CPUS: "0.5", MEM: "1g" } });
    expect(web.containerNames).toHaveLength(3);
    expect(web.container).toMatchObject({ tty: true, nanoCpus: 500_000_000, memory: 1024 ** 3 });
    expect(web.container.healthcheck).toMatchObject({ retries: 3 });
  });

  test("must not look into extensions that nothing uses", () => {
    expect(errors("x-a: $NOPE\nservices:\n  web:\n    x-b: $NOPE\n    image: busybox:1\n")).toEqual([]);
  });

  test("must report what an anchor shares once, at the anchor", () => {
    const text = "x-c: &c {user: $NOPE}\nservices:\n  a: {<<: *c, image: b:1}\n  b: {<<: *c, image: b:1}\n";
    expect(errors(text)).toHaveLength(1);
    expect(errors(text)[0]).toMatch(/^1:16 /);
  });
});
