import { describe, expect, test } from "vitest";
import { composeKeyReference } from "../../../src/compose/key-reference.ts";
import { serviceKeys } from "../../../src/compose/service-keys.ts";
import { serviceCorpus } from "./service-corpus.ts";
import { compile, errors, findings, serviceFile, workloadOf } from "./support.ts";

const cases = Object.entries(serviceCorpus).flatMap(([key, list]) => list.map((item) => ({ key, ...item })));
const supported = Object.keys(serviceKeys).filter((key) => "read" in (serviceKeys[key] ?? {}));
const refused = Object.keys(serviceKeys).filter((key) => !supported.includes(key));

describe("keys of a service", () => {
  test("must all be in the corpus", () => {
    expect(Object.keys(serviceCorpus).sort()).toEqual(supported.sort());
  });

  test.for(cases)("must compile $yaml", ({ yaml, container = {}, absent = [], workload = {}, ...world }) => {
    const web = workloadOf(yaml, world);
    expect(web.container).toMatchObject(container);
    expect(web).toMatchObject(workload);
    for (const name of absent) expect(web.container).not.toHaveProperty(name);
  });

  test.for(refused)("must refuse %s at its place and say what to write", (key) => {
    const list = errors(serviceFile(`${key}: {a: b}`));
    expect(list).toHaveLength(1);
    expect(list[0]).toMatch(
      new RegExp(`^4:5 error unsupported-key: services\\.web\\.${key} is not supported: .+ \\| .+`),
    );
  });

  test("must report every key of every table that is not known, with the nearest one", () => {
    const list = errors(serviceFile("imagee: x\nenviroment: {}\nqqqqqq: 1\ndeploy: {replica: 1}"));
    expect(list).toEqual([
      '4:5 error unknown-key: unknown key "imagee" in services.web | did you mean "image"?',
      '5:5 error unknown-key: unknown key "enviroment" in services.web | did you mean "environment"?',
      '6:5 error unknown-key: unknown key "qqqqqq" in services.web | x-… keys are free for your own use',
      '7:14 error unknown-key: unknown key "replica" in services.web.deploy | did you mean "replicas"?',
    ]);
  });

  test("must accept x- keys wherever the specification does", () => {
    const keys = `x-a: 1
healthcheck: {x-a: 1, disable: true}
deploy: {x-a: 1, resources: {x-a: 1, limits: {x-a: 1}}, update_config: {x-a: 1}}
logging: {x-a: 1}
ports: [{target: 1, x-a: 1}]
networks: {default: {x-a: 1}}`;
    expect(
      findings(`x-top: 1\n${serviceFile(keys, "volumes: {v: {x-a: 1}}\nnetworks: {n: {x-a: 1}}")}`),
    ).toEqual([]);
  });

  test("must give each declared field the place of its value, and the service that of its key", () => {
    const web = workloadOf(
      "image: a:1\nmem_limit: 1g\nports:\n  - 80:80\nenvironment: {A: 1}\nvolumes: [/x]\nnetwork_mode: bridge\nrestart: always",
    );
    const at = (line: number, column: number) =>
      expect.objectContaining({ file: "units/shop.compose.yaml", line, column });
    expect(web.origin).toMatchObject({ line: 2, column: 3 });
    expect(web.positions).toEqual({
      image: at(3, 12),
      memory: at(4, 16),
      ports: at(6, 7),
      environment: at(7, 18),
      mounts: at(8, 14),
      "mounts./x": at(8, 15),
      network: at(9, 19),
      restart: at(10, 14),
    });
  });

  test("must leave undeclared what is not declared", () => {
    const { container } = workloadOf("image: a:1");
    expect(container).toEqual({
      image: "a:1",
      environment: {},
      labels: {},
      restart: { name: "no" },
      ports: [],
      expose: [],
      mounts: [],
      network: { kind: "networks", attachments: [{ network: "shop_default", aliases: ["web"] }] },
    });
  });
});

describe("the reference of keys", () => {
  const reference = composeKeyReference();

  test("must describe every key, and say for refused ones what to write", () => {
    for (const keys of reference.values()) {
      for (const { doc, supported: isSupported, hint } of keys) {
        expect(doc).not.toBe("");
        expect(isSupported || (hint ?? "") !== "").toBe(true);
      }
    }
    expect(reference.size).toBeGreaterThan(20);
  });

  test("must refuse what nested tables refuse", () => {
    const yaml = "deploy: {resources: {reservations: {pids: 1}}}";
    expect(errors(serviceFile(yaml))).toEqual([
      "4:41 error unsupported-key: services.web.deploy.resources.reservations.pids is not supported: processes are limited, never kept | write it under limits",
    ]);
  });

  test("must know every refused key of the sections", () => {
    const sections = { "networks.*": "networks", "configs.*": "configs", "secrets.*": "secrets" } as const;
    for (const [place, section] of Object.entries(sections)) {
      for (const { key, supported: isSupported } of reference.get(place) ?? []) {
        if (isSupported) continue;
        const { diagnostics } = compile(`services: {a: {image: b:1}}\n${section}: {r: {${key}: {}}}\n`);
        expect(diagnostics.map(({ code }) => code)).toContain("unsupported-key");
      }
    }
  });
});
