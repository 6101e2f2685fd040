import { describe, expect, test } from "vitest";
import { clean } from "../../../src/docker/failure-story.ts";
import { readLogLines } from "../../../src/docker/log-lines.ts";
import { streamOf } from "./support.ts";

function frame(stream: number, text: string | Uint8Array): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

describe("a container's log", () => {
  test("must be put together from frames however they are cut", async () => {
    const bytes = Buffer.concat([frame(1, "one\n"), frame(2, "zwei: grün €\n"), frame(1, "no end")]);
    for (const size of [1, 3, 8, 11, 1000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      expect(await readLogLines(streamOf(...chunks), false)).toEqual(["one", "zwei: grün €", "no end"]);
    }
  });

  test("must join a line that came in two frames, apart from the other output", async () => {
    const source = streamOf(frame(1, "out "), frame(2, "err\n"), frame(1, "put\n"));
    expect(await readLogLines(source, false)).toEqual(["err", "out put"]);
  });

  test("must be read as it is from a terminal, and end at a limit", async () => {
    expect(await readLogLines(streamOf("a\r\nb\r\n"), true)).toEqual(["a", "b"]);
    const endless = streamOf(...Array.from({ length: 100 }, () => "x".repeat(16 * 1024)));
    expect((await readLogLines(endless, true)).join("").length).toBeLessThan(512 * 1024);
  });

  test("must not end in an error when its last frame is cut off", async () => {
    expect(
      await readLogLines(streamOf(frame(1, "whole\n"), frame(1, "cut off").subarray(0, 11)), false),
    ).toEqual(["whole", "cut"]);
    expect(await readLogLines(streamOf(), false)).toEqual([]);
  });
});

describe("words from a container", () => {
  test.for([
    ["\u001b[31mError:\u001b[0m no", "Error: no"],
    ["\u001b]0;title\u0007text", "text"],
    ["a\tb\r\nc", "a b c"],
    ["bell\u0007 back\b null\0", "bell back null"],
    ["right\u202eleft", "rightleft"],
    ["x".repeat(400), `${"x".repeat(300)}…`],
  ] as const)("must be one printable line: %j", ([text, line]) => {
    expect(clean(text)).toBe(line);
  });
});
