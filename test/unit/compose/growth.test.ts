import { expect, test } from "vitest";
import { costGrowth } from "../../support/growth.ts";
import { compile } from "./support.ts";

const list = (count: number, text: (index: number) => string, between: string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(between);

const padded = (n: number) => String(n).padStart(4, "0");

/** Stacks of a size that have much of one thing. */
const stacks: Readonly<Record<string, (count: number) => string>> = {
  "services with networks": (count) =>
    `services:\n${list(count, (n) => `  a${n}: {image: "a:1", networks: [n${n}]}`, "\n")}\nnetworks:\n${list(count, (n) => `  n${n}: {}`, "\n")}\n`,
  "services in a chain": (count) =>
    `services:\n${list(count, (n) => `  a${n}: {image: "a:1"${n === 0 ? "" : `, depends_on: [a${n - 1}]`}}`, "\n")}\n`,
  "services that extend one": (count) =>
    `services:\n  base: {image: "a:1", environment: {A: b}}\n${list(count, (n) => `  a${n}: {extends: base}`, "\n")}\n`,
  // Each is compared with those that are: up to five hundred of its length.
  "networks that nobody declared": (count) =>
    `services:\n  a: {image: "a:1", networks: [${list(count, (n) => `x${padded(n)}`, ",")}]}\nnetworks:\n${list(count, (n) => `  n${padded(n)}: {}`, "\n")}\n`,
  "published ports": (count) =>
    `services:\n  a: {image: "a:1", ports: ["1-${count}:1-${count}", "1-${count}:1-${count}/udp"]}\n`,
  variables: (count) =>
    `services:\n  a:\n    image: a:1\n    environment:\n${list(count, (n) => `      A${n}: "\${X:-${n}}"`, "\n")}\n`,
  "volumes of one service": (count) =>
    `services:\n  a: {image: "a:1", volumes: [${list(count, (n) => `"v${n}:/v${n}"`, ",")}]}\nvolumes:\n${list(count, (n) => `  v${n}: {}`, "\n")}\n`,
  labels: (count) => `services:\n  a: {image: "a:1", labels: [${list(count, (n) => `a.b${n}=c`, ",")}]}\n`,
};

test.for(Object.entries(stacks))("%s must cost in proportion to their number", ([, stack]) => {
  const texts = new Map([250, 2_500].map((count) => [count, stack(count)]));
  // Ten times as many: a quadratic reader takes a hundred times as long.
  expect(costGrowth((count) => void compile(texts.get(count) ?? ""), 250, 2_500)).toBeLessThan(50);
});
