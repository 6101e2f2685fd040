import { expect, test } from "vitest";
import { checkEdit } from "../../../src/release/check-edit.ts";
import { findImageSites } from "../../../src/release/find-sites.ts";
import { type ReleaseView, readRelease } from "../../../src/release/release-view.ts";
import { type Files, run, targetOf } from "./support.ts";

function viewOf(files: Files): ReleaseView {
  const view = readRelease(targetOf(files));
  if ("sites" in view) return view;
  throw new Error("the settings cannot be read");
}

/** The check of an edit of `name` to `58-develop` that led from one state of the files to another. */
function check(before: Files, after: Files, name: string) {
  const view = viewOf(before);
  const sites = findImageSites(view, name);
  if ("mistakes" in sites) throw new Error(`nothing is called ${name}`);
  const edits = sites.map((site) => ({ site, tail: { tag: "58-develop" } }));
  return checkEdit(view, viewOf(after), edits);
}

const compose = (image: string, mode = "0644") => `x-mode: ${mode}\nservices:\n  a:\n    image: ${image}\n`;

const wrong: readonly { what: string; before: Files; after: Files; name: string }[] = [
  {
    what: "a tag that was not set",
    before: { "units/web.service": run("myrepo/web:57-develop") },
    after: { "units/web.service": run("myrepo/web:57-develop") },
    name: "web",
  },
  {
    what: "another word that changed",
    before: { "units/web.service": run("myrepo/web:57-develop a") },
    after: { "units/web.service": run("myrepo/web:58-develop b") },
    name: "web",
  },
  {
    what: "another file that changed",
    before: { "units/web.service": run("myrepo/web:57-develop"), "units/b.service": run("x:1") },
    after: { "units/web.service": run("myrepo/web:58-develop"), "units/b.service": run("x:2") },
    name: "web",
  },
  {
    what: "a file that has gone",
    before: { "units/web.service": run("myrepo/web:57-develop"), "units/empty.md": "" },
    after: { "units/web.service": run("myrepo/web:58-develop") },
    name: "web",
  },
  {
    what: "an octal number that was rewritten",
    before: { "units/s.compose.yaml": compose("myrepo/a:57-develop") },
    after: { "units/s.compose.yaml": compose("myrepo/a:58-develop", "420") },
    name: "s/a",
  },
];

test.for(wrong)("an edit must not pass with $what", ({ before, after, name }) => {
  expect(() => check(before, after, name)).toThrow(
    expect.objectContaining({ code: "internal", hint: expect.stringContaining("nothing was written") }),
  );
});

test("an edit that does what it should must pass", () => {
  const before = { "units/s.compose.yaml": compose("'myrepo/a:57-develop'") };
  const after = { "units/s.compose.yaml": compose("'myrepo/a:58-develop'") };
  expect(check(before, after, "s/a")).toEqual([]);
});
