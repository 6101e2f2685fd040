import { describe, expect, test } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { lockFileName } from "../../../src/model/image-lock.ts";
import type { ManifestTree } from "../../../src/model/manifest-tree.ts";
import { bake, bakedTree, type Ingredients, unlockedImages } from "../../../src/release/bake.ts";
import { treeOf } from "../render/support.ts";

const files = {
  "mysysconfig.yaml": "project: shop\nvalues: {port: 8080}\nsecrets: [TOKEN]\n",
  "units/web.service.hbs": "[Service]\nExecStart=/usr/bin/docker run -p {{port}}:80 myrepo/web:58-develop\n",
  "units/plain.service": "[Service]\nExecStart=/usr/bin/docker run redis:7\n",
};
const needsSecret = {
  "units/api.service.hbs":
    "[Service]\n{{> env}}\nExecStart=/usr/bin/docker run -e T={{quote secrets.TOKEN}} redis:7\n",
  "templates/env.hbs": "Environment=PORT={{port}}\n",
};

/** Compiled as `bake` does it: with none of the run's secrets. */
function ingredients(more: Readonly<Record<string, string>> = {}): Ingredients {
  const nothing = new Map<string, string>();
  const written = treeOf({ ...files, ...more });
  const inputs = { variables: nothing, mountedValues: nothing, secrets: nothing };
  const compiled = compileDesiredState(written, { id: "3f2c1ab" }, inputs, {
    allowMissingSecrets: true,
    hostName: "host",
  });
  if (compiled.value === undefined) throw new Error(JSON.stringify(compiled.diagnostics));
  return {
    ...{ written, rendered: compiled.rendered, secretReaders: compiled.secretReaders },
    lock: { environment: "default", images: new Map(), values: new Map() },
    base: { reference: "mysysconfig:0.1.0", id: "sha256:1" },
    revision: { id: "3f2c1ab", branch: "develop", subject: 'Say "hello" $HOME' },
    buildTag: "112-develop",
    tags: ["mysysconfig:develop", "mysysconfig:112-develop"],
  };
}

const texts = (tree: ManifestTree) =>
  Object.fromEntries([...tree].map(([path, { content }]) => [path, new TextDecoder().decode(content)]));

describe("what is baked", () => {
  test("must be the rendered configuration without templates, and its lock", () => {
    const baked = texts(bakedTree(ingredients()));
    expect(Object.keys(baked)).toEqual([
      "mysysconfig.lock",
      "mysysconfig.yaml",
      "units/plain.service",
      "units/web.service",
    ]);
    expect(baked["units/web.service"]).toContain("-p 8080:80");
  });

  test("must keep a template that needs a secret, and what it may include", () => {
    const baked = texts(bakedTree(ingredients(needsSecret)));
    expect(Object.keys(baked)).toEqual([
      "mysysconfig.lock",
      "mysysconfig.yaml",
      "templates/env.hbs",
      "units/api.service.hbs",
      "units/plain.service",
      "units/web.service",
    ]);
    expect(baked["units/api.service.hbs"]).toBe(needsSecret["units/api.service.hbs"]);
  });

  test.for([
    ["what a helper makes of one", "-e T={{upper secrets.TOKEN}} redis:7"],
    ["a question about one", '{{#if (eq secrets.TOKEN "off")}}a:1{{else}}b:1{{/if}}'],
    ["one that a context leads to", "{{#with secrets as |all|}}-e T={{quote all.TOKEN}}{{/with}} redis:7"],
    ["one of all values", '-e T={{quote (lookup (lookup @root "secrets") "TOKEN")}} redis:7'],
    ["every value", "--label all={{quote (json this)}} redis:7"],
    ["one in a partial", "{{> deep/token}} redis:7"],
  ] as const)("must keep a template that reads %s", ([, line]) => {
    const template = `[Service]\nExecStart=/usr/bin/docker run ${line}\n`;
    const partial = { "templates/deep/token.hbs": "-e T={{lower secrets.TOKEN}}" };
    const baked = texts(bakedTree(ingredients({ "units/api.service.hbs": template, ...partial })));
    expect(baked["units/api.service.hbs"]).toBe(template);
    expect(baked["units/api.service"]).toBeUndefined();
    expect(baked["units/web.service"]).toBeDefined();
  });

  test("must render a template of which only the branch not taken reads a secret", () => {
    const template =
      "[Service]\nExecStart=/usr/bin/docker run {{#unless port}}{{secrets.TOKEN}}{{/unless}} a:1\n";
    const baked = texts(bakedTree(ingredients({ "units/api.service.hbs": template })));
    expect(baked["units/api.service"]).toContain("a:1");
  });

  test("must compile to the same system as what it was baked from", () => {
    const given = ingredients(needsSecret);
    const secrets = new Map([["TOKEN", "open sesame"]]);
    const nothing = new Map<string, string>();
    const compile = (tree: ManifestTree) => {
      const inputs = { variables: nothing, mountedValues: nothing, secrets };
      const { value } = compileDesiredState(tree, { id: "x" }, inputs, {
        allowMissingSecrets: false,
        hostName: "host",
      });
      return value?.workloads.map(({ key, container }) => [key, container]);
    };
    const baked = new Map([...bakedTree(given)].filter(([path]) => path !== lockFileName));
    expect(compile(baked)).toEqual(compile(given.written));
    expect(JSON.stringify(texts(baked))).not.toContain("sesame");
  });

  test("must say where it comes from in build arguments, never in the text of the Dockerfile", () => {
    const { context, identity } = bake(ingredients());
    expect(context.buildArgs).toMatchObject({
      REVISION: "3f2c1ab",
      BRANCH: "develop",
      BUILD: "112-develop",
      SUBJECT: 'Say "hello" $HOME',
    });
    expect(texts(context.files)["Dockerfile"]).toBe(
      `FROM mysysconfig:0.1.0\nCOPY config /config\nLABEL mysysconfig.baked=${identity}\n`,
    );
    expect([...context.files.keys()]).toContain("config/units/plain.service");
  });

  test("must be the same for the same ingredients, and another one for any other", () => {
    const given = ingredients();
    const { identity } = bake(given);
    expect(bake(ingredients()).identity).toBe(identity);
    const lock = {
      ...given.lock,
      images: new Map([["redis:7", { kind: "id", value: "sha256:2" } as const]]),
    };
    const others = [
      bake({ ...given, lock }),
      bake({ ...given, base: { ...given.base, id: "sha256:2" } }),
      bake({ ...given, revision: { ...given.revision, id: "9ab12cd" } }),
      bake(ingredients({ "units/README.md": "" })),
    ];
    expect(new Set([identity, ...others.map((baked) => baked.identity)]).size).toBe(5);
  });
});

test("images that a digest pins must not be asked for", () => {
  const pinned = `redis@sha256:${"1a".repeat(32)}`;
  const nothing = new Map<string, string>();
  const { value } = compileDesiredState(
    treeOf({
      "units/one.service": `[Service]\nExecStart=/usr/bin/docker run ${pinned}\n`,
      "units/two.service": "[Service]\nExecStart=/usr/bin/docker run redis:7\n",
      "units/three.service": "[Service]\nExecStart=/usr/bin/docker run redis:7\n",
    }),
    { id: "x" },
    { variables: nothing, mountedValues: nothing, secrets: nothing },
    { allowMissingSecrets: true, hostName: "host" },
  );
  if (value === undefined) throw new Error("it does not compile");
  expect(unlockedImages(value)).toEqual(["redis:7"]);
});
