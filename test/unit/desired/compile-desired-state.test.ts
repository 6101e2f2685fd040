import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import type { RunInputs } from "../../../src/desired/run-inputs.ts";
import { defaultPrunePolicy, defaultRolloutPolicy } from "../../../src/model/environment.ts";
import { describeDiagnostic, treeOf } from "../render/support.ts";

// Properties try hundreds of inputs, also on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

interface Given {
  readonly inputs?: Partial<RunInputs>;
  readonly branch?: string;
  readonly allowMissingSecrets?: boolean;
}

const nothing: ReadonlyMap<string, string> = new Map();

function compile(files: Readonly<Record<string, string | Uint8Array>>, given: Given = {}) {
  const compiled = compileDesiredState(
    treeOf(files),
    { id: "3f2c1ab", ...(given.branch === undefined ? {} : { branch: given.branch }) },
    { variables: nothing, mountedValues: nothing, secrets: nothing, ...given.inputs },
    { allowMissingSecrets: given.allowMissingSecrets ?? false, hostName: "prod-1" },
  );
  return { ...compiled, said: compiled.diagnostics.map(describeDiagnostic) };
}

const run = (args: string, unit = "") => `${unit}[Service]\nExecStart=/usr/bin/docker run ${args}\n`;

describe("a configuration", () => {
  const files = {
    "mysysconfig.yaml": `
project: shop
values: { port: 8080, tag: 58-develop }
secrets: [TOKEN]
environments:
  develop: { policy: { stability: 2s } }
  production: { branch: master, values: { port: 80 } }
instances: { worker: [2, 1] }
images: { own: [myrepo/*] }
`,
    "units/web.service.hbs": run(
      "--name web -p {{port}}:80 -e TOKEN={{quote secrets.TOKEN}} myrepo/web:{{tag}}",
    ),
    "units/worker@.service": run("-e N=%i myrepo/worker:7-develop"),
    "units/shop.compose.yaml": `services:
  db:
    image: postgres:16
    volumes: [data:/data]
  api:
    image: myrepo/api:3-develop
    depends_on: [db]
    environment: { PORT: "\${port}", TOKEN: "\${TOKEN}" }
    volumes: ["./api.conf:/etc/api.conf:ro"]
volumes: { data: {} }
`,
    "units/api.conf.hbs": "port = {{port}}\n",
    "units/README.md": "notes",
    "templates/web.service.hbs": run("myrepo/web:{{build}}"),
  };
  const secrets = new Map([["TOKEN", "hunter2 $x"]]);

  test("must compile to a desired state in which everything is sorted and resolved", () => {
    const { value, said } = compile(files, { branch: "develop", inputs: { secrets } });
    expect(said).toEqual([]);
    expect(value?.environment).toEqual({
      name: "develop",
      project: "shop",
      branch: "develop",
      target: "auto",
      prune: defaultPrunePolicy,
      rollout: { ...defaultRolloutPolicy, stabilityMs: 2000 },
    });
    expect(value?.revision).toEqual({ id: "3f2c1ab", branch: "develop" });
    expect(value?.workloads.map(({ key }) => key)).toEqual([
      "shop/api",
      "shop/db",
      "web",
      "worker@1",
      "worker@2",
    ]);
    expect(value?.secretValues).toEqual(["hunter2 $$x", "hunter2 $x"]);
    const [api, , web, worker] = value?.workloads ?? [];
    expect(web?.container).toMatchObject({
      image: "myrepo/web:58-develop",
      environment: { TOKEN: "hunter2 $x" },
      ports: [{ hostPort: "8080", containerPort: 80 }],
    });
    expect(worker?.container.environment).toEqual({ N: "1" });
    expect(api?.container.environment).toEqual({ PORT: "8080", TOKEN: "hunter2 $x" });
    expect(api?.dependsOn).toMatchObject([{ workload: "shop/db" }]);
    expect(value?.volumes.map(({ name }) => name)).toContain("shop_data");
    expect(value?.fileSets).toHaveLength(1);
    expect(new TextDecoder().decode(value?.fileSets[0]?.files[0]?.content)).toBe("port = 8080\n");
  });

  test("must have the places of the template, not of what was rendered", () => {
    const { value } = compile(files, { branch: "develop", inputs: { secrets } });
    const web = value?.workloads.find(({ key }) => key === "web");
    expect(web?.origin.file).toBe("units/web.service.hbs");
    expect(web?.positions["image"]).toMatchObject({ file: "units/web.service.hbs", line: 2, column: 90 });
  });

  test("must be compiled for the environment of its branch", () => {
    const { said } = compile(files, { branch: "master", inputs: { secrets } });
    expect(said).toHaveLength(3);
    for (const one of said)
      expect(one).toMatch(/is a build of branch "develop", but this environment runs "master"/);
  });

  test("must be the same each time", () => {
    const shuffled = Object.fromEntries(Object.entries(files).reverse());
    const given = { branch: "develop", inputs: { secrets } };
    expect(compile(shuffled, given).value).toEqual(compile(files, given).value);
  });

  test("must be checked without its secrets when that is asked for", () => {
    const strict = compile(files, { branch: "develop" });
    expect(strict.value).toBeUndefined();
    expect(strict.said).toEqual(['mysysconfig.yaml:4:11 missing-secret secret "TOKEN" is not given']);
    const { value, said } = compile(files, { branch: "develop", allowMissingSecrets: true });
    expect(said).toEqual([]);
    expect(value?.workloads.find(({ key }) => key === "web")?.container.environment).toEqual({
      TOKEN: "secret-TOKEN-is-not-given",
    });
    expect(value?.secretValues).toEqual([]);
  });

  test("must be checked without a secret that stands unquoted in a unit, a compose file and an address", () => {
    const { value, said } = compile(
      {
        "mysysconfig.yaml": "project: shop\nsecrets: [TOKEN]\n",
        "units/one.service.hbs": run("-e T={{secrets.TOKEN}} -e U=http://me:{{secrets.TOKEN}}@db/ redis:7"),
        "units/two.compose.yaml.hbs":
          "services:\n  two:\n    image: redis:7\n    environment:\n      T: {{secrets.TOKEN}}\n",
      },
      { allowMissingSecrets: true },
    );
    expect(said).toEqual([]);
    expect(value?.workloads.map(({ container }) => container.environment)).toEqual([
      { T: "secret-TOKEN-is-not-given", U: "http://me:secret-TOKEN-is-not-given@db/" },
      { T: "secret-TOKEN-is-not-given" },
    ]);
  });

  test.for([
    ["{{upper secrets.TOKEN}}", ["OPEN-$ESAME"]],
    ["{{lower secrets.TOKEN}}", ["open-$esame"]],
    ['{{trim (concat " " secrets.TOKEN "!" (lower "A"))}}', [" Open-$esame!a", "Open-$esame!a"]],
    ["{{#with secrets.TOKEN}}{{upper this}}{{/with}}", ["OPEN-$ESAME"]],
    ["{{#each secrets as |one|}}{{lower (upper one)}}{{/each}}", ["OPEN-$ESAME", "open-$esame"]],
    ["{{quote secrets.TOKEN}}", ["Open-$$esame"]],
    ["{{> shout word=secrets.TOKEN}}", ["OPEN-$ESAME"]],
    ['{{default secrets.TOKEN "other"}}{{upper port}}', []],
    ['{{#if (eq secrets.TOKEN "Open-$esame")}}{{upper project}}{{/if}}', []],
  ] as const)("must mask what helpers make of a secret: %s", ([expression, derived]) => {
    const given = { secrets: new Map([["TOKEN", "Open-$esame"]]) };
    const { value, said } = compile(
      {
        "mysysconfig.yaml": "project: shop\nvalues: {port: 80}\nsecrets: [TOKEN]\n",
        "units/web.service.hbs": `# ${expression}\n${run("redis:7")}`,
        "templates/shout.hbs": "{{upper word}}",
      },
      { inputs: given },
    );
    expect(said).toEqual([]);
    expect(value?.secretValues).toEqual(["Open-$esame", ...derived].sort());
  });

  test("must not take what helpers make of a placeholder for a secret", () => {
    const { value } = compile(
      {
        "mysysconfig.yaml": "project: shop\nsecrets: [TOKEN]\n",
        "units/web.service.hbs": run("-e A={{upper secrets.TOKEN}} redis:7"),
      },
      { allowMissingSecrets: true },
    );
    expect(value?.secretValues).toEqual([]);
  });

  test("must hide secrets in the texts for excerpts, and leave every line at its place", () => {
    const given = { secrets: new Map([["TOKEN", "first line\nsecond line"]]) };
    const { sources } = compile(
      {
        "mysysconfig.yaml": "project: shop\nsecrets: [TOKEN]\n",
        "units/web.service":
          "# first line\n# second line\n[Service]\nExecStart=/usr/bin/docker run --nmae x a:1\n",
      },
      { inputs: given },
    );
    expect(sources.get("units/web.service")?.split("\n").slice(0, 3)).toEqual([
      "# ***",
      "# ***",
      "[Service]",
    ]);
  });

  test("may be empty: what that means is for the guard to say", () => {
    for (const empty of [{}, { "units/.gitkeep": "" }, { "mysysconfig.yaml": "project: a" }]) {
      const { value, said } = compile(empty);
      expect(said).toEqual([]);
      expect(value).toMatchObject({
        workloads: [],
        networks: [],
        volumes: [],
        fileSets: [],
        secretValues: [],
      });
    }
    expect(compile({}).value?.environment).toMatchObject({ name: "default", project: "mysysconfig" });
  });
});

