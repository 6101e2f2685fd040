import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findCredentials } from "../../../src/release/find-credentials.ts";
import { costGrowth } from "../../support/growth.ts";
import { treeOf } from "../render/support.ts";

/** Put together here, so that no scanner takes this file for a leak. */
const letters = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY";
const many = letters.repeat(8);
const upper = many.toUpperCase().replace(/[^A-Z2-7]/g, "");
const of = (prefix: string, length: number, text = many) => `${prefix}${text.slice(0, length)}`;
const jwt = `eyJ${letters}.eyJ${letters}.${letters}`;
const login = Buffer.from(`robot:${letters}`).toString("base64");
const pem = (kind: string) =>
  `-----BEGIN ${kind}PRIVATE KEY-----\n${many.slice(0, 64)}\n-----END ${kind}PRIVATE KEY-----\n`;

function found(text: string, path = "units/web.service") {
  return findCredentials(treeOf({ [path]: text }), []).map(({ message }) =>
    message.replace(/what looks like (.*) stands here in plain text/, "$1"),
  );
}

describe("a credential in plain text", () => {
  test.for([
    ["an AWS access key", `ExecStart=docker run -e ID=${of("AKIA", 16, upper)} img`],
    ["an AWS access key", of("ASIA", 16, upper)],
    ["an AWS secret key", `AWS_SECRET_ACCESS_KEY=${many.slice(0, 40)}`],
    ["an AWS secret key", `aws_secret_access_key = "${many.slice(0, 40)}"`],
    ...["ghp_", "gho_", "ghs_", "ghu_", "ghr_"].map((prefix) => ["a GitHub token", of(prefix, 36)] as const),
    ["a GitHub token", `github_pat_${many.slice(0, 22)}_${many.slice(0, 59)}`],
    ["a GitHub token", `https://${of("ghp_", 36)}@github.com/team/config.git`],
    ["a GitLab token", of("glpat-", 20)],
    ...["xoxa-", "xoxb-", "xoxp-"].map(
      (prefix) => ["a Slack token", `${prefix}123456789012-${letters}`] as const,
    ),
    ["a Google API key", of("AIza", 35)],
    ["a Stripe key", of("sk_live_", 24)],
    ["an npm token", `//registry.npmjs.org/:_authToken=${of("npm_", 36)}`],
    ["a PyPI token", of("pypi-AgE", 60)],
    ["an age secret key", of("AGE-SECRET-KEY-1", 58, many.toUpperCase())],
    ["a private key", pem("")],
    ["a private key", pem("RSA ")],
    ["a private key", pem("OPENSSH ")],
    ["a private key", `key: "-----BEGIN EC PRIVATE KEY-----\\n${many.slice(0, 64)}\\n"`],
    ["a private key", `key: |\n    ${pem("").replaceAll("\n", "\n    ")}`],
    ["a JSON Web Token", `Authorization: Bearer ${jwt}`],
    ["the login of a registry", `{"auths": {"ghcr.io": {"auth": "${login}"}}}`],
    ["a URL with a password", "DATABASE_URL=postgres://app:Tr0ub4dor@db:5432/app"],
    ["a URL with a password", "redis://:hunter22@cache/0"],
    ["a URL with a password", "postgres://${USER}:Tr0ub4dor@{{host}}/app"],
    ["a credential", `-e DB_PASSWORD=${letters.slice(0, 16)} img`],
    ["a credential", `Environment="API_KEY=${letters.slice(0, 20)}"`],
    ["a credential", `password: '${letters.slice(0, 12)}'`],
    ["a credential", `"clientSecret": "${letters.slice(0, 24)}"`],
    ["a credential", `--token=0123456789abcdef0123456789abcdef`],
    ["a credential", `SESSION_SECRET: S3cr!t&Pw0rd%99z`],
  ] as const)("%s must be found in %j", ([name, text]) => {
    expect(found(text)).toEqual([name]);
  });

  test.for([
    ["a placeholder", "PASSWORD=changeme123456"],
    ["a placeholder", "DB_PASSWORD=your-password-here-1"],
    ["a placeholder", "API_KEY=xxxxxxxxxxxxxxxx1"],
    ["a placeholder", "TOKEN=<insert-token-1234>"],
    ["a placeholder", "password: 'password1234567'"],
    ["a variable", "DB_PASSWORD=${DB_PASSWORD_2026_X9}"],
    ["a variable", "-e DB_PASSWORD=$DB_PASSWORD1X9Z8"],
    ["a variable", "-e DB_PASSWORD"],
    ["a template", 'password: "{{yaml secrets.db_password1}}"'],
    ["a template", "postgres://app:{{secrets.db_password}}@db/app"],
    ["a variable in a URL", "postgres://app:${DB_PASSWORD}@db/app"],
    ["a command", "PASSWORD=$(cat /run/secrets/password1)"],
    ["a specifier", "TOKEN=%i"],
    ["a path", "DB_PASSWORD=/run/secrets/db1_A9xQz7"],
    ["the name of a file", "DB_PASSWORD_FILE=/run/secrets/aB3dE5fG7hJ9"],
    ["an address", "TOKEN_URL=https://login.example.com/oauth2/v2.0/token"],
    ["an address", "token: https://login.example.com/aB3dE5fG7hJ9kL1m"],
    ["a name", "secret: web-tls-2024a"],
    ["a name", "secret: shop_db_password_v2"],
    ["a name", "secrets: [DB_PASSWORD, S3_TOKEN]"],
    ["a number", "MAX_TOKENS=128000000000"],
    ["words", "password: correct horse battery staple 4"],
    ["a short word", "PASSWORD=dev1"],
    ["a digest", `image_secret: sha256:${"0123456789abcdef".repeat(4)}`],
    ["an image pinned by its digest", `myrepo/web:58-develop@sha256:${"0123456789abcdef".repeat(4)}`],
    ["a known default", "amqp://guest:guest@queue"],
    ["a known default", "postgres://postgres:password@db"],
    ["a port", "http://localhost:8080/path@x"],
    ["an address with a user", "ssh://git@github.com/team/config.git"],
    ["the example of a manual", `id: ${"AKIAIOSFODNN7"}EXAMPLE`],
    ["text about keys", "a file with -----BEGIN PRIVATE KEY----- in its first line"],
    ["a public key", `-----BEGIN PUBLIC KEY-----\n${many.slice(0, 64)}\n`],
    ["the beginning of a token", "ghp_ and glpat- are prefixes"],
    ["a longer word", `x${of("ghp_", 36)}`],
    ["an auth that is no login", '{"auth": "none", "auth2": "aGVsbG8="}'],
    ["a flag", "--password-stdin aB3dE5fG7hJ9kL1m"],
    ["a line of a table", 'PASSWD = "root:x:0:0:root:/root:/bin/sh"'],
    ["a comparison", "if token == aB3dE5fG"],
  ] as const)("%s must not be taken for one: %j", ([_what, text]) => {
    expect(found(text)).toEqual([]);
  });

  test("must be told with its place, and neither quoted nor shown", () => {
    const token = of("ghp_", 36);
    const tree = treeOf({
      "units/web.service": `[Service]\r\nExecStart=docker run -e A=${token} img\n`,
      "units/api.conf": `ok\n\ntoken = "${letters.slice(0, 20)}"\n`,
    });
    const findings = findCredentials(tree, []);
    expect(findings).toMatchObject([
      {
        severity: "error",
        code: "plain-credential",
        position: { file: "units/api.conf", line: 3, column: 10, length: 20 },
      },
      { position: { file: "units/web.service", line: 2, column: 27, length: 40 } },
    ]);
    expect(findings.every(({ isConfidential }) => isConfidential)).toBe(true);
    expect(JSON.stringify(findings)).not.toContain(token.slice(0, 8));
    expect(findings[1]?.hint).toContain('list "units/web.service" under policy.allowedCredentials');
  });

  test("must be told once, by its most specific name", () => {
    expect(found(`GITHUB_TOKEN=${of("ghp_", 36)}`)).toEqual(["a GitHub token"]);
    expect(found(`password: ${letters.slice(0, 12)}\npassword: ${letters.slice(0, 12)}\n`)).toHaveLength(2);
  });

  test("must be told a hundred times for each file and no more", () => {
    const text = Array.from({ length: 300 }, () => of("ghp_", 36)).join("\n");
    expect(found(text)).toHaveLength(100);
  });

  test("must be let be in the files that the settings allow, and in no others", () => {
    const text = `PASSWORD=${letters.slice(0, 16)}`;
    const tree = treeOf({
      "units/demo.service": text,
      "units/test/a/b.env": text,
      "units/web.service": text,
    });
    const files = (allowed: readonly string[]) =>
      findCredentials(tree, allowed).map(({ position }) => position.file);
    expect(files([])).toHaveLength(3);
    expect(files(["units/demo.service", "units/test/**"])).toEqual(["units/web.service"]);
    expect(files(["units/*"])).toEqual(["units/test/a/b.env"]);
    expect(files(["demo.service"])).toHaveLength(3);
  });

  test("must not be looked for in what is no text", () => {
    const bytes = new TextEncoder().encode(`\0PASSWORD=${letters.slice(0, 16)}`);
    expect(findCredentials(treeOf({ "units/logo.png": bytes }), [])).toEqual([]);
  });

  test("must be found at its place, whatever stands around it", () => {
    const token = of("ghp_", 36);
    const around = fc.string({ unit: "binary" }).filter((text) => !/\0/.test(text));
    fc.assert(
      fc.property(around, around, (before, after) => {
        const text = `${before}\n${token}\n${after}`;
        const [finding] = findCredentials(treeOf({ "units/x": text }), []);
        // Lone halves of characters become the replacement character when the text is written.
        const line = before.split("\n").length + 1;
        expect(finding?.position).toEqual({ file: "units/x", line, column: 1, length: token.length });
      }),
    );
  });

  test.for([
    ...[
      "a",
      "-",
      "a.",
      "a_",
      "aws",
      "password",
      "password=",
      "password=a1",
      "eyJ",
      "eyJa.",
      "://",
      "a:",
      "a://b:",
    ],
    ...["AAA", '"auth":"', '"auth" ', "-----BEGIN ", "-----BEGIN PRIVATE KEY-----\n", "gh", "ghp_a", "Ab1"],
  ])("must not take long to look for in a line of nothing but %j", (piece) => {
    const look = (length: number) => {
      const text = piece.repeat(Math.ceil(length / piece.length));
      expect(found(text).every((name) => name === "a credential")).toBe(true);
    };
    // Quadratic were four hundred times as much.
    expect(costGrowth(look, 10_000, 200_000)).toBeLessThan(150);
  });
});
