import { describe, expect, test } from "vitest";
import { compileCompose } from "../../../src/compose/compile-compose.ts";
import { hasErrors } from "../../../src/lib/diagnostic.ts";
import type { CompiledManifest } from "../../../src/model/compile.ts";
import { context, describe as describeAll, path, type World } from "./support.ts";

const overridePath = "units/shop.compose.override.yaml";

function compileFiles(main: string, override: string | undefined, world: World = {}) {
  const files = { ...world.files, ...(override === undefined ? {} : { [overridePath]: override }) };
  const overrides = override === undefined ? [] : [overridePath];
  const { value, diagnostics } = compileCompose(path, main, "shop", context({ ...world, files }), overrides);
  return { value, said: describeAll(diagnostics), isBroken: hasErrors(diagnostics) };
}

function manifest(main: string, override?: string, world: World = {}): CompiledManifest {
  const { value, said } = compileFiles(main, override, world);
  if (!value) throw new Error(said.join("\n"));
  return value;
}

function said(main: string, override?: string, world: World = {}): string[] {
  return compileFiles(main, override, world).said;
}

const web = "services:\n  web: {image: a:1}\n";

describe("a file that is laid over another", () => {
  test("must tell mistakes where they are written, in either file", () => {
    expect(
      said("services:\n  web: {image: a:1, hostnam: x}\n", "services:\n  web:\n    ports: [x]\n"),
    ).toEqual([
      `${overridePath}:3:13 error bad-port: port "x" is not valid: container port "x" is no number or range | write "8080:80" or "127.0.0.1:8080:80/tcp"`,
      '2:21 error unknown-key: unknown key "hostnam" in services.web | did you mean "hostname"?',
    ]);
  });

  test("must say where the other is when the two have not the same form", () => {
    expect(said(`${web}`, "services:\n  web: [a]\n")[0]).toBe(
      `${overridePath}:2:8 error cannot-merge: services.web is a list, but a mapping at ${path}:2, which it is laid over | write it in the same form, or !override in front of it to replace the other`,
    );
  });

  test("must give what it changes its own place", () => {
    const { workloads } = manifest(web, "services:\n  web:\n    image: b:2\n    hostname: h\n");
    expect(workloads[0]?.container).toMatchObject({ image: "b:2", hostname: "h" });
    expect(workloads[0]?.positions["image"]).toMatchObject({ file: overridePath, line: 3 });
    expect(workloads[0]?.origin).toMatchObject({ file: overridePath, line: 2 });
  });

  test("must not be empty in silence", () => {
    expect(said(web, "# nothing\n")).toEqual([
      `${overridePath}:1:1 warning empty-file: the file is empty | write services:, or delete the file`,
    ]);
  });

  test.for([
    ["services: {web: {command: !reset x, init: !reset true}}", {}],
    ["services: {web: {command: !override [c]}}", { command: ["c"] }],
    ["services: {web: {init: !override true}}", { init: true }],
  ] as const)("must obey %s", ([override, fields]) => {
    const { workloads } = manifest("services:\n  web: {image: a:1, command: [a]}\n", override);
    const { command, init } = { command: undefined, init: undefined, ...workloads[0]?.container };
    const wanted = override.includes("command") ? {} : { command: ["a"] };
    expect({ command, init }).toEqual({ command: undefined, init: undefined, ...wanted, ...fields });
  });

  test("must not know other tags", () => {
    expect(said(web, "services: {web: {command: !other x}}")).toEqual([
      `${overridePath}:1:27 error yaml: Unresolved tag: !other | see https://yaml.org/spec/1.2.2/`,
    ]);
  });
});

