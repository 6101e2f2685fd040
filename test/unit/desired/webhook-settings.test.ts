import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/desired/settings-file.ts";
import { hookProviders } from "../../../src/model/daemon-settings.ts";
import { hookProviderFacts } from "../../../src/model/hook-provider.ts";

const secrets = "secrets: [HOOK_SECRET, HOOK_PATH, HOOK_NEXT]\n";

function read(webhooks: string) {
  const { value, diagnostics } = parseSettings(`${secrets}webhooks:\n${webhooks}\n`);
  return { webhooks: value?.daemon.webhooks ?? [], diagnostics };
}

/** `line:column code: message (hint)`, lines counted from that of the first webhook. */
function mistakes(webhooks: string): string[] {
  return read(webhooks).diagnostics.map(
    ({ position, code, message, hint }) =>
      `${position.line - 2}:${position.column} ${code}: ${message} (${hint})`,
  );
}

describe("webhooks of mysysconfig.yaml", () => {
  test("must be read, sorted by name", () => {
    const text = [
      "  push: {provider: github, secret: [HOOK_SECRET, HOOK_NEXT], repository: ops/config}",
      "  hub: {provider: docker-hub, pathSecret: HOOK_PATH}",
      "  0-ci: {provider: circleci, secret: HOOK_SECRET, pathSecret: HOOK_PATH}",
    ].join("\n");
    expect(read(text)).toEqual({
      diagnostics: [],
      webhooks: [
        {
          name: "0-ci",
          provider: "circleci",
          secrets: ["HOOK_SECRET"],
          pathSecret: "HOOK_PATH",
          position: expect.objectContaining({ line: 5, column: 3 }),
        },
        {
          name: "hub",
          provider: "docker-hub",
          secrets: [],
          pathSecret: "HOOK_PATH",
          position: expect.objectContaining({ line: 4, column: 3 }),
        },
        {
          name: "push",
          provider: "github",
          secrets: ["HOOK_SECRET", "HOOK_NEXT"],
          repository: "ops/config",
          position: expect.objectContaining({ line: 3, column: 3 }),
        },
      ],
    });
  });

  test.for(hookProviders)("must be possible for %s, and not without a proof", (provider) => {
    const key = hookProviderFacts[provider].proof === "path" ? "pathSecret" : "secret";
    expect(mistakes(`  a: {provider: ${provider}, ${key}: HOOK_SECRET}`)).toEqual([]);
    expect(mistakes(`  a: {provider: ${provider}}`)).toEqual([
      expect.stringMatching(new RegExp(`^1:3 missing-key: webhooks.a needs ${key}: `)),
    ]);
  });

  test.for([
    [
      "  a: {provider: githup, secret: HOOK_SECRET}",
      '1:17 unknown-value: webhooks.a.provider cannot be "githup" (did you mean "github"?)',
    ],
    [
      "  a: {provider: bitbucket, secret: HOOK_SECRET}",
      `1:17 unknown-value: webhooks.a.provider cannot be "bitbucket" (one of: ${hookProviders.join(", ")})`,
    ],
    [
      "  a: {secret: HOOK_SECRET}",
      "1:3 missing-key: webhooks.a needs provider (write {provider: github, secret: NAME})",
    ],
    ["  a:", "1:3 missing-key: webhooks.a needs provider (write {provider: github, secret: NAME})"],
    [
      "  a: github",
      '1:6 wrong-type: webhooks.a must be a mapping, not "github" (write NAME: VALUE, one a line)',
    ],
    [
      "  a: {provider: github, secret: HOOK_SECRT}",
      '1:33 unknown-secret: webhooks.a.secret: there is no secret "HOOK_SECRT" (did you mean "HOOK_SECRET"?)',
    ],
    [
      "  a: {provider: github, secret: push}",
      '1:33 unknown-secret: webhooks.a.secret: there is no secret "push" (list it under secrets: HOOK_SECRET, HOOK_PATH, HOOK_NEXT, push)',
    ],
    [
      "  a: {provider: github, secret: [HOOK_SECRET, HOOK_SECRET]}",
      '1:47 duplicate-name: webhooks.a.secret: "HOOK_SECRET" is listed twice (remove one)',
    ],
    [
      "  a: {provider: github, secret: []}",
      "1:33 missing-value: webhooks.a.secret is empty (write the name of a secret)",
    ],
    [
      "  a: {provider: docker-hub, secret: HOOK_SECRET, pathSecret: HOOK_PATH}",
      "1:37 unused-key: webhooks.a.secret: docker-hub signs nothing (write pathSecret instead: it makes the address unguessable)",
    ],
    [
      "  a: {provider: harbor, secret: HOOK_SECRET, repository: ops/config}",
      "1:58 unused-key: webhooks.a.repository: harbor tells of images, not of repositories (remove it)",
    ],
    [
      "  a: {provider: github, secret: HOOK_SECRET, repository: config}",
      '1:58 invalid-repository: webhooks.a.repository: "config" is no repository (write ops/config or https://git.example.com/ops/config.git)',
    ],
    [
      "  a: {provider: github, secret: HOOK_SECRET, repo: ops/config}",
      '1:46 unknown-key: unknown key "repo" in webhooks.a (known keys: provider, secret, pathSecret, repository)',
    ],
    [
      "  a: {provider: github, secrets: HOOK_SECRET, secret: HOOK_NEXT}",
      '1:25 unknown-key: unknown key "secrets" in webhooks.a (did you mean "secret"?)',
    ],
    [
      "  Push_1: {provider: github, secret: HOOK_SECRET}",
      '1:3 invalid-name: webhook "Push_1" is no valid name (lowercase letters, digits and -, starting with a letter or digit, at most 63)',
    ],
  ] as const)("must be told where they are mistaken: %s", ([text, mistake]) => {
    expect(mistakes(text)).toEqual([mistake]);
  });

  test("must be told of all mistakes at once", () => {
    const text =
      "  -a: {provider: githup, secret: X, x: 1}\n  b: {provider: docker-hub, secret: HOOK_SECRET}";
    expect(mistakes(text)).toHaveLength(6);
  });

  test.for([
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "757107ea0eb2509fc211221cce984b8a",
    "glpat 1234!",
    "a1b2c3d4e5f6g7h8i9",
    "Bearer abc",
  ])("must not show what looks like the secret itself: %s", (value) => {
    const { diagnostics: ofPath } = read(
      `  a: {provider: github, pathSecret: "${value}", secret: HOOK_SECRET}`,
    );
    expect(ofPath).toMatchObject([
      { isConfidential: true, message: "webhooks.a.pathSecret looks like the secret itself" },
    ]);
    expect(JSON.stringify(ofPath)).not.toContain(value);
    const { diagnostics } = read(`  a: {provider: github, secret: ["${value}"]}`);
    expect(diagnostics.map(({ code }) => code)).toEqual(["secret-in-settings"]);
    expect(JSON.stringify(diagnostics)).not.toContain(value);
  });

  test("must be as docs/webhooks.md shows them", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/webhooks.md"), "utf8");
    const [, example = ""] = /```yaml\n(secrets: .*?)```/s.exec(page) ?? [];
    const { value, diagnostics } = parseSettings(example);
    expect(diagnostics).toEqual([]);
    expect(value?.daemon.webhooks.map(({ name }) => name)).toEqual(["hub", "push"]);
  });
});
