import { describe, expect, test } from "vitest";
import { editErrorCode } from "../../../src/release/judge-tag.ts";
import { setImages } from "../../../src/release/set-images.ts";
import { describe as describeDiagnostic, edit, lineDiff, request, run, targetOf } from "./support.ts";

const digest = `sha256:${"a".repeat(64)}`;
const other = `sha256:${"b".repeat(64)}`;

interface Row {
  readonly what: string;
  readonly path: string;
  readonly text: string;
  readonly ask: string;
  readonly diff: string;
}

const rows: readonly Row[] = [
  {
    what: "a plain unit",
    path: "units/myservice.service",
    text: "[Service]\nExecStart=/usr/bin/docker run --name myservice -p 80:80 myrepo/myservice:57-develop serve --tag 57-develop\n",
    ask: "myservice=58-develop",
    diff: "-ExecStart=/usr/bin/docker run --name myservice -p 80:80 myrepo/myservice:57-develop serve --tag 57-develop\n+ExecStart=/usr/bin/docker run --name myservice -p 80:80 myrepo/myservice:58-develop serve --tag 57-develop",
  },
  {
    what: "a continued line with comments, quotes, CRLF and a byte order mark",
    path: "units/web.service",
    text: '\uFEFF[Service]\r\nExecStart=/usr/bin/docker run \\\r\n  # image: myrepo/web:57-develop\r\n  -e IMAGE=myrepo/web:57-develop \\\r\n\t"myrepo/web:57-develop" \\\r\n  serve\r\n',
    ask: "web=58-develop",
    diff: '-\t"myrepo/web:57-develop" \\\r\n+\t"myrepo/web:58-develop" \\\r',
  },
  {
    what: "the docker pull before it",
    path: "units/web.service",
    text: "[Service]\nExecStartPre=-/usr/bin/docker pull myrepo/web:57-develop\nExecStartPre=/usr/bin/docker pull --quiet 'myrepo/web:57-develop'\nExecStart=/usr/bin/docker run myrepo/web:57-develop\n",
    ask: "web=58-develop",
    diff: "-ExecStartPre=-/usr/bin/docker pull myrepo/web:57-develop\n+ExecStartPre=-/usr/bin/docker pull myrepo/web:58-develop\n-ExecStartPre=/usr/bin/docker pull --quiet 'myrepo/web:57-develop'\n+ExecStartPre=/usr/bin/docker pull --quiet 'myrepo/web:58-develop'\n-ExecStart=/usr/bin/docker run myrepo/web:57-develop\n+ExecStart=/usr/bin/docker run myrepo/web:58-develop",
  },
  {
    what: "a docker pull that writes the same image another way",
    path: "units/web.service",
    text: "[Service]\nExecStartPre=/usr/bin/docker pull docker.io/myrepo/web:57-develop\nExecStart=/usr/bin/docker run myrepo/web:57-develop\n",
    ask: "web=58-develop",
    diff: "-ExecStartPre=/usr/bin/docker pull docker.io/myrepo/web:57-develop\n+ExecStartPre=/usr/bin/docker pull docker.io/myrepo/web:58-develop\n-ExecStart=/usr/bin/docker run myrepo/web:57-develop\n+ExecStart=/usr/bin/docker run myrepo/web:58-develop",
  },
  {
    what: "an image without a tag",
    path: "units/web.service",
    text: '[Service]\nExecStart=/usr/bin/docker run "myrepo/web" x\n',
    ask: "web=58-develop",
    diff: '-ExecStart=/usr/bin/docker run "myrepo/web" x\n+ExecStart=/usr/bin/docker run "myrepo/web:58-develop" x',
  },
  {
    what: "a registry with a port",
    path: "units/web.service",
    text: run("registry.example.com:5000/a/web"),
    ask: "registry.example.com:5000/a/web=1.2.3",
    diff: "-ExecStart=/usr/bin/docker run registry.example.com:5000/a/web\n+ExecStart=/usr/bin/docker run registry.example.com:5000/a/web:1.2.3",
  },
  {
    what: "an image behind a digest, which goes with the old tag",
    path: "units/web.service",
    text: run(`myrepo/web:57-develop@${digest} x`),
    ask: "web=58-develop",
    diff: `-ExecStart=/usr/bin/docker run myrepo/web:57-develop@${digest} x\n+ExecStart=/usr/bin/docker run myrepo/web:58-develop x`,
  },
  {
    what: "a digest",
    path: "units/web.service",
    text: run(`myrepo/web:58-develop@${digest} x`),
    ask: `web=58-develop@${other}`,
    diff: `-ExecStart=/usr/bin/docker run myrepo/web:58-develop@${digest} x\n+ExecStart=/usr/bin/docker run myrepo/web:58-develop@${other} x`,
  },
  {
    what: "a service of a stack",
    path: "units/shop.compose.yaml",
    text: "# shop\nx-mode: &mode 0644\nservices:\n  db: {image: postgres:17}   # myrepo/api:41-develop\n  api:\n    image:   'myrepo/api:41-develop'  # the api\n    mode: *mode\n",
    ask: "shop/api=42-develop",
    diff: "-    image:   'myrepo/api:41-develop'  # the api\n+    image:   'myrepo/api:42-develop'  # the api",
  },
  {
    what: "a stack in a folder of its own, in JSON, with CRLF",
    path: "units/shop/compose.yaml",
    text: '{"services": {\r\n  "api": {"image": "myrepo/api:41-develop", "restart": "no"}}}\r\n',
    ask: "shop/api=42-develop",
    diff: '-  "api": {"image": "myrepo/api:41-develop", "restart": "no"}}}\r\n+  "api": {"image": "myrepo/api:42-develop", "restart": "no"}}}\r',
  },
  {
    what: "a folded block whose comment names the image as well",
    path: "units/shop.compose.yaml",
    text: "services:\n  api:\n    image: >- # myrepo/api:41-develop\n      myrepo/api:41-develop\n    restart: always\n",
    ask: "shop/api=42-develop",
    diff: "-      myrepo/api:41-develop\n+      myrepo/api:42-develop",
  },
  {
    what: "an image with an anchor that nothing uses",
    path: "units/shop.compose.yaml",
    text: "services:\n  api: &api\n    image: &image !!str myrepo/api:41-develop\n",
    ask: "shop/api=42-develop",
    diff: "-    image: &image !!str myrepo/api:41-develop\n+    image: &image !!str myrepo/api:42-develop",
  },
  {
    what: "a service that others merge without its image",
    path: "units/shop.compose.yaml",
    text: "services:\n  api: &api\n    image: myrepo/api:41-develop\n  worker:\n    <<: *api\n    image: myrepo/worker:7-develop\n",
    ask: "shop/api=42-develop",
    diff: "-    image: myrepo/api:41-develop\n+    image: myrepo/api:42-develop",
  },
  {
    what: "a tag behind a variable for the registry",
    path: "units/shop.compose.yaml",
    text: "services:\n  api:\n    image: ${REGISTRY:-myrepo}/api:41-develop\n",
    ask: "shop/api=42-develop",
    diff: "-    image: ${REGISTRY:-myrepo}/api:41-develop\n+    image: ${REGISTRY:-myrepo}/api:42-develop",
  },
  {
    what: "a template, in the branch that the environment takes",
    path: "units/web.service.hbs",
    text: '[Service]\nExecStart=/usr/bin/docker run -e E={{environment}} {{#if (eq environment "develop")}}myrepo/web:57-develop{{else}}myrepo/web:57-master{{/if}}\n',
    ask: "web=58-develop",
    diff: '-ExecStart=/usr/bin/docker run -e E={{environment}} {{#if (eq environment "develop")}}myrepo/web:57-develop{{else}}myrepo/web:57-master{{/if}}\n+ExecStart=/usr/bin/docker run -e E={{environment}} {{#if (eq environment "develop")}}myrepo/web:58-develop{{else}}myrepo/web:57-master{{/if}}',
  },
  {
    what: "a stack's template",
    path: "units/shop.compose.yaml.hbs",
    text: "services:\n{{! a comment }}\n  api:\n    container_name: {{environment}}-api\n    image: myrepo/api:41-develop\n",
    ask: "shop/api=42-develop",
    diff: "-    image: myrepo/api:41-develop\n+    image: myrepo/api:42-develop",
  },
];