describe("extends", () => {
  const extending = (keys: string) => `services:\n  web:\n    extends: ${keys}\n`;
  const part = { files: { "units/part.yaml": "services:\n  b: {image: b:1}\n" } };

  test.for([
    [extending("nobody"), '3:14 error undefined-service: service "web" extends "nobody"'],
    [extending("{service: c, file: part.yaml}"), '3:24 error undefined-service: service "web" extends "c"'],
    [extending("{service: b, file: none.yaml}"), "3:33 error missing-file"],
    [extending("{service: b, file: ../../up.yaml}"), '3:33 error outside-repository: "../../up.yaml" leaves'],
    [extending("{service: b, file: /etc/up.yaml}"), "3:33 error host-file"],
    [extending("{service: b, file: 'https://x.example/a.yaml'}"), "3:33 error remote-file"],
    [extending("{service: b, file: 'git@x.example:a'}"), "3:33 error remote-file"],
    [extending("{file: part.yaml}"), "3:14 error missing-key"],
    [extending("[a]"), "3:14 error wrong-type"],
    [extending("web"), "3:14 error extends-cycle"],
  ] as const)("must refuse %j once, at its place", ([text, start]) => {
    const list = said(text, undefined, part);
    expect(list).toHaveLength(1);
    expect(list[0]).toContain(start);
  });

  test("must name the whole circle", () => {
    const files = {
      "units/part.yaml": "services:\n  b: {extends: {service: web, file: shop.compose.yaml}}\n",
      [path]: extending("{service: b, file: part.yaml}"),
    };
    const [first] = said(extending("{service: b, file: part.yaml}"), undefined, { files });
    expect(first).toContain(`"web" in ${path} extends "b" in units/part.yaml extends "web" in ${path}`);
  });

  test("must name some of very many services, not all", () => {
    const names = Array.from({ length: 600 }, (_, index) => `  s${index}: {image: a:1}\n`).join("");
    const [first] = said(`services:\n  web: {extends: nobody}\n${names}`);
    expect(first).toContain("s17, s18, 581 more");
    expect(first?.length).toBeLessThan(400);
  });

  test("may be of one file as often as there are services", () => {
    const names = Array.from({ length: 600 }, (_, index) => `s${index}`);
    const text = names.map((name) => `  ${name}: {extends: {service: b, file: part.yaml}}\n`).join("");
    expect(manifest(`services:\n${text}`, undefined, part).workloads).toHaveLength(600);
  });

  test("must tell mistakes of the other file in that file, and read no more of it than needed", () => {
    const files = {
      "units/part.yaml": "services:\n  b: {image: b:1, prts: []}\n  c: {image: '${NOT_SET}'}\n",
    };
    expect(said(extending("{service: b, file: part.yaml}"), undefined, { files })).toEqual([
      'units/part.yaml:2:19 error unknown-key: unknown key "prts" in services.web | did you mean "ports"?',
    ]);
  });
});

describe("include", () => {
  const including = "include: [part.yaml]\nservices:\n  web: {image: a:1}\n";

  test.for([
    ["none.yaml", "1:11 error missing-file"],
    ["../../up.yaml", "1:11 error outside-repository"],
    ["/etc/x.yaml", "1:11 error host-file"],
    ["parts", '1:11 error not-a-file: "parts" is a folder'],
    ["oci://x.example/y", "1:11 error remote-file"],
    ["{path: part.yaml, project_directory: ../../..}", "1:48 error outside-repository"],
    ["{path: part.yaml, env_file: ../../../.env}", "1:39 error outside-repository"],
    ["{path: part.yaml, env_fil: x}", "1:29 error unknown-key"],
    ["{env_file: x}", "1:11 error missing-key"],
  ] as const)("must refuse %s at its place", ([item, start]) => {
    const files = { "units/part.yaml": web.replace("web", "x"), "units/parts/a": "" };
    const list = said(`include: [${item}]\nservices:\n  web: {image: a:1}\n`, undefined, { files });
    expect(list.find((line) => line.includes(" error "))).toContain(start);
  });

  test("must keep files of the repository inside it", () => {
    const files = { "units/part.yaml": "services: {x: {image: a:1, env_file: ../../e.env}}\n" };
    expect(said(including, undefined, { files })).toEqual([
      expect.stringContaining("units/part.yaml:1:38 error outside-repository"),
    ]);
  });

  test("must tell every unknown key of what is included", () => {
    const files = { "units/part.yaml": "servces: {}\nservices: {x: {image: a:1}}\n" };
    expect(said(including, undefined, { files })).toEqual([
      'units/part.yaml:1:1 error unknown-key: unknown key "servces" | did you mean "services"?',
    ]);
  });

  test("must use what was read, so that it is no unused file", () => {
    const files = {
      "units/part.yaml": "services: {x: {image: 'a:${TAG}', env_file: e.env}}\n",
      "units/e.env": "A=1\n",
      "units/.env": "TAG=1\n",
    };
    expect(manifest(including, undefined, { files }).usedPaths).toEqual([
      "units/.env",
      "units/e.env",
      "units/part.yaml",
    ]);
  });

  test("must not grow without bounds", () => {
    const names = Array.from({ length: 12 }, (_, index) => `p${index}.yaml`);
    const files = Object.fromEntries(
      names.map((name, index) => [
        `units/${name}`,
        index === names.length - 1
          ? "services: {x: {image: a:1}}\n"
          : `include: [${names[index + 1]}, ${names[index + 1]}, ${names[index + 1]}]\n`,
      ]),
    );
    const list = said("include: [p0.yaml]\n", undefined, { files });
    expect(list.some((line) => line.includes("error too-many-files"))).toBe(true);
  });
});

