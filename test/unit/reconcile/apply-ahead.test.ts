import { expect, test } from "vitest";
import { applyAhead } from "../../../src/reconcile/apply-ahead.ts";
import { withoutUnwanted } from "../../../src/reconcile/without-unwanted.ts";
import { actualState, desiredState, runningContainer, workload } from "../../support/builders.ts";

const since = "2026-10-19T10:00:00Z";
const desired = desiredState([
  workload("web", { image: "myrepo/web:5-develop" }),
  workload("db", { image: "postgres:12" }),
]);
const imageAfter = (image: string, tag: string) =>
  applyAhead(desired, [{ image, tag, since }]).desired.workloads.map(({ container }) => container.image);

const rows: readonly (readonly [what: string, image: string, tag: string, web: string])[] = [
  ["a newer build of the branch", "myrepo/web", "6-develop", "myrepo/web:6-develop"],
  ["by number", "myrepo/web", "10-develop", "myrepo/web:10-develop"],
  ["the same build", "myrepo/web", "5-develop", "myrepo/web:5-develop"],
  ["an older build", "myrepo/web", "4-develop", "myrepo/web:5-develop"],
  ["another branch", "myrepo/web", "9-main", "myrepo/web:5-develop"],
  ["no build", "myrepo/web", "latest", "myrepo/web:5-develop"],
  ["another image", "myrepo/api", "9-develop", "myrepo/web:5-develop"],
  ["another registry", "registry.test/myrepo/web", "9-develop", "myrepo/web:5-develop"],
];
test.for(rows)("a build ahead of Git: %s", ([_what, image, tag, web]) => {
  expect(imageAfter(image, tag)).toEqual(["postgres:12", web]);
  const { ahead, notices } = applyAhead(desired, [{ image, tag, since }]);
  const isTaken = web !== "myrepo/web:5-develop";
  expect([ahead.length, notices.length]).toEqual(isTaken ? [1, 1] : [0, 0]);
  if (isTaken) expect(notices[0]).toContain(`ahead of Git: ${image}:${tag} since ${since}`);
});

test("without what is not wanted any more nothing of ours is left but what is", () => {
  const [kept, gone] = [workload("web"), workload("gone")];
  const actual = actualState([runningContainer(kept), runningContainer(gone)]);
  const names = withoutUnwanted(actual, desiredState([kept])).containers.map(({ name }) => name);
  expect(names).toEqual(["web"]);
});
