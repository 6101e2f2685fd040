import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HookProvider, hookProviders } from "../../../src/model/daemon-settings.ts";
import type { Reading } from "../../../src/webhook/adapter.ts";
import { parseHookJson } from "../../../src/webhook/json.ts";
import { providers } from "../../../src/webhook/providers.ts";
import { circleciBody, exampleOf, examples, headersOf } from "./examples.ts";

function read(provider: HookProvider, body: unknown, headers?: Readonly<Record<string, string>>): Reading {
  const given = headers ?? headersOf(exampleOf(provider));
  return providers[provider].read(body, new Map(Object.entries(given)));
}

/** The body of a provider's first example with members changed, by their path with dots. */
function changed(
  provider: HookProvider,
  changes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const body = structuredClone(exampleOf(provider).body) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let place = body;
    for (const name of names) place = place[name] as Record<string, unknown>;
    place[last] = value;
  }
  return body;
}

describe("what hooks say", () => {
  test.for(examples)("must be read: $name", (example) => {
    expect(read(example.provider, example.body, headersOf(example))).toMatchObject({ marks: example.marks });
  });

  const none = "0".repeat(40);
  test.for<[string, HookProvider, Readonly<Record<string, unknown>>, string]>([
    ["a deleted branch", "github", { deleted: true, after: none }, "a deleted branch"],
    ["a deleted branch that says so by its commit only", "github", { after: none }, "a deleted branch"],
    ["a deleted branch in SHA-256", "github", { after: "0".repeat(64) }, "a deleted branch"],
    ["a tag", "github", { ref: "refs/tags/v1" }, "a tag"],
    ["a pull request's ref", "github", { ref: "refs/pull/1/head" }, "no branch"],
    ["a push without a ref", "github", { ref: null }, "no ref"],
    ["a push without a repository", "github", { repository: null }, "no repository"],
    ["a deleted branch", "gitlab", { after: none, checkout_sha: null }, "a deleted branch"],
    ["a tag", "gitlab", { object_kind: "tag_push", ref: "refs/tags/v1" }, "a tag"],
    ["a merge request", "gitlab-token", { object_kind: "merge_request" }, "an event of another kind"],
    ["a push without a project", "gitlab-token", { project: [] }, "no repository"],
    ["a tag", "gitea", { ref: "refs/tags/v1" }, "a tag"],
    ["a deleted branch", "forgejo", { after: none }, "a deleted branch"],
    ["a job", "circleci", { type: "job-completed" }, "an event of another kind"],
    ["a failed workflow", "circleci", { "workflow.status": "failed" }, "a workflow that did not succeed"],
    ["a canceled workflow", "circleci", { "workflow.status": "canceled" }, "a workflow that did not succeed"],
    [
      "a fork",
      "circleci",
      { "pipeline.vcs.origin_repository_url": "https://github.com/mallory/config" },
      "a fork",
    ],
    ["an unknown origin", "circleci", { "pipeline.vcs.origin_repository_url": null }, "no repository"],
    ["a tag", "circleci", { "pipeline.vcs.branch": undefined, "pipeline.vcs.tag": "v1" }, "no branch"],
    ["a pipeline without a repository", "circleci", { pipeline: { id: "1" } }, "no repository"],
    ["a push without a tag", "docker-hub", { push_data: {} }, "no tag of an image"],
    ["a name in capitals", "docker-hub", { "repository.repo_name": "Myrepo/Web" }, "no tag of an image"],
    ["a pull", "harbor", { type: "PULL_ARTIFACT" }, "an event of another kind"],
    ["no resources", "harbor", { "event_data.resources": [] }, "no tag of an image"],
    ["a test event without data", "harbor", { event_data: null }, "no tag of an image"],
    ["no events", "registry", { events: [] }, "no push"],
    ["events that are none", "registry", { events: [null, 1, "push", []] }, "no push"],
    ["both", "hmac", { branch: "develop", image: "a/b" }, "both a branch and an image"],
    ["neither", "hmac", { branch: undefined }, "neither a branch nor an image"],
    ["an image without a tag", "hmac", { branch: undefined, image: "a/b" }, "no tag of an image"],
    ["a repository that is none", "standard-webhooks", { repository: 5 }, "no repository"],
  ])("must be of no interest: %s of %s %j", ([, provider, changes, reason]) => {
    expect(read(provider, changed(provider, changes))).toEqual({ reason });
  });

  test.for<[HookProvider, string, string]>([
    ["github", "x-github-event", "pull_request"],
    ["gitea", "x-gitea-event", "create"],
    ["forgejo", "x-forgejo-event", "issues"],
  ])("must be of no interest: other events of %s", ([provider, header, event]) => {
    const { body } = exampleOf(provider);
    expect(read(provider, body, { [header]: event })).toEqual({ reason: "an event of another kind" });
    expect(read(provider, body, {})).toEqual({ reason: "an event of another kind" });
  });

  test("must answer a ping of GitHub", () => {
    expect(read("github", { zen: "x" }, { "x-github-event": "ping" })).toEqual({ reason: "a ping" });
  });

  test("must not take the digest of a push without a tag for a tag", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const resources = [{ digest, tag: digest, resource_url: `harbor.example.com/team/web@${digest}` }];
    expect(read("harbor", changed("harbor", { "event_data.resources": resources }))).toEqual({
      reason: "no tag of an image",
    });
  });

  test("must take the part of CircleCI that is the same repository in other words", () => {
    const vcs = { ...circleciBody.pipeline.vcs, origin_repository_url: "https://github.com/Ops/config.git" };
    expect(read("circleci", changed("circleci", { "pipeline.vcs": vcs }))).toMatchObject({
      marks: [{ branch: "develop" }],
    });
  });

  test("must be told apart by an id where a script gives one", () => {
    expect(read("hmac", { branch: "develop", id: "1" })).not.toHaveProperty("isRepeatable");
    expect(read("hmac", { branch: "develop" })).toMatchObject({ isRepeatable: true });
    expect(read("standard-webhooks", { branch: "develop" })).not.toHaveProperty("isRepeatable");
  });
});

