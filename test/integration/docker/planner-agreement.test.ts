import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { fingerprint } from "../../../src/model/fingerprint.ts";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import { diffContainer } from "../../../src/plan/diff.ts";
import { engineDefaultsSet } from "../../../src/plan/fields.ts";
import { type Lab, never, openLab } from "./lab.ts";
import { type Row, rows } from "./rows.ts";

let lab: Lab;
const rich = "mysysconfig-test/pl-rich:1-develop";
const bare = "mysysconfig-test/pl:1-develop";

beforeAll(async () => {
  lab = await openLab("pl");
  await lab.behind.deriveImage(lab.image, "mysysconfig-test/pl-rich", "1-develop", [
    'CMD ["/bin/sleep", "1000"]',
    "ENV FROM_IMAGE=yes LEVEL=image",
    "LABEL org.example.kept=yes",
    "EXPOSE 8080",
    "VOLUME /image-data",
    "USER 65534",
    "WORKDIR /tmp",
    'HEALTHCHECK --interval=5s --timeout=2s --retries=4 CMD ["/bin/true"]',
  ]);
  const subnets = { "rt-front": "10.125.1.0/24", "rt-back": "10.125.2.0/24", "rt-z": "10.125.3.0/24" };
  for (const [name, subnet] of Object.entries(subnets)) await lab.createNetwork(`pl-${name}`, subnet);
  await lab.behind.run({ name: "pl-other", image: bare, command: ["/bin/sleep", "1000"] });
});
afterAll(async () => {
  await lab.behind.remove("pl-other");
  await lab[Symbol.asyncDispose]();
});

/** Rows that only mean something together with an image's own settings. */
const inherited: readonly Row[] = [
  { name: "nothing at all", fields: { command: undefined as never } },
  { name: "an environment over the image's", fields: { environment: { LEVEL: "own", MORE: "1" } } },
  { name: "labels over the image's", fields: { labels: { "org.example.kept": "no" } } },
  { name: "a partial health check", fields: { healthcheck: { kind: "command", intervalMs: 1000 } } },
  { name: "a health check switched off", fields: { healthcheck: { kind: "none" } } },
  {
    name: "the image's own port, published",
    fields: { ports: [{ containerPort: 8080, protocol: "tcp", hostIp: "", hostPort: "" }] },
  },
  {
    name: "the image's own volume, named",
    fields: { mounts: [{ kind: "volume", volume: "pl-data", target: "/image-data", readOnly: false }] },
  },
  { name: "log options alone", fields: { logging: { options: { "max-size": "1m" } } } },
  {
    name: "two aliases and its own name",
    fields: {
      network: { kind: "networks", attachments: [{ network: "rt-front", aliases: ["pl-one", "b", "a"] }] },
    },
  },
];

/** The names of the networks and containers of this file. */
function own(fields: Partial<ContainerSpec>): Partial<ContainerSpec> {
  return JSON.parse(
    JSON.stringify(fields)
      .replaceAll('"rt-front"', '"pl-rt-front"')
      .replaceAll('"rt-back"', '"pl-rt-back"')
      .replaceAll('"rt-z"', '"pl-rt-z"')
      .replaceAll("rt-other", "pl-other")
      .replaceAll("10.123.", "10.125."),
  );
}

const minor = Number(inject("engine").apiVersion.split(".")[1]);
const possible = [...rows, ...inherited].filter(
  (row) =>
    minor >= (row.since ?? 0) && !JSON.stringify(row.fields).match(/fd00:123|rt-other:|container:rt-other/),
);

test.for(possible.flatMap((row) => [bare, rich].map((image) => ({ ...row, image }))))(
  "must be no change to the planner: $name on $image",
  async ({ fields, image }) => {
    const declared = { ...own(fields), image };
    const id = await lab.create("pl-one", declared);
    try {
      const actual = await lab.backend.observe(lab.scope({ images: new Set([image]) }), never);
      const container = actual.containers.find((live) => live.id === id);
      if (container === undefined) throw new Error("not observed");
      const workload = lab.workload("pl-one", declared);
      const record = { ...container.record, setFields: engineDefaultsSet(workload.container) };
      const diff = diffContainer(
        { workload, replica: 1, name: "pl-one", key: "pl-one" },
        { ...container, record },
        { actual, workloadOf: () => undefined, fingerprint: fingerprint("service", workload.container, []) },
      );
      expect(diff.fields).toEqual([]);
      expect(diff.recreate).toBe(false);
    } finally {
      await lab.behind.remove(id);
    }
  },
);
