import { describe, expect, test } from "vitest";
import type { WebhookSettings } from "../../../src/model/daemon-settings.ts";
import { resolveEndpoints } from "../../../src/webhook/endpoints.ts";
import { whsec } from "./examples.ts";

const position = { file: "mysysconfig.yaml", line: 1, column: 1 };
const hook = (settings: Partial<WebhookSettings>): WebhookSettings => ({
  ...{ name: "push", provider: "github", secrets: ["A"], position },
  ...settings,
});

const long = "0123456789abcdef";

function resolve(settings: Partial<WebhookSettings>, values: Readonly<Record<string, string>>) {
  const { endpoints, problems } = resolveEndpoints([hook(settings)], new Map(Object.entries(values)));
  return { started: endpoints.map(({ secrets, pathSecret }) => ({ secrets, pathSecret })), problems };
}

describe("an endpoint", () => {
  test("must start with its secrets, in the order of the settings", () => {
    const settings = { secrets: ["B", "A"], pathSecret: "P" };
    expect(resolve(settings, { A: "a", B: "b", P: long })).toEqual({
      started: [{ secrets: ["b", "a"], pathSecret: long }],
      problems: [],
    });
  });

  test.for<[string, Partial<WebhookSettings>, Record<string, string>, string]>([
    ["without a value", {}, {}, 'secret "A" is not given'],
    ["with an empty value", {}, { A: "" }, 'secret "A" is not given'],
    ["without its path", { pathSecret: "P" }, { A: "a" }, 'secret "P" is not given'],
    [
      "with a short path",
      { pathSecret: "P" },
      { A: "a", P: "tiny-1" },
      'secret "P" is shorter than 16 characters',
    ],
    [
      "with an empty path",
      { provider: "docker-hub", secrets: [], pathSecret: "P" },
      { P: "" },
      "is not given",
    ],
    ["that nothing proves", { secrets: [] }, {}, 'webhook "push" has no secret'],
    ["that no path proves", { provider: "docker-hub", secrets: [] }, {}, 'webhook "push" has no secret'],
    ["with a key that is none", { provider: "gitlab" }, { A: "topsecret!" }, 'secret "A" is no key'],
    ["with a short key", { provider: "standard-webhooks" }, { A: "whsec_AAAA" }, "less than 24 bytes"],
  ])("must not start %s, and say so", ([, settings, values, message]) => {
    const { started, problems } = resolve(settings, values);
    expect(started).toEqual([]);
    expect(problems).toEqual([
      { endpoint: "push", message: expect.stringContaining(message), hint: expect.any(String) },
    ]);
    for (const value of Object.values(values).filter((text) => text !== ""))
      expect(JSON.stringify(problems)).not.toContain(value.length > 1 ? value : `"${value}"`);
  });

  test("must start with one of its secrets while the other has no value, and say so", () => {
    const { started, problems } = resolve({ provider: "gitlab", secrets: ["A", "B"] }, { B: whsec });
    expect(started).toEqual([{ secrets: [whsec], pathSecret: undefined }]);
    expect(problems).toMatchObject([
      { endpoint: "push", message: 'webhook "push": secret "A" is not given' },
    ]);
  });

  test("must not be kept from starting by another one", () => {
    const settings = [hook({ name: "a", secrets: ["X"] }), hook({ name: "b" })];
    const { endpoints, problems } = resolveEndpoints(settings, new Map([["A", "a"]]));
    expect(endpoints.map((endpoint) => endpoint.settings.name)).toEqual(["b"]);
    expect(problems.map(({ endpoint }) => endpoint)).toEqual(["a"]);
  });
});