describe("timers", () => {
  const job = run("--name %p-%i -e N=%i a:1").replace("[Service]\n", "[Service]\nType=oneshot\n");
  const files = {
    "mysysconfig.yaml": "instances: { backup: [b, a] }\nvalues: { hour: 3 }\n",
    "units/backup@.service": job,
    "units/backup@.timer.hbs": "{{#if hour}}\n[Timer]\nOnCalendar=*-*-* {{hour}}:00\n{{/if}}\n",
  };

  test("must belong to the instances of their services, at their places in the template", () => {
    const { value, said } = compile(files);
    expect(said).toEqual([]);
    const origin = { file: "units/backup@.timer.hbs", line: 2, column: 1, length: 7 };
    expect(value?.workloads).toMatchObject([
      { key: "backup@a", kind: "job", timer: { unit: "backup@a.timer", calendars: ["*-*-* 3:00"], origin } },
      { key: "backup@b", kind: "job", timer: { unit: "backup@b.timer", calendars: ["*-*-* 3:00"], origin } },
    ]);
  });

  test("must be checked together with their services", () => {
    const text = "[Timer]\nOnCalendar=daily\n";
    const detached = run("-d --name save a:1").replace("[Service]\n", "[Service]\nType=oneshot\n");
    const installed = `${job.replace("%p-%i -e N=%i", "dump")}[Install]\nWantedBy=multi-user.target\n`;
    const { said } = compile({
      ...files,
      "units/lost.timer": text,
      "units/save.timer": text,
      "units/save.service": detached,
      "units/dump.timer": text,
      "units/dump.service": installed,
      "units/web.service": run("--name web a:1", "[Unit]\nAfter=backup@a.service\n"),
      "units/broken.timer": text,
      "units/broken.service": run("--nmae x a:1"),
    });
    expect(said.map((one) => one.split(" ").slice(0, 2).join(" "))).toEqual([
      "units/broken.service:2:31 unknown-flag",
      "units/dump.service:5:1 started-twice",
      "units/lost.timer:1:1 unknown-workload",
      "units/save.timer:1:1 not-a-job",
      "units/web.service:2:7 wrong-condition",
    ]);
  });
});