describe("names out of hooks", () => {
  const hostile = [
    ...[
      "a\nb",
      "a\r\nforged: line",
      "\u001b[31mred",
      "a\u0000",
      "a b",
      "a\u2028b",
      "a\u202eb",
      "\ud800",
      "a\u0085",
    ],
    ...[
      "",
      ".",
      "..",
      "a..b",
      "-x",
      "a.lock",
      ".a",
      "a/",
      "/a",
      "a//b",
      "a~1",
      "a^",
      "a:b",
      "a?",
      "a*",
      "[a",
      "a\\b",
    ],
    ...["@", "a@{1}", "x".repeat(256), "a.", "a\u200bb", "a\tb"],
  ];
  test.for(hostile)("must be refused as a branch: %j", (branch) => {
    for (const body of [{ branch }, { branch, repository: "ops/config" }])
      expect(read("hmac", body)).toHaveProperty("reason");
    const push = changed("github", { ref: `refs/heads/${branch}` });
    expect(read("github", push)).toHaveProperty("reason");
    expect(read("gitlab", changed("gitlab", { ref: `refs/heads/${branch}` }))).toHaveProperty("reason");
    expect(read("circleci", changed("circleci", { "pipeline.vcs.branch": branch }))).toHaveProperty("reason");
  });

  test.for(["develop", "feature/X-1", "größe", "a.b", "a@b", "x".repeat(255), "release-1.2"])(
    "must be taken as a branch: %s",
    (branch) => {
      expect(read("hmac", { branch })).toMatchObject({ marks: [{ kind: "branch", branch }] });
    },
  );

  test.for(["a b/c", "a\n/b", "\u001b[0m/x", `a/${"b".repeat(500)}`])(
    "must be refused as a repository: %j",
    (repository) => {
      expect(read("hmac", { branch: "develop", repository })).toHaveProperty("reason");
      const push = changed("github", { "repository.full_name": repository });
      expect(read("github", push)).toHaveProperty("reason");
    },
  );

  test.for([
    ["a\nb", "1"],
    ["myrepo/web", "1\n2"],
    ["myrepo/web", "\u001b[31m"],
    ["myrepo/web", "x".repeat(129)],
    [`myrepo/${"x".repeat(500)}`, "1"],
    ["https://example.com/web", "1"],
    [`myrepo/web@sha256:${"0".repeat(64)}`, "1"],
  ])("must be refused as an image: %j %j", ([image, tag]) => {
    expect(read("hmac", { image, tag })).toHaveProperty("reason");
  });
});

