import { describe, expect, test } from "vitest";
import { contentHash, fingerprint, redactValues } from "../../../src/model/fingerprint.ts";
import type { ContainerSpec } from "../../../src/model/workload.ts";

const spec: ContainerSpec = {
  image: "a:1",
  environment: { A: "1", TOKEN: "hunter22" },
  labels: {},
  restart: { name: "always" },
  ports: [],
  expose: [],
  mounts: [],
  network: { kind: "default" },
};

describe("the fingerprint", () => {
  const base = fingerprint("service", spec, []);

  test("must have its version and be the same for the same spec, in any order of keys", () => {
    expect(base).toMatch(/^v1:[0-9a-f]{32}$/);
    const turned = {
      ...Object.fromEntries(Object.entries(spec).reverse()),
      environment: { TOKEN: "hunter22", A: "1" },
    };
    expect(fingerprint("service", turned as unknown as ContainerSpec, [])).toBe(base);
  });

  test("must not take note of fields that are not set", () => {
    const unset = { ...spec, user: undefined } as unknown as ContainerSpec;
    expect(fingerprint("service", unset, [])).toBe(base);
  });

  test("must change with any field, and with the kind", () => {
    const others = [
      fingerprint("job", spec, []),
      fingerprint("service", { ...spec, image: "a:2" }, []),
      fingerprint("service", { ...spec, user: "" }, []),
      fingerprint("service", { ...spec, command: [] }, []),
      fingerprint("service", { ...spec, environment: { A: "2", TOKEN: "hunter22" } }, []),
    ];
    expect(new Set([base, ...others]).size).toBe(others.length + 1);
  });

  test("must not depend on the value of a secret, only on its place", () => {
    const hashOf = (secret: string, place = "TOKEN") =>
      fingerprint("service", { ...spec, environment: { [place]: secret } }, [secret]);
    expect(hashOf("hunter22")).toBe(hashOf('other "secret"\n'));
    expect(hashOf("hunter22")).not.toBe(hashOf("hunter22", "OTHER"));
  });
});

describe("masking", () => {
  test.for([
    ["a hunter22 b hunter22", ["hunter22"], "a *** b ***"],
    ['{"x":"a\\"b\\n"}', ['a"b\n'], '{"x":"***"}'],
    ['{"x":"sh \\"a\\\\\\"b\\\\n\\""}', ['a"b\n'], '{"x":"sh \\"***\\""}'],
    ["longer-secret", ["longer", "longer-secret"], "***"],
    ["an abcdef over", ["abcd", "cdef"], "an *** over"],
    ["a.b*c", ["."], "a***b*c"],
    ["nothing", [], "nothing"],
    ["nothing", [""], "nothing"],
    ["$& costs", ["$&"], "*** costs"],
  ] as const)("%j of %j must give %j", ([text, secrets, masked]) => {
    expect(redactValues(text, secrets)).toBe(masked);
  });
});

test("the hash of content must be SHA-256 over all its parts", () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  expect(contentHash([])).toBe(empty);
  expect(contentHash(["ab", Uint8Array.of(99)])).toBe(contentHash(["abc"]));
});
