import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editErrorCode } from "../../../src/release/judge-tag.ts";
import { type Submission, submit } from "../../../src/release/submit.ts";
import { describe as describeDiagnostic, type Files, lineDiff, run, settings, targetOf } from "./support.ts";

interface Given extends Partial<Omit<Submission, "content" | "values">> {
  readonly content?: string | Uint8Array;
  readonly values?: Readonly<Record<string, string>>;
  readonly files?: Files;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly allowDowngrade?: boolean;
}

const unitText = "[Service]\nExecStart=/usr/bin/docker run --name myservice myrepo/myservice serve\n";

function send(given: Given = {}) {
  const {
    content = unitText,
    values = {},
    files = {},
    secrets = {},
    allowDowngrade = false,
    ...rest
  } = given;
  const submission = {
    fileName: "myservice.service",
    tag: "58-develop",
    ...rest,
    content: typeof content === "string" ? new TextEncoder().encode(content) : content,
    values: new Map(Object.entries(values)),
  };
  const { tree, inputs } = targetOf(files);
  const target = { tree, inputs: { ...inputs, secrets: new Map(Object.entries(secrets)) } };
  const { value, diagnostics, sources } = submit(submission, target, { allowDowngrade });
  const text = value && new TextDecoder("utf-8", { ignoreBOM: true }).decode(value.content);
  return {
    path: value?.path,
    text,
    message: value?.message,
    said: diagnostics.map(describeDiagnostic),
    diagnostics,
    sources,
  };
}

describe("a submitted file", () => {
  test("must get the tag where its image is written, and a message", () => {
    const { path, text, message, said } = send();
    expect(said).toEqual([]);
    expect(path).toBe("units/myservice.service");
    expect(text).toBe(unitText.replace("myrepo/myservice serve", "myrepo/myservice:58-develop serve"));
    expect(message).toBe("Updating myservice tag to '58-develop'");
  });

  test("must keep everything else byte for byte", () => {
    const content =
      '\uFEFF# myrepo/myservice\r\n[Service]\r\nExecStartPre=-/usr/bin/docker pull myrepo/myservice\r\nExecStart=/usr/bin/docker run \\\r\n\t-e A="x  y" \\\r\n\t"myrepo/myservice"\r\n';
    const { text, said } = send({ content });
    expect(said).toEqual([]);
    expect(lineDiff(content, text ?? "")).toBe(
      '-ExecStartPre=-/usr/bin/docker pull myrepo/myservice\r\n+ExecStartPre=-/usr/bin/docker pull myrepo/myservice:58-develop\r\n-\t"myrepo/myservice"\r\n+\t"myrepo/myservice:58-develop"\r',
    );
  });

  test("must be no change when the repository has exactly this file", () => {
    const first = send();
    const again = send({ files: { "units/myservice.service": first.text ?? "" } });
    expect(again.said).toEqual([]);
    expect(again.text).toBe(first.text);
    expect(again.message).toBeUndefined();
  });

  test("must give the tag to its own image, not to others without a tag", () => {
    const content =
      "services:\n  cache:\n    image: redis:7\n  api: {image: myrepo/api, restart: always}\n  migrate: {image: myrepo/api, restart: 'no'}\n";
    const { path, text, message, said } = send({ fileName: "shop.compose.yaml", content });
    expect(said).toEqual([]);
    expect(path).toBe("units/shop.compose.yaml");
    expect(text).toBe(content.replaceAll("myrepo/api,", "myrepo/api:58-develop,"));
    expect(message).toBe("Updating shop tag to '58-develop'");
    const withCache = content.replace("redis:7", "redis");
    expect(send({ fileName: "shop.compose.yaml", content: withCache }).text).toBe(
      withCache.replaceAll("myrepo/api,", "myrepo/api:58-develop,"),
    );
  });

  test("must take the image that is named", () => {
    const content =
      "services:\n  api:\n    image: myrepo/api\n  worker:\n    image: myrepo/worker:3-develop\n  x:\n    image: docker.io/vendor/x\n";
    expect(send({ fileName: "shop.compose.yml", content, image: "vendor/x" }).said).toEqual([
      'shop.compose.yml:3:12 bad-image own image "myrepo/api" has no build tag | write myrepo/api:<build number>-develop; "latest" would not say what runs',
    ]);
    const tagged = content.replace("myrepo/api\n", "myrepo/api:1-develop\n");
    expect(
      send({ fileName: "shop.compose.yml", content: tagged, image: "vendor/x", tag: "1.2.3" }).text,
    ).toBe(tagged.replace("vendor/x", "vendor/x:1.2.3"));
  });

  test("must carry a digest too when one is given", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    expect(send({ digest }).text).toContain(`myrepo/myservice:58-develop@${digest} serve`);
  });

  test("must be rendered with the build when it is a template", () => {
    const content =
      "{{! for the configuration repository }}\n[Service]\n{{> partials/service}}\nEnvironment=BUILD={{build}} BRANCH={{branch}} PORT={{web.port}} IN={{environment}}\nExecStart=/usr/bin/docker run -e BUILD=${BUILD} {{image}} serve {{tag}}\n";
    const { path, text, said } = send({
      fileName: "myservice.service.hbs",
      content,
      image: "docker.io/myrepo/myservice",
      values: { "web.port": "80" },
      files: { "templates/partials/service.hbs": "Restart=always\n" },
    });
    expect(said).toEqual([]);
    expect(path).toBe("units/myservice.service");
    expect(text).toBe(
      "[Service]\nRestart=always\nEnvironment=BUILD=58 BRANCH=develop PORT=80 IN=develop\nExecStart=/usr/bin/docker run -e BUILD=${BUILD} myrepo/myservice:58-develop serve 58-develop\n",
    );
  });

  test("must get the tag also where its template does not write it", () => {
    const content = "[Service]\nExecStart=/usr/bin/docker run -e E={{environment}} myrepo/myservice\n";
    expect(send({ fileName: "myservice.service.hbs", content }).text).toBe(
      run("-e E=develop myrepo/myservice:58-develop"),
    );
  });

  test("must stay a template where that is asked for", () => {
    const content = "[Service]\nExecStart=/usr/bin/docker run -e E={{environment}} myrepo/myservice\n";
    const { path, text } = send({ fileName: "myservice.service.hbs", content, keepTemplate: true });
    expect(path).toBe("units/myservice.service.hbs");
    expect(text).toBe(run("-e E={{environment}} myrepo/myservice:58-develop"));
  });

  test("must be a template unit, a stack or a unit by its name", () => {
    const files = {
      "mysysconfig.yaml": `${settings}instances: {worker: [1]}\n`,
      "units/worker@.service": run("myrepo/worker:1-develop"),
    };
    const content = run("-e N=%i myrepo/worker");
    const { message, path } = send({ fileName: "worker@.service", content, files });
    expect([path, message]).toEqual(["units/worker@.service", "Updating worker tag to '58-develop'"]);
  });
});

