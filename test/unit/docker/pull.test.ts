import { describe, expect, test } from "vitest";
import { localReference, pullReference } from "../../../src/docker/image-reference.ts";
import { followPull } from "../../../src/docker/image-steps.ts";
import { readNdjson } from "../../../src/docker/ndjson.ts";
import { PullProgress } from "../../../src/docker/pull-progress.ts";
import { streamOf } from "./support.ts";

async function lines(...chunks: (string | Uint8Array)[]) {
  const found = [];
  for await (const line of readNdjson(streamOf(...chunks))) found.push(line);
  return found;
}

describe("a stream of JSON lines", () => {
  test("must be read whole however it is cut into chunks", async () => {
    const bytes = Buffer.from('{"status":"grün €"}\r\n\n{"id":"a","n":1}\n{"last":true}');
    for (let size = 1; size <= bytes.length; size++) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      expect(await lines(...chunks)).toEqual([
        { kind: "value", value: { status: "grün €" } },
        { kind: "value", value: { id: "a", n: 1 } },
        { kind: "value", value: { last: true } },
      ]);
    }
  });

  test("must hand on what is no JSON object as text", async () => {
    expect(await lines("<html>502</html>\n", "[1]\n", '{"cut":')).toEqual([
      { kind: "text", text: "<html>502</html>" },
      { kind: "text", text: "[1]" },
      { kind: "text", text: '{"cut":' },
    ]);
  });
});

describe("following a pull", () => {
  const layer = (id: string, status: string, current?: number, total?: number) =>
    `${JSON.stringify({ id, status, progressDetail: current === undefined ? {} : { current, total } })}\n`;

  test("must sum the layers and never go back", async () => {
    const shown: { text: string; fraction?: number }[] = [];
    await followPull(
      streamOf(
        layer("a", "Pulling fs layer"),
        layer("a", "Downloading", 6e6, 12e6),
        layer("b", "Downloading", 0, 24e6),
        layer("b", "Downloading", 12e6, 24e6),
        layer("a", "Download complete"),
        layer("b", "Pull complete"),
        '{"status":"Status: Downloaded newer image"}',
      ),
      (progress) => shown.push(progress),
    );
    expect(shown.map(({ text }) => text)).toEqual([
      "pulling",
      "pulling 6 of 12 MB",
      "pulling 6 of 36 MB",
      "pulling 18 of 36 MB",
      "pulling 24 of 36 MB",
      "pulling 36 of 36 MB",
    ]);
    expect(shown.map(({ fraction }) => fraction)).toEqual([undefined, 0.5, 0.5, 0.5, 24 / 36, 1]);
  });

  test("must fail on an error in the stream, though the answer was 200", async () => {
    const pull = followPull(
      streamOf('{"status":"Pulling"}\n{"errorDetail":{"message":"unauthorized"},"error":"unauthorized"}\n'),
      () => {},
    );
    await expect(pull).rejects.toMatchObject({ code: "pull-failed", message: "unauthorized" });
  });

  test("must fail on an answer that is no progress at all", async () => {
    await expect(followPull(streamOf("<html>proxy error</html>"), () => {})).rejects.toMatchObject({
      code: "pull-failed",
      message: "unexpected answer: <html>proxy error</html>",
    });
  });

  test("must not take repeated bytes or another retry for progress", () => {
    const progress = new PullProgress();
    const add = (status: string, current?: number) =>
      progress.add({
        id: "a",
        status,
        ...(current === undefined ? {} : { progressDetail: { current, total: 10 } }),
      });
    expect([add("Downloading", 1), add("Downloading", 1), add("Downloading", 2)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([add("Retrying in 5 seconds"), add("Retrying in 4 seconds")]).toEqual([false, false]);
  });
});

describe("image references", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  test.for([
    ["busybox", { fromImage: "docker.io/library/busybox", tag: "latest" }],
    ["myrepo/web:58-develop", { fromImage: "docker.io/myrepo/web", tag: "58-develop" }],
    ["127.0.0.1:5000/a/b:1", { fromImage: "127.0.0.1:5000/a/b", tag: "1" }],
    [`web:1@${digest}`, { fromImage: "docker.io/library/web", tag: digest }],
  ] as const)("must pull %s as one image", ([image, query]) => {
    expect(pullReference(image)).toEqual(query);
  });

  test("must look a pinned image up by its digest alone", () => {
    expect(localReference(`myrepo/web:58@${digest}`)).toBe(`myrepo/web@${digest}`);
    expect(localReference("docker.io/library/busybox:1")).toBe("busybox:1");
    expect(localReference(digest)).toBe(digest);
  });
});