describe("any JSON", () => {
  const words = [
    ...["push", "PUSH_ARTIFACT", "harbor.artifact.pushed", "workflow-completed", "success", "container"],
    ...[
      "refs/heads/develop",
      "refs/tags/x",
      "ops/config",
      "myrepo/web",
      "58-develop",
      "registry.example.com:5000",
    ],
    ...["__proto__", "constructor", "\u001b[2J", "a\r\nb", "https://github.com/a/b"],
  ];
  const names = [...new Set(examples.flatMap(({ body }) => memberNames(body)))];
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 6, depthSize: "small" },
      fc.constantFrom<unknown>(null, true, 0, -1, 1e308, "", [], ...words),
      fc.string({ unit: "binary" }),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...names, "__proto__", "toString"), fc.string()), tie("json"), {
        maxKeys: 8,
      }),
    ),
  }));
  /** An example with one member replaced: most of it is as it should be. */
  const spoiled = fc.tuple(fc.constantFrom(...examples), fc.nat(), json).map(([example, index, value]) => {
    const body = structuredClone(example.body);
    const places = placesOf(body);
    const place = places[index % places.length];
    if (place) (place.holder as Record<string, unknown>)[place.name] = value;
    return body;
  });

  test.for(hookProviders)("must not make %s throw, nor say what is not bounded and plain", (provider) => {
    const headers = fc.constantFrom(...examples.map(headersOf_), {});
    fc.assert(
      fc.property(fc.oneof(json, spoiled), headers, (body, given) => {
        const reading = read(provider, body, given);
        const marks = "marks" in reading ? reading.marks : [];
        expect("marks" in reading ? marks.length : reading.reason.length).toBeGreaterThan(0);
        expect(marks.length).toBeLessThanOrEqual(1_000);
        for (const text of marks.flatMap((mark) => Object.values(mark))) {
          expect(text.length).toBeLessThanOrEqual(500);
          expect(text).not.toMatch(/[\p{C}\p{Z}]/u);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test("must say no more than a thousand images at once", () => {
    const event = (index: number) => ({
      action: "push",
      target: { repository: "team/web", tag: String(index) },
      request: { host: "registry.example.com" },
    });
    const reading = read("registry", { events: Array.from({ length: 5_000 }, (_, index) => event(index)) });
    expect("marks" in reading && reading.marks.length).toBe(1_000);
  });
});

describe("bodies that are no JSON", () => {
  test.for([
    ["", "the body is no JSON"],
    ["payload=%7B%7D", "the body is no JSON"],
    ["{", "the body is no JSON"],
    ["\ufeff{}", "the body is no JSON"],
    ["[".repeat(1_000_000), "the body is nested too deeply"],
    [`${"[".repeat(65)}${"]".repeat(65)}`, "the body is nested too deeply"],
    [`${'{"a":'.repeat(65)}1${"}".repeat(65)}`, "the body is nested too deeply"],
  ])("must be told without throwing %#", ([text, reason]) => {
    expect(parseHookJson(Buffer.from(text ?? ""))).toEqual({ reason });
  });

  test("must be told when the bytes are no UTF-8", () => {
    expect(parseHookJson(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ reason: "the body is no UTF-8" });
  });

  test("must not be seen in brackets within texts", () => {
    const value = { a: `${"[{".repeat(500)}"\\`, b: [[["]"]]] };
    expect(parseHookJson(Buffer.from(JSON.stringify(value)))).toEqual({ json: value });
    expect(parseHookJson(Buffer.from(`${"[".repeat(64)}${"]".repeat(64)}`))).toHaveProperty("json");
  });
});

const headersOf_ = (example: (typeof examples)[number]) => headersOf(example);

function memberNames(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(memberNames)];
}

function placesOf(value: unknown): { holder: object; name: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [{ holder: value, name }, ...placesOf(member)]);
}