const present = { "units/myservice.service": run("--name myservice myrepo/myservice:60-develop") };

const refusals: readonly (Given & { readonly expected: readonly string[] })[] = [
  {
    files: present,
    expected: [
      'myservice.service:2:48 downgrade "58-develop" is older than "60-develop", which "myservice" has | ask for it explicitly if going back is meant',
    ],
  },
  {
    tag: "58-master",
    expected: [
      'myservice.service:2:48 image-refused image "myrepo/myservice:58-master" is a build of branch "master", but this environment runs "develop" | use a build that ends in -develop',
    ],
  },
  {
    tag: "a b",
    image: "myrepo/x:1",
    expected: [
      'myservice.service:1:1 invalid-tag "a b" is no tag',
      'myservice.service:1:1 invalid-image "myrepo/x:1" is no name of an image without a tag',
    ],
  },
  {
    content: run("myrepo/myservice:57-develop"),
    expected: [
      'myservice.service:2:31 tagged-image no image of the file takes the tag "58-develop" | leave the tag out: it is put in when the file is submitted; a template may write {{tag}}',
    ],
  },
  {
    content: run("myrepo/myservice:57-develop"),
    image: "myrepo/myservice",
    expected: [
      'myservice.service:2:31 tagged-image image "myrepo/myservice:57-develop" has a tag | leave the tag out: it is put in when the file is submitted; a template may write {{tag}}',
    ],
  },
  {
    image: "myrepo/myservcie",
    expected: [
      'myservice.service:1:1 unknown-name the file does not run the image "myrepo/myservcie" | did you mean "myrepo/myservice"?',
    ],
  },
  {
    fileName: "shop.compose.yaml",
    content: "services: {a: {image: myrepo/a}, b: {image: myrepo/b}}\n",
    expected: [
      "shop.compose.yaml:1:1 several-images several images of the file have no tag | say which one was built: myrepo/a or myrepo/b",
    ],
  },
  {
    content: "[Service]\nExecStart=/usr/bin/docker run --nam x myrepo/myservice --bad\nRestrat=always\n",
    expected: ['myservice.service:2:31 unknown-flag unknown docker run flag "--nam" | did you mean --name?'],
  },
  {
    content: "[Service]\nExecStart=/usr/bin/docker run myrepo/myservice\nRestrat=always\n",
    expected: ['myservice.service:3:1 unknown-directive unknown directive "Restrat=" in [Service]'],
  },
  {
    fileName: "shop.compose.yaml",
    content: '{"services": {"a": {"image": "myrepo/a", "restrat": "always"}}}\n',
    expected: [
      'shop.compose.yaml:1:42 unknown-key unknown key "restrat" in services.a | did you mean "restart"?',
    ],
  },
  {
    fileName: "shop.compose.yaml",
    content: "services:\n  a:\n    image: [\n",
    expected: [
      "shop.compose.yaml:4:1 yaml Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
  },
  {
    fileName: "myservice.service.hbs",
    content:
      "[Service]\n{{#if tag}}\nExecStart=/usr/bin/docker run -p {{port}}:80 myrepo/myservice:{{tga}}\n{{/if}}\n",
    expected: [
      'myservice.service.hbs:3:36 missing-value "port" has no value | give the value when the file is submitted',
      'myservice.service.hbs:3:65 missing-value "tga" has no value | did you mean "tag"?',
    ],
  },
  {
    fileName: "myservice.service.hbs",
    content:
      "[Service]\n{{#if tag}}\nRestrat=always\nExecStart=/usr/bin/docker run myrepo/myservice\n{{/if}}\n",
    expected: ['myservice.service.hbs:3:1 unknown-directive unknown directive "Restrat=" in [Service]'],
  },
  {
    fileName: "myservice.service.hbs",
    values: { tag: "1", branch: "x" },
    expected: [
      'myservice.service.hbs:1:1 reserved-name value "branch": "branch" is a name of the tool\'s own',
      'myservice.service.hbs:1:1 reserved-name value "tag": "tag" is a name of the tool\'s own',
    ],
  },
  {
    files: { "units/other.service": "[Service]\n" },
    expected: [
      "units/other.service:1:1 missing-exec-start the unit has no ExecStart= | write [Service] with ExecStart=/usr/bin/docker run --name … image:tag",
    ],
  },
  {
    files: { "units/myservice.service.hbs": unitText },
    expected: [
      'units/myservice.service.hbs:1:1 duplicate-file "units/myservice.service" exists both as it is and as a template | remove units/myservice.service or units/myservice.service.hbs',
    ],
  },
  {
    files: {
      "mysysconfig.yaml": `images: {own: ["myrepo/*"], policies: {myrepo/myservice: {pinned: 57-develop}}}\n`,
    },
    expected: [
      'myservice.service:2:48 pinned-image image "myrepo/myservice" is pinned to "57-develop" | change images.policies in mysysconfig.yaml first',
    ],
  },
  {
    files: { "mysysconfig.yaml": "projekt: x\n" },
    expected: ['mysysconfig.yaml:1:1 unknown-key unknown key "projekt" | did you mean "project"?'],
  },
  {
    content: new Uint8Array([0x5b, 0xff]),
    expected: ["myservice.service:1:1 not-text the file is not UTF-8 text | save it as UTF-8"],
  },
];

describe("a submission", () => {
  test.for(refusals)("must be refused: $expected", ({ expected, ...given }) => {
    const { path, said } = send(given);
    expect(path).toBeUndefined();
    expect(
      said.map((line, index) => (line.startsWith(expected[index] ?? "-") ? expected[index] : line)),
    ).toEqual(expected);
  });

  test.for<readonly [Given, string]>([
    [{}, 'values have no effect: "port"; the file is no template | leave out --value'],
    [
      { fileName: "myservice.service.hbs", keepTemplate: true },
      'values have no effect: "port"; the template is kept as it is | leave out either --value or --keep-template',
    ],
  ])("must not come with values that have no effect: %j", ([given, expected]) => {
    const { path, said } = send({ ...given, values: { port: "80" } });
    expect(path).toBeUndefined();
    expect(said).toEqual([expect.stringContaining(`unused-value ${expected}`)]);
  });

  test("must come with the text of what is mistaken, under the submitted name", () => {
    const content = "[Service]\nExecStart=/usr/bin/docker run myrepo/myservice\nRestrat=always\n";
    expect(send({ content }).sources).toEqual(new Map([["myservice.service", content]]));
  });

  test("may go back when that is asked for", () => {
    expect(send({ files: present, allowDowngrade: true }).text).toContain("myrepo/myservice:58-develop");
  });

  test.for([
    "",
    ".",
    "..",
    "../myservice.service",
    "a/b.service",
    "/etc/systemd/system/a.service",
    "a..service",
    "a\\..\\b.service",
    "a\n.service",
    ".hidden.service",
    "myservice",
    "myservice.timer",
    "myservice.service.d",
    "compose.yaml",
    "Shop.compose.yaml",
    "notes.md",
    "mysysconfig.yaml",
    "x.hbs",
    `${"x".repeat(300)}.service`,
  ])("must be refused under the name %j", (fileName) => {
    const { path, said } = send({ fileName });
    expect(path).toBeUndefined();
    expect(said[0]).toContain("invalid-name");
  });

  test("must never leave units/, whatever the name is", () => {
    const part = fc.constantFrom(
      "..",
      "/",
      "\\",
      ".",
      "a",
      ".service",
      ".compose.yaml",
      ".hbs",
      "@",
      "\0",
      "%2e",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const { path } = send({ fileName: parts.join("") });
        if (path !== undefined) expect(path).toMatch(/^units\/[^/]+\.service$/);
      }),
      { numRuns: 500 },
    );
    expect(send().path).toBe("units/myservice.service");
  });
});

