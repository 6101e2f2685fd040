import fc from "fast-check";
import { describe, test } from "vitest";
import { compileCompose } from "../../../src/compose/compile-compose.ts";
import { parseEnvFile } from "../../../src/compose/env-file.ts";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { context } from "../compose/support.ts";
import {
  anyText,
  expectSame,
  expectSound,
  expectSoundFindings,
  mutated,
  patience,
  runs,
  soup,
} from "./support.ts";
import { composeWords, envFileWords, textsOf } from "./vocabulary.ts";

const path = "units/shop.compose.yaml";
const files = { "units/b": "A=1\n", "units/other.yaml": "services:\n  db:\n    image: busybox:1\n" };
const world = context({ files, variables: { A: "1" } });
const fullStack = `x-shared: &shared
  restart: always
  logging: {driver: json-file, options: {max-size: 10m}}
include: [other.yaml]
services:
  web:
    <<: *shared
    image: busybox:\${TAG:-1}
    command: ["serve", "--port", "80"]
    environment: {A: "\${A}", B: two words}
    ports: ["8080:80", {target: 443, published: "8443", protocol: tcp}]
    volumes: [data:/data:ro, {type: tmpfs, target: /tmp, tmpfs: {size: 1g}}]
    healthcheck: {test: [CMD, "true"], interval: 1m30s}
    depends_on: {db: {condition: service_started}}
    deploy: {replicas: 1, resources: {limits: {memory: 64m, cpus: "0.5"}}}
    configs: [{source: a, target: /a, mode: 0440}]
  api: {extends: {service: web}, command: !reset null}
networks: {front: {driver: bridge}}
volumes: {data: {}}
configs: {a: {content: "x"}}
`;
const stacks = [fullStack, ...textsOf(/compose\.yaml$/)];

function check(text: string): void {
  expectSound(
    expectSame(() => compileCompose(path, text, "shop", world)),
    { ...files, [path]: text },
  );
}

describe("stacks", () => {
  test(
    "must be read or refused, whatever the text",
    () => {
      fc.assert(fc.property(anyText(200), check), runs(100));
    },
    patience,
  );

  test(
    "must be read or refused when they are made of their own words",
    () => {
      fc.assert(
        fc.property(soup(composeWords, 40), (text) => check(text)),
        runs(250),
      );
      fc.assert(
        fc.property(soup(composeWords, 15), (text) =>
          check(`services:\n  web:\n    image: a:1\n    ${text}`),
        ),
        runs(250),
      );
    },
    patience,
  );

  test(
    "must be read or refused when a sound one is changed at a few places",
    () => {
      fc.assert(fc.property(mutated(stacks, composeWords), check), runs(300));
    },
    patience,
  );

  test(
    "must be read or refused with any environment file",
    () => {
      fc.assert(
        fc.property(fc.oneof(soup(envFileWords, 20), anyText(80)), (text) => {
          const sink = new DiagnosticSink();
          parseEnvFile({ path, text, format: "compose", variables: new Map([["A", "1"]]) }, sink);
          expectSoundFindings(sink.diagnostics, { [path]: text });
        }),
        runs(250),
      );
    },
    patience,
  );
});