describe("variables of a stack", () => {
  test("must have defaults in .env beside the main file, and the settings win", () => {
    const text = "services:\n  web: {image: 'a:${TAG}', command: ['${B}', '${COMPOSE_PROJECT_NAME}']}\n";
    const files = { "units/.env": "TAG=1\nB=${TAG}2\n" };
    const container = (variables: Record<string, string>) =>
      manifest(text, undefined, { files, variables }).workloads[0]?.container;
    expect(container({})).toMatchObject({ image: "a:1", command: ["12", "shop"] });
    expect(container({ TAG: "9" })).toMatchObject({ image: "a:9", command: ["92", "shop"] });
  });

  test("must tell mistakes in .env at their place", () => {
    expect(said(web, undefined, { files: { "units/.env": "A=1\n=x\n" } })).toEqual([
      'units/.env:2:1 error bad-env-file: "" is no variable name | write NAME=value, one a line',
    ]);
  });

  test.for([
    ["COMPOSE_FILE=compose.yaml:prod.yaml", "unsupported-value: COMPOSE_FILE in .env is not supported"],
    ["export COMPOSE_ENV_FILES=a.env", "unsupported-value: COMPOSE_ENV_FILES in .env is not supported"],
    ["DOCKER_DEFAULT_PLATFORM: linux/arm64", "unsupported-value: DOCKER_DEFAULT_PLATFORM in .env"],
    ["COMPOSE_PROJECT_NAME=other", 'stack-name: COMPOSE_PROJECT_NAME "other" differs from the stack'],
  ] as const)("must not ignore what .env says to docker compose: %s", ([line, words]) => {
    const list = said(web, undefined, { files: { "units/.env": `A=1\n${line}\n` } });
    expect(list).toEqual([expect.stringContaining(`units/.env:2:1 error ${words}`)]);
  });

  test("may say in .env what is so anyway", () => {
    const env = "COMPOSE_PROJECT_NAME=shop\nCOMPOSE_FILE=\nCOMPOSE_PROFILES=\n";
    expect(said(web, undefined, { files: { "units/.env": env } })).toEqual([]);
  });

  test("must enable profiles, and then not mention the others", () => {
    const text = "services:\n  a: {image: a:1, profiles: [x]}\n  b: {image: b:1, profiles: [y]}\n";
    const enabled = (profiles: string) => {
      const { value, said: list } = compileFiles(text, undefined, {
        variables: { COMPOSE_PROFILES: profiles },
      });
      expect(list).toEqual([]);
      return value?.workloads.map(({ key }) => key);
    };
    expect(enabled("x")).toEqual(["shop/a"]);
    expect(enabled("x, y")).toEqual(["shop/a", "shop/b"]);
    expect(enabled("*")).toEqual(["shop/a", "shop/b"]);
    expect(enabled("")).toEqual([]);
  });
});
