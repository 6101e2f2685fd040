import { describe, expect, test } from "vitest";
import { edit, lineDiff, run } from "./support.ts";

describe("an image that a drop-in names", () => {
  const dropIn = "[Service]\nExecStart=\nExecStart=/usr/bin/docker run myrepo/web:57-develop\n";

  test("must be edited in the drop-in", () => {
    const files = { "units/web.service": run("myrepo/web:1-develop"), "units/web.service.d/a.conf": dropIn };
    const { files: changed, said } = edit(files, ["myrepo/web=58-develop"]);
    expect(said).toEqual([]);
    expect(Object.keys(changed)).toEqual(["units/web.service.d/a.conf"]);
    expect(lineDiff(dropIn, changed["units/web.service.d/a.conf"] ?? "")).toBe(
      "-ExecStart=/usr/bin/docker run myrepo/web:57-develop\n+ExecStart=/usr/bin/docker run myrepo/web:58-develop",
    );
  });

  test("must be left to people when docker pull stands in another file", () => {
    const files = {
      "units/web.service":
        "[Service]\nExecStartPre=docker pull myrepo/web:57-develop\nExecStart=docker run x:1\n",
      "units/web.service.d/a.conf": dropIn,
    };
    const { files: changed, said } = edit(files, ["myrepo/web=58-develop"]);
    expect(changed).toEqual({});
    expect(said.join("\n")).toContain("the image is written in the unit and in a drop-in of it");
  });
});

describe("an image in a shell line", () => {
  test.for([
    "/bin/sh -c 'exec docker run myrepo/web:57-develop'",
    '/bin/bash -xc "export A=1; docker run -e A myrepo/web:57-develop sh -c \\"echo 1\\""',
    "/bin/sh -c 'docker run \\\n  -e A=1 \\\n  \"myrepo/web:57-develop\"'",
  ])("must be edited where it stands: %s", (line) => {
    const text = `[Service]\nExecStartPre=/bin/sh -c 'docker pull myrepo/web:57-develop'\nExecStart=${line}\n`;
    const { files, said } = edit({ "units/web.service": text }, ["myrepo/web=58-develop"]);
    expect(said).toEqual([]);
    expect(files).toEqual({ "units/web.service": text.replaceAll("57-develop", "58-develop") });
  });

  test("must be left alone when a variable says its tag", () => {
    const text = "[Service]\nExecStart=/bin/sh -c 'export V=57-develop; docker run myrepo/web:$V'\n";
    const { files, said } = edit({ "units/web.service": text }, ["myrepo/web=58-develop"]);
    expect(files).toEqual({});
    expect(said).toHaveLength(1);
  });
});