describe("mistakes", () => {
  test("must be reported all at once, each with its place in its own file", () => {
    const { value, diagnostics, said, sources } = compile({
      "mysysconfig.yaml": "values: { a: 1 }\nprnue: {}\ninstances: { gone: [1] }\n",
      "units/aa.service": run("--nmae a a:1"),
      "units/bb.service.hbs": `# {{a}}\n${run("-p {{prot}}:80 b:1")}`,
      "units/cc.compose.yaml": "services:\n  c:\n    imgae: c:1\n",
      "units/dd.service.hbs": "{{#if a}}\n",
      "units/ee.servce": run("e:1"),
      "units/ff.service": run("f:1", "[Unit]\nRequires=fx.service\n"),
      "units/gg.service": run("-p 80:80 g:1"),
      "units/hh.service": run("-p 80:80 h:1"),
      "units/ii.timer": "[Timer]\n",
      "units/jj.compose.yaml": "services: [\n",
      "units/kk.service": Uint8Array.of(0xff),
    });
    expect(value).toBeUndefined();
    const files = new Set(diagnostics.map(({ position }) => position.file));
    expect([...files]).toEqual([
      "mysysconfig.yaml",
      "units/aa.service",
      "units/bb.service.hbs",
      "units/cc.compose.yaml",
      "units/dd.service.hbs",
      "units/ee.servce",
      "units/ff.service",
      "units/hh.service",
      "units/ii.timer",
      "units/jj.compose.yaml",
      "units/kk.service",
    ]);
    expect(said.filter((one) => !/^units\/(cc|ff|jj)/.test(one))).toEqual([
      'mysysconfig.yaml:2:1 unknown-key unknown key "prnue"',
      'mysysconfig.yaml:3:14 unknown-template-unit instances of "gone@.service", which is not below units/',
      'units/aa.service:2:31 unknown-flag unknown docker run flag "--nmae"',
      'units/bb.service.hbs:3:36 missing-value "prot" has no value',
      "units/dd.service.hbs:2:1 template-syntax the template ends inside a block or an expression",
      'units/ee.servce:1:1 unused-file "units/ee.servce" is no unit and no compose file, and none of them uses it',
      'units/hh.service:2:34 port-conflict host port 80/tcp is taken by workload "gg" in units/gg.service:2',
      "units/ii.timer:1:1 no-trigger the timer says no time",
      "units/kk.service:1:1 not-text the file is not UTF-8 text",
    ]);
    expect([...sources.keys()].sort()).toEqual([...files].sort());
    expect(sources.get("units/bb.service.hbs")).toContain("{{prot}}");
  });

  test("must be shown where they are in the template", () => {
    const { diagnostics } = compile({
      "mysysconfig.yaml": "values: { long: some-long-name }\n",
      "units/aa.service.hbs":
        "{{#if long}}\n[Service]\nExecStart=/usr/bin/docker run --name {{long}} --nmae x a:1\n{{/if}}\n",
    });
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.position).toEqual({
      file: "units/aa.service.hbs",
      line: 3,
      column: 47,
      length: 6,
    });
  });

  test("must not bring others along that are only their echo", () => {
    const { said } = compile({
      "mysysconfig.yaml": "values: {}\n",
      "units/db.service.hbs": run("db:{{gone}}"),
      "units/web.service": run(
        "--network container:db -v ./web.conf:/etc/web.conf web:1",
        "[Unit]\nRequires=db.service\n",
      ),
      "units/web.conf.hbs": "{{gone}}",
      "units/s.compose.yaml.hbs": "services: {api: {image: '{{gone}}'}}\n",
      "units/last.service": run("--nmae x -v ./last/:/etc/last last:1"),
      "units/last/a.conf": "x",
    });
    expect(said.map((one) => one.split(" ")[0])).toEqual([
      "units/db.service.hbs:2:36",
      expect.stringMatching(/^units\/last.service:2/),
      "units/s.compose.yaml.hbs:1:28",
      "units/web.conf.hbs:1:3",
    ]);
  });

  test("in the settings must not hide those of plain units, nor blame templates", () => {
    const { said } = compile({
      "mysysconfig.yaml": "values: [\n",
      "units/aa.service": run("--nmae a a:1"),
      "units/bb.service.hbs": run("{{gone}}"),
      "units/w@.service": run("w:1"),
    });
    expect(said.map((one) => one.split(":")[0])).toEqual(
      expect.arrayContaining(["mysysconfig.yaml", "units/aa.service"]),
    );
    expect(said.filter((one) => /units\/[bw]/.test(one))).toEqual([]);
  });

  test("in the choice of the environment must not hide those of plain units", () => {
    const { value, said } = compile({
      "mysysconfig.yaml": "environments: { a: {}, b: {} }\n",
      "units/aa.service": run("--nmae a a:1"),
      "units/bb.service.hbs": run("{{gone}}"),
    });
    expect(value).toBeUndefined();
    expect(said).toHaveLength(2);
    expect(said[0]).toBe("mysysconfig.yaml:1:1 no-environment no environment is chosen");
  });

  test("must not show a secret", () => {
    const { diagnostics, sources } = compile(
      {
        "mysysconfig.yaml": "secrets: [TOKEN]\n",
        "units/aa.service.hbs": run("--{{secrets.TOKEN}} a:1"),
        "units/bb.compose.yaml.hbs": "services: { b: { image: b:1, {{secrets.TOKEN}}: 1 } }\n",
      },
      { inputs: { secrets: new Map([["TOKEN", "hunter22"]]) } },
    );
    expect(diagnostics.length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify([diagnostics, [...sources]])).not.toContain("hunter22");
  });

  test("that are only warnings must not stop anything", () => {
    const { value, diagnostics } = compile({ "units/aa.service": run("aa") });
    expect(diagnostics.map(({ severity }) => severity)).toEqual(["warning"]);
    expect(value?.workloads).toHaveLength(1);
  });
});