describe("setting a tag", () => {
  test.for(rows)("must change $what and nothing else", ({ path, text, ask, diff }) => {
    const { files, said } = edit({ [path]: text }, [ask]);
    expect(said).toEqual([]);
    expect(Object.keys(files)).toEqual([path]);
    expect(lineDiff(text, files[path] ?? "")).toBe(diff);
  });

  test("must name the workload and the tag in the message, with the place in the change", () => {
    const target = targetOf({ "units/myservice.service": run("myrepo/myservice:57-develop") });
    const { value } = setImages(target, [request("myservice=58-develop")], { allowDowngrade: false });
    expect(value?.message).toBe("Updating myservice tag to '58-develop'");
    expect(value?.changes).toEqual([
      { key: "myservice", path: "units/myservice.service", line: 2, from: "57-develop", to: "58-develop" },
    ]);
  });

  test("must count several tags in the message and list them", () => {
    const files = { "units/a.service": run("myrepo/a:1-develop"), "units/b.service": run("myrepo/b") };
    const { message, files: changed } = edit(files, ["b=2-develop", `a=2-develop@${digest}`]);
    expect(message).toBe("Updating 2 tags\n\n* a tag to '2-develop'\n* b tag to '2-develop'");
    expect(changed["units/a.service"]).toContain(`myrepo/a:2-develop@${digest}`);
  });

  test("must change nothing when the tag is there already, whatever its digest is", () => {
    const files = { "units/a.service": run(`myrepo/a:2-develop@${digest}`) };
    const { value, diagnostics } = setImages(targetOf(files), [request("a=2-develop")], {
      allowDowngrade: false,
    });
    expect(diagnostics).toEqual([]);
    expect(value).toEqual({ files: new Map(), changes: [] });
  });

  test("must change every place of an image that is asked for by its name", () => {
    const files = {
      "units/a.service": run("myrepo/web:1-develop a"),
      "units/b.service": run("docker.io/myrepo/web:2-develop b"),
      "units/c.service": run("myrepo/other:1-develop"),
      "units/s.compose.yaml":
        "services:\n  x: {image: myrepo/web:1-develop}\n  y: {image: myrepo/web:1-develop}\n",
    };
    const { files: changed, said } = edit(files, ["myrepo/web=2-develop"]);
    expect(said).toEqual([]);
    expect(changed).toEqual({
      "units/a.service": run("myrepo/web:2-develop a"),
      "units/s.compose.yaml":
        "services:\n  x: {image: myrepo/web:2-develop}\n  y: {image: myrepo/web:2-develop}\n",
    });
  });

  test.for(["worker", "worker@1", "worker@2"])("must change the template unit for %s", (name) => {
    const files = {
      "mysysconfig.yaml": 'instances: {worker: [1, 2]}\nimages: {own: ["myrepo/*"]}\n',
      "units/worker@.service": run("-e N=%i myrepo/worker:7-develop"),
    };
    const { files: changed, message } = edit(files, [`${name}=8-develop`]);
    expect(changed).toEqual({ "units/worker@.service": run("-e N=%i myrepo/worker:8-develop") });
    expect(message).toBe("Updating worker tag to '8-develop'");
  });

  test("must follow a partial where all that include it are asked for", () => {
    const files = {
      "units/a.service.hbs": "[Service]\n  {{> run}}\n",
      "templates/run.hbs": "ExecStart=/usr/bin/docker run myrepo/web:1-develop {{environment}}\n",
    };
    expect(edit(files, ["a=2-develop"]).files).toEqual({
      "templates/run.hbs": "ExecStart=/usr/bin/docker run myrepo/web:2-develop {{environment}}\n",
    });
    const both = { ...files, "units/b.service.hbs": "[Service]\n{{> run}}\n" };
    expect(edit(both, ["a=2-develop"]).said).toEqual([
      'templates/run.hbs:1:31 shared-image editing the image of "a" here would change other places of units/b.service too | name all that share it in one command, or write the image where only one uses it',
    ]);
    expect(edit(both, ["a=2-develop", "b=2-develop"]).files).toEqual({
      "templates/run.hbs": "ExecStart=/usr/bin/docker run myrepo/web:2-develop {{environment}}\n",
    });
  });

  test.for([
    ["worker@1=8-develop", "worker@2=8-develop"],
    ["worker@1=8-develop", "worker=8-develop"],
    ["worker=8-develop", "myrepo/worker=8-develop", "worker=8-develop"],
  ])("must set a tag once that is asked for as %s", (asked) => {
    const files = {
      "mysysconfig.yaml": 'instances: {worker: [1, 2]}\nimages: {own: ["myrepo/*"]}\n',
      "units/worker@.service": run("-e N=%i myrepo/worker:7-develop"),
    };
    const { files: changed, message, said } = edit(files, asked);
    expect(said).toEqual([]);
    expect(changed).toEqual({ "units/worker@.service": run("-e N=%i myrepo/worker:8-develop") });
    expect(message).toBe("Updating worker tag to '8-develop'");
  });

  test("must tell a unit from the template unit of the same name", () => {
    const files = {
      "mysysconfig.yaml": "instances: {worker: [1]}\n",
      "units/worker.service": run("x:1"),
      "units/worker@.service": run("y:1"),
    };
    expect(Object.keys(edit(files, ["worker=2"]).files)).toEqual(["units/worker.service"]);
    expect(Object.keys(edit(files, ["worker@=2"]).files)).toEqual(["units/worker@.service"]);
  });

  test("must edit a loop of a template once for all that come from it, and name them all", () => {
    const files = {
      "mysysconfig.yaml": "values: {names: [api, job]}\n",
      "units/shop.compose.yaml.hbs": "services:\n{{#each names}}\n  {{this}}: {image: 'x:1'}\n{{/each}}\n",
    };
    const { files: changed, message } = edit(files, ["x=2"]);
    expect(changed["units/shop.compose.yaml.hbs"]).toContain("{image: 'x:2'}");
    expect(message).toBe("Updating 2 tags\n\n* shop/api tag to '2'\n* shop/job tag to '2'");
  });

  test("must work although another file has mistakes", () => {
    const files = {
      "units/a.service": run("x:1"),
      "units/b.service.hbs": "{{nope}}\n",
      "units/c.service": "",
    };
    expect(edit(files, ["a=2"]).files).toEqual({ "units/a.service": run("x:2") });
    expect(edit(files, ["hidden=2"]).said).toEqual([
      'units/:1:1 unknown-name no workload and no image is called "hidden" | it may stand in a file that has mistakes',
      'units/b.service.hbs:1:3 missing-value "nope" has no value | set it under values: in mysysconfig.yaml, or write {{default nope "…"}}',
      "units/c.service:1:1 missing-exec-start the unit has no ExecStart= | write [Service] with ExecStart=/usr/bin/docker run --name … image:tag",
    ]);
  });

  test("must work for a master build in the environment of master", () => {
    const target = targetOf({ "units/a.service": run("myrepo/a:1-master") }, "master");
    expect(setImages(target, [request("a=2-master")], { allowDowngrade: false }).value?.message).toBe(
      "Updating a tag to '2-master'",
    );
  });
});

