import { expect, test } from "vitest";
import { imagesOf, listBuilds, updateRequests } from "../../../src/release/list-builds.ts";
import { readRelease } from "../../../src/release/release-view.ts";
import { setImages } from "../../../src/release/set-images.ts";
import { type Files, run, targetOf } from "./support.ts";

/** The files that an update to the newest allowed builds changes, when the registry has these tags. */
function update(files: Files, tags: Readonly<Record<string, readonly string[]>>): Files {
  const target = targetOf(files);
  const view = readRelease(target);
  if (!("sites" in view)) throw new Error("the settings cannot be read");
  const question = { view, running: new Map(), failed: new Set<string>(), count: 5 };
  const all = imagesOf(view, []).map((image) => listBuilds({ ...question, image, tags: tags[image] ?? [] }));
  const { value, diagnostics } = setImages(target, updateRequests(all), { allowDowngrade: false });
  expect(diagnostics).toEqual([]);
  const changed = [...(value?.files ?? [])].map(([path, content]) => [
    path,
    new TextDecoder().decode(content),
  ]);
  return Object.fromEntries(changed);
}

const settings = 'instances: {worker: [1, 2]}\nimages: {own: ["myrepo/*"]}\n';

test("an update must edit the template unit beside a unit of the same name, and nothing else", () => {
  const files = {
    "mysysconfig.yaml": settings,
    "units/worker.service": run("myrepo/single:3-develop"),
    "units/worker@.service": run("-e N=%i myrepo/many:5-develop"),
  };
  expect(update(files, { "myrepo/many": ["6-develop"], "myrepo/single": ["3-develop"] })).toEqual({
    "units/worker@.service": run("-e N=%i myrepo/many:6-develop"),
  });
});

test("an update must give each of two places of one name its own newest build", () => {
  const files = {
    "mysysconfig.yaml": settings,
    "units/worker.service": run("myrepo/single:3-develop"),
    "units/worker@.service": run("-e N=%i myrepo/many:5-develop"),
  };
  expect(update(files, { "myrepo/many": ["6-develop"], "myrepo/single": ["4-develop"] })).toEqual({
    "units/worker.service": run("myrepo/single:4-develop"),
    "units/worker@.service": run("-e N=%i myrepo/many:6-develop"),
  });
});