describe("any value", () => {
  const settings = (v: string) => ({
    "mysysconfig.yaml": `values: { v: ${JSON.stringify(v)} }\n`,
  });
  const hostile = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "x\nprivileged: true",
      "x\n    privileged: true",
      '"}\nprivileged: true',
      "a\\",
      "$x",
      "${HOME}",
      "%i",
      "%%",
      "' '",
      "--privileged",
      "ä €😀\u2028",
    ),
  );
  // A NUL can be in no environment variable of any process.
  const variable = hostile.filter((v) => !v.includes("\0") && !v.includes("\ufeff"));

  test("must arrive in a compose file through {{yaml}} as exactly itself and change nothing else", () => {
    fc.assert(
      fc.property(variable, (v) => {
        const { value, said } = compile({
          ...settings(v),
          "units/s.compose.yaml.hbs":
            "services:\n  a:\n    image: a:1\n    environment:\n      V: {{yaml v}}\n",
        });
        expect(said).toEqual([]);
        expect(value?.workloads[0]?.container.environment).toEqual({ V: v });
        expect(value?.workloads[0]?.container.privileged).toBeUndefined();
      }),
    );
  });

  test("must never add a key or a directive when it is rendered as it is", () => {
    fc.assert(
      fc.property(hostile, (v) => {
        const { value } = compile({
          ...settings(v),
          "units/s.compose.yaml.hbs": "services:\n  a:\n    image: a:1\n    hostname: {{v}}\n",
          "units/uu.service.hbs": "[Service]\nEnvironment=V={{v}}\nExecStart=/usr/bin/docker run u:1\n",
        });
        for (const workload of value?.workloads ?? []) {
          expect(workload.container.privileged).toBeUndefined();
          expect(workload.container.image).toMatch(/^[au]:1$/);
        }
        expect(value?.workloads.length ?? 2).toBe(2);
      }),
    );
  });

  test("must never make compiling throw", () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("[Service]\nExecStart=", "services:\n", "{{", "[Unit]\n"),
      fc.json(),
    );
    fc.assert(
      fc.property(text, text, text, text, (yaml, unit, compose, template) => {
        const { diagnostics, value } = compile({
          "mysysconfig.yaml": yaml,
          "units/uu.service": unit,
          "units/cc.compose.yaml": compose,
          "units/tt.service.hbs": template,
          "templates/p.hbs": template,
        });
        expect(value === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
      }),
      { numRuns: 300 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("a promotion", () => {
  const files = (promotesFrom: string) => ({
    "mysysconfig.yaml": `images: { own: [myrepo/*] }\nenvironments:\n  develop: {}\n  acceptance: { ${promotesFrom} }\n  production: {}\n`,
    "units/web.service": run("--name web myrepo/web:58-develop"),
  });

  test("must bring a build of a branch that the environment takes builds from, and no other", () => {
    const taken = compile(files("promotesFrom: [develop]"), { branch: "acceptance" });
    expect(taken.said).toEqual([]);
    expect(taken.value?.workloads[0]?.container.image).toBe("myrepo/web:58-develop");
    const other = compile(files("promotesFrom: [production]"), { branch: "acceptance" });
    expect(other.said.join()).toContain('this environment runs "acceptance" and "production"');
    const none = compile(files(""), { branch: "acceptance" });
    expect(none.said.join()).toContain('this environment runs "acceptance"');
  });

  test("must not change what the other environments take", () => {
    const { said } = compile(files("promotesFrom: [develop]"), { branch: "production" });
    expect(said.join()).toContain('is a build of branch "develop", but this environment runs "production"');
  });
});