const declared = { "mysysconfig.yaml": `${settings}secrets: [db_password]\n` };
const password = "kq7-Wz9r2Xv4";
const gitHubToken = `ghp_${"aZ3kQ9".repeat(6)}`;

describe("a secret", () => {
  test.for<readonly [string, Given, string]>([
    [
      "a credential in a unit",
      { content: run(`-e T=${gitHubToken} myrepo/myservice`) },
      "myservice.service:2:36 plain-credential what looks like a GitHub token",
    ],
    [
      "a credential in a template that stays one",
      {
        fileName: "myservice.service.hbs",
        keepTemplate: true,
        content: run(`-e T=${gitHubToken} -e E={{environment}} myrepo/myservice`),
      },
      "myservice.service.hbs:2:36 plain-credential what looks like a GitHub token",
    ],
    [
      "a credential that is given as a value",
      {
        fileName: "myservice.service.hbs",
        values: { token: gitHubToken },
        content: `{{! a }}\n${run("-e T={{token}} myrepo/myservice")}`,
      },
      "myservice.service.hbs:3:36 plain-credential what looks like a GitHub token",
    ],
    [
      "the value of a declared secret of the run",
      { files: declared, secrets: { db_password: password }, content: run(`myrepo/myservice ${password}`) },
      'myservice.service:2:48 plain-secret the value of the secret "db_password"',
    ],
    [
      "the value of another secret of the run",
      { secrets: { other: password }, content: run(`--nam=x myrepo/myservice ${password}`) },
      'myservice.service:2:56 plain-secret the value of the secret "other"',
    ],
  ])("must not be committed: %s", ([_what, given, expected]) => {
    const { path, said, diagnostics } = send(given);
    expect(path).toBeUndefined();
    expect(said).toEqual([expect.stringContaining(expected)]);
    expect(diagnostics.every(({ isConfidential }) => isConfidential)).toBe(true);
    expect(said.join()).not.toMatch(new RegExp(`${password}|${gitHubToken}`));
    expect(editErrorCode(diagnostics)).toBe("configuration-invalid");
  });

  test("must not be taken for one where the settings allow it, or where it is too short to tell", () => {
    const content = run(`-e T=${gitHubToken} myrepo/myservice`);
    const allowed = `${settings}policy: {allowedCredentials: [units/myservice.service]}\n`;
    expect(send({ content, files: { "mysysconfig.yaml": allowed } }).said).toEqual([]);
    expect(send({ secrets: { short: "serve" } }).said).toEqual([]);
  });

  test.for(["db_password", "secrets.db_password"])("must not be given as the value %s", (name) => {
    const { path, said } = send({
      fileName: "myservice.service.hbs",
      files: declared,
      values: { [name]: "x1" },
      content: run(`-e P={{${name}}} myrepo/myservice`),
    });
    expect(path).toBeUndefined();
    expect(said).toEqual([
      expect.stringContaining(`secret-value value "${name}": the repository declares it`),
    ]);
  });

  test("must be left to the cluster, in a template that stays one", () => {
    const given = {
      fileName: "myservice.service.hbs",
      files: declared,
      content: run("-e P={{secrets.db_password}} myrepo/myservice"),
    };
    expect(send(given).said).toEqual([
      'myservice.service.hbs:2:38 missing-value the value of the secret "db_password" is known in the cluster only | keep the template with --keep-template',
    ]);
    const kept = send({ ...given, keepTemplate: true, secrets: { db_password: password } });
    expect(kept.said).toEqual([]);
    expect(kept.text).toBe(run("-e P={{secrets.db_password}} myrepo/myservice:58-develop"));
  });
});
