import { expect, test } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { describeDiagnostic, treeOf } from "../render/support.ts";

const nothing: ReadonlyMap<string, string> = new Map();

function said(image: string, exception: string, others: Readonly<Record<string, string>> = {}) {
  const settings = `images:\n  own: ["myrepo/*"]\n  exceptions:\n    - {image: "${exception}", reason: until 1.9}\n`;
  const unit = `[Service]\nExecStart=/usr/bin/docker run ${image}\n`;
  const tree = treeOf({ "mysysconfig.yaml": settings, "units/web.service": unit, ...others });
  const inputs = { branch: "develop", variables: nothing, mountedValues: nothing, secrets: nothing };
  const options = { allowMissingSecrets: true, hostName: "prod-1" };
  return compileDesiredState(tree, { id: "3f2c1ab" }, inputs, options).diagnostics.map(
    (diagnostic) => `${diagnostic.severity} ${describeDiagnostic(diagnostic)}`,
  );
}

test("a build of another branch that is excepted must run with a warning that has the reason", () => {
  expect(said("myrepo/web:12-master", "myrepo/web:12-master")).toEqual([
    'warning units/web.service:2:31 image-policy image "myrepo/web:12-master" is a build of branch "master", which an exception allows: until 1.9',
  ]);
});

test("an exception that nothing needs must be a warning at its place", () => {
  expect(said("myrepo/web:58-develop", "myrepo/web:12-master")).toEqual([
    'warning mysysconfig.yaml:4:15 unused-exception no unit and no stack runs "myrepo/web:12-master", which is excepted',
  ]);
});

test("an exception must not be called unused while a unit cannot be read", () => {
  expect(said("myrepo/web:58-develop", "myrepo/web:12-master", { "units/b.service": "[Service]\n" })).toEqual(
    ["error units/b.service:1:1 missing-exec-start the unit has no ExecStart="],
  );
});