const compose = (image: string, more = "") => `services:\n  api:\n    ${image}\n${more}`;
const unit = "units/web.service";
const stack = "units/shop.compose.yaml";
const refusals: readonly (Omit<Row, "diff" | "what"> & { readonly said: string })[] = [
  {
    path: unit,
    text: run("myrepo/web:57-develop"),
    ask: "wbe=58-develop",
    said: 'units/web.service:2:31 unknown-name no workload and no image is called "wbe" | did you mean "web"?',
  },
  {
    path: unit,
    text: run("myrepo/web:57-develop"),
    ask: "completely-else=58-develop",
    said: 'units/:1:1 unknown-name no workload and no image is called "completely-else" | there are: web',
  },
  {
    path: unit,
    text: run("myrepo/web:57-develop"),
    ask: "web=58/develop",
    said: 'units/web.service:2:31 invalid-tag "58/develop" is no tag | write a tag such as 58-develop, and a digest as sha256:…',
  },
  {
    path: unit,
    text: run("myrepo/web:57-develop"),
    ask: "web=58-develop@sha256:x",
    said: 'units/web.service:2:31 invalid-tag "sha256:x" is no digest | write a tag such as 58-develop, and a digest as sha256:…',
  },
  {
    path: unit,
    text: run("myrepo/web:57-develop"),
    ask: "web=58-master",
    said: 'units/web.service:2:31 image-refused image "myrepo/web:58-master" is a build of branch "master", but this environment runs "develop" | use a build that ends in -develop',
  },
  {
    path: unit,
    text: run("myrepo/web:57-develop"),
    ask: "web=latest",
    said: 'units/web.service:2:31 image-refused own image "myrepo/web:latest" has no build tag | write myrepo/web:<build number>-develop; "latest" would not say what runs',
  },
  {
    path: unit,
    text: run("myrepo/web:100-develop"),
    ask: "web=99-develop",
    said: 'units/web.service:2:31 downgrade "99-develop" is older than "100-develop", which "web" has | ask for it explicitly if going back is meant',
  },
  {
    path: unit,
    text: "[Service]\nEnvironment=TAG=57-develop\nExecStart=/usr/bin/docker run myrepo/web:${TAG}\n",
    ask: "web=58-develop",
    said: 'units/web.service:3:31 variable-tag the tag of "myrepo/web:57-develop" comes from a variable, which is not edited | write the tag itself here, or set the variable where it is declared',
  },
  {
    path: unit,
    text: run("myrepo/web:${TAG}"),
    ask: "web=58-develop",
    said: 'units/web.service:2:31 variable-tag the tag of "myrepo/web:${TAG}" comes from a variable, which is not edited | write the tag itself here, or set the variable where it is declared',
  },
  {
    path: "units/worker@57.service",
    text: run("myrepo/web:%i-develop"),
    ask: "worker@57=58-develop",
    said: 'units/worker@57.service:2:31 variable-tag the tag of "myrepo/web:57-develop" comes from a variable, which is not edited | write the tag itself here, or set the variable where it is declared',
  },
  {
    path: "units/web.service.hbs",
    text: run("myrepo/web:{{concat '57-' environment}}"),
    ask: "web=58-develop",
    said: "units/web.service.hbs:2:42 templated-tag the tag of the image comes from an expression of the template, which is not edited | write the tag itself into the template, or change the value where it is set",
  },
  {
    path: "units/web.service.hbs",
    text: run("myrepo/web:57-{{environment}}"),
    ask: "web=58-develop",
    said: "units/web.service.hbs:2:42 templated-tag the tag of the image comes from an expression of the template, which is not edited | write the tag itself into the template, or change the value where it is set",
  },
  {
    path: stack,
    text: compose("image: myrepo/api:${TAG:-41-develop}"),
    ask: "shop/api=42-develop",
    said: 'units/shop.compose.yaml:3:12 variable-tag the tag of "myrepo/api:${TAG:-41-develop}" comes from a variable, which is not edited | write the tag itself here, or set the variable where it is declared',
  },
  {
    path: stack,
    text: compose("image: myrepo/api:${TAG}"),
    ask: "shop/api=42-develop",
    said: 'units/shop.compose.yaml:3:12 variable-tag the tag of "myrepo/api:${TAG}" comes from a variable, which is not edited | write the tag itself here, or set the variable where it is declared',
  },
  {
    path: stack,
    text: compose("image: myrepo/${NAME:-api}"),
    ask: "shop/api=42-develop",
    said: 'units/shop.compose.yaml:3:12 variable-tag the tag of "myrepo/${NAME:-api}" comes from a variable, which is not edited | write the tag itself here, or set the variable where it is declared',
  },
  {
    path: stack,
    text: compose("image: *img", "x-image: &other a\n").replace(/^/, "x-img: &img myrepo/api:41-develop\n"),
    ask: "shop/api=42-develop",
    said: 'units/shop.compose.yaml:4:12 shared-image the image comes from the anchor "img", so that editing it would change others too | write the image into the service itself, or edit the anchor by hand',
  },
  {
    path: stack,
    text: compose("<<: [*none, *base]").replace(
      /^/,
      "x-none: &none {init: true}\nx-base: &base {image: myrepo/api:41-develop}\n",
    ),
    ask: "shop/api=42-develop",
    said: 'units/shop.compose.yaml:5:9 shared-image the image comes from the anchor "none" or "base", so that editing it would change others too | write the image into the service itself, or edit the anchor by hand',
  },
  {
    path: stack,
    text: compose("image: &img myrepo/api:41-develop", "  job:\n    image: *img\n"),
    ask: "shop/api=42-develop",
    said: 'units/shop.compose.yaml:3:17 shared-image the image of "shop/api" is part of the anchor "img", so that editing it would change services.job.image too | write an image of their own where the anchor is used, or edit the file by hand',
  },
  {
    path: stack,
    text: "services:\n  api: &api\n    image: myrepo/api:41-develop\n  job:\n    <<: *api\n",
    ask: "shop/api=42-develop",
    said: 'units/shop.compose.yaml:3:12 shared-image the image of "shop/api" is part of the anchor "api", so that editing it would change services.job.image too | write an image of their own where the anchor is used, or edit the file by hand',
  },
  {
    path: stack,
    text: compose('image: "myrepo/api:\\x34\\x31-develop"'),
    ask: "shop/api=42-develop",
    said: "units/shop.compose.yaml:3:12 unusual-image the image is not written in one piece | write it on one line without escapes: image: myrepo/web:58-develop",
  },
  {
    path: stack,
    text: compose("image: |\n      myrepo/api:41-develop"),
    ask: "shop/api=42-develop",
    said: 'units/shop.compose.yaml:3:12 invalid-image image "myrepo/api:41-develop\n" is not a valid reference | write name:tag, for example myrepo/web:58-develop',
  },
  {
    path: "units/shop.compose.yaml.hbs",
    text: "services:\n{{#each (lookup this 'names')}}\n  {{this}}: {image: myrepo/api:41-develop}\n{{/each}}\n",
    ask: "shop/api=42-develop",
    said: 'units/shop.compose.yaml.hbs:3:21 shared-image editing the image of "shop/api" here would change other places of units/shop.compose.yaml too | name all that share it in one command, or write the image where only one uses it',
  },
  {
    path: "mysysconfig.yaml",
    text: "projekt: a\n",
    ask: "a=1-develop",
    said: 'mysysconfig.yaml:1:1 unknown-key unknown key "projekt" | did you mean "project"?',
  },
];

describe("a tag", () => {
  test.for(refusals)("must not be set by $ask in $text", ({ path, text, ask, said }) => {
    const values = "values: {names: [api, job]}\nimages: {own: [myrepo/*]}\n";
    const { files, said: found } = edit({ "mysysconfig.yaml": values, [path]: text }, [ask]);
    expect(found[0]).toBe(said);
    expect(files).toEqual({});
  });

  test("must not be set for a service of a stack that cannot be read, which says why", () => {
    const { said } = edit({ [stack]: "services:\n  api: {image: [\n" }, ["shop/api=1-develop"]);
    expect(said[0]).toContain("unknown-name");
    expect(said.some((line) => line.startsWith(`${stack}:`) && line.includes(" yaml "))).toBe(true);
  });

  test("must not lead around the order of builds by a tag that is none", () => {
    const { said, files } = edit({ [unit]: run("myrepo/web:59-develop") }, ["web=develop"]);
    expect(files).toEqual({});
    expect(said).toEqual([
      'units/web.service:2:31 image-refused own image "myrepo/web:develop" has a tag that is no build tag | write myrepo/web:<build number>-develop, or say under images.policies how the tags of myrepo/web move',
    ]);
  });

  test.for([
    ["web=58-develop", "web=59-develop"],
    ["web=59-develop", "web=58-develop"],
  ])("must not contradict another one, although one of them is there already: %s", (asked) => {
    const { said, files } = edit({ [unit]: run("myrepo/web:58-develop") }, asked);
    expect(files).toEqual({});
    expect(said).toEqual([expect.stringMatching(/ contradiction "web" is to have both .* \| ask for one$/)]);
  });

  test("must not be set in a file that is not UTF-8, which is pointed at", () => {
    const target = targetOf({ [unit]: "" });
    const latin = Uint8Array.from(`${run("myrepo/web:57-develop")}# caf\xe9\n`, (letter) =>
      letter.charCodeAt(0),
    );
    const tree = new Map([...target.tree, [unit, { path: unit, content: latin, executable: false }]]);
    const { value, diagnostics } = setImages({ ...target, tree }, [request("web=58-develop")], {
      allowDowngrade: false,
    });
    expect(value).toBeUndefined();
    expect(diagnostics.map(describeDiagnostic)).toEqual([
      "units/web.service:3:1 not-text the file is not UTF-8 text | save it as UTF-8",
    ]);
    expect(editErrorCode(diagnostics)).toBe("configuration-invalid");
  });

  test("may go back when that is asked for", () => {
    const files = { [unit]: run("myrepo/web:100-develop") };
    expect(edit(files, ["web=99-develop"], true).files).toEqual({ [unit]: run("myrepo/web:99-develop") });
  });

  test.for([
    ["postgres:16-alpine", "2-alpine"],
    ["vendor/web:100-develop", "99-develop"],
  ] as const)("of somebody else must not be taken for a build: %s to %s", ([from, to]) => {
    const { said, files } = edit({ [unit]: run(from) }, [`web=${to}`]);
    expect(said).toEqual([]);
    expect(files).toEqual({ [unit]: run(from.replace(/:.*/, `:${to}`)) });
  });

  test("of somebody else must not go back to an older version", () => {
    expect(edit({ [unit]: run("vendor/web:1.10.0") }, ["web=1.9.0"]).said[0]).toContain(" downgrade ");
  });

  test("must not move away from a pin", () => {
    const pinned = 'images: {own: ["myrepo/*"], policies: {myrepo/web: {pinned: 57-develop}}}\n';
    const files = { "mysysconfig.yaml": pinned, [unit]: run("myrepo/web:56-develop") };
    expect(edit(files, ["web=58-develop"]).said).toEqual([
      'units/web.service:2:31 pinned-image image "myrepo/web" is pinned to "57-develop" | change images.policies in mysysconfig.yaml first',
    ]);
    expect(edit(files, ["web=57-develop"]).files).toEqual({ [unit]: run("myrepo/web:57-develop") });
  });

  test("must not be two tags, and all mistakes must come at once", () => {
    const files = { [unit]: run("myrepo/web:1-develop"), "units/b.service": run("myrepo/b:9-develop") };
    expect(edit(files, ["web=2-develop", "myrepo/web=3-develop", "b=8-develop", "c=1-develop"]).said).toEqual(
      [
        'units/b.service:2:31 downgrade "8-develop" is older than "9-develop", which "b" has | ask for it explicitly if going back is meant',
        'units/b.service:2:31 unknown-name no workload and no image is called "c" | did you mean "b"?',
        'units/web.service:2:31 contradiction "web" is to have both "2-develop" and "3-develop" | ask for one',
      ],
    );
  });

  test("must not show a secret that stands in an image", () => {
    const target = targetOf({
      "mysysconfig.yaml": "secrets: [HOST]\n",
      "units/s.compose.yaml": "services:\n  a:\n    image: x/$HOST!\n",
    });
    const inputs = { ...target.inputs, secrets: new Map([["HOST", "hunter2"]]) };
    const { diagnostics } = setImages({ ...target, inputs }, [request("s/a=1")], { allowDowngrade: false });
    expect(diagnostics.map(({ message }) => message)).toEqual(['image "x/***!" is not a valid reference']);
  });
});

test("a refused downgrade alone must be no invalid configuration", () => {
  const target = targetOf({
    [unit]: run("myrepo/web:9-develop"),
    "units/b.service": run("myrepo/b:9-develop"),
  });
  const codeOf = (...asked: string[]) =>
    editErrorCode(setImages(target, asked.map(request), { allowDowngrade: false }).diagnostics);
  expect(codeOf("web=8-develop", "b=8-develop")).toBe("downgrade");
  expect(codeOf("web=8-develop", "b=10-master")).toBe("configuration-invalid");
});
