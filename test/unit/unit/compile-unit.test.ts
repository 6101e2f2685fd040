import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { directiveTable } from "../../../src/unit/directives.ts";
import { flagTable } from "../../../src/unit/docker-run-flags.ts";
import { compileText, findingsOf, workloadOf } from "./support.ts";

describe("a unit", () => {
  test("must become one workload with all that it says", () => {
    const text = `[Unit]
Description=The web server
After=docker.service db.service
Requires=docker.service db.service

[Service]
EnvironmentFile=web.env
Restart=always
TimeoutStopSec=20
ExecStartPre=-/usr/bin/docker kill %N
ExecStartPre=-/usr/bin/docker rm %N
ExecStartPre=/usr/bin/docker pull myrepo/web:58-develop
ExecStart=/usr/bin/docker run --rm --name %N \\
  -p 3000:3000 \\
  -e LEVEL=\${LEVEL} \\
  -v web-data:/data \\
  myrepo/web:58-develop serve --verbose
ExecStop=/usr/bin/docker stop -t 15 %N

[Install]
WantedBy=multi-user.target
`;
    const { value, diagnostics } = compileText(text, { files: { "units/web.env": "LEVEL=debug\n" } });
    expect(diagnostics).toEqual([]);
    const at = (line: number, column: number, length: number) => ({
      file: "units/web.service",
      line,
      column,
      length,
    });
    expect(value).toEqual({
      workloads: [
        {
          key: "web",
          kind: "service",
          containerNames: ["web"],
          container: {
            image: "myrepo/web:58-develop",
            command: ["serve", "--verbose"],
            environment: { LEVEL: "debug" },
            labels: {},
            restart: { name: "always" },
            stopTimeoutSeconds: 15,
            ports: [{ containerPort: 3000, protocol: "tcp", hostIp: "", hostPort: "3000" }],
            expose: [],
            mounts: [{ kind: "volume", volume: "web-data", target: "/data", readOnly: false }],
            network: { kind: "default" },
          },
          dependsOn: [{ workload: "db", condition: "started", required: true, restart: false }],
          update: { order: "auto", parallelism: 1, delayMs: 0 },
          origin: at(13, 1, 9),
          positions: {
            image: at(17, 3, 21),
            command: at(17, 25, 5),
            environment: at(15, 6, 14),
            ports: at(14, 6, 9),
            mounts: at(16, 6, 14),
            "mounts./data": at(16, 6, 14),
            restart: at(8, 9, 6),
            stopTimeoutSeconds: at(18, 34, 2),
            "dependsOn.db": at(3, 22, 10),
          },
        },
      ],
      networks: [],
      volumes: [{ name: "web-data", external: false, driverOptions: {}, labels: {}, origin: at(16, 6, 14) }],
      fileSets: [],
      usedPaths: ["units/web.env"],
    });
  });

  const text = "[Service]\nExecStart=docker run busybox:1\n";

  test.for([
    { path: "units/myservice.service", instance: undefined, key: "myservice", name: "myservice" },
    { path: "units/apache.1.service", instance: undefined, key: "apache.1", name: "apache.1" },
    { path: "units/worker@.service", instance: "1", key: "worker@1", name: "worker-1" },
    { path: "units/worker@2.service", instance: undefined, key: "worker@2", name: "worker-2" },
  ])("must have the key $key in $path", ({ path, instance, key, name }) => {
    const workload = workloadOf(text, instance === undefined ? { path } : { path, instance });
    expect([workload.key, workload.containerNames]).toEqual([key, [name]]);
  });

  test("must name its container after --name", () => {
    const named = "[Service]\nExecStart=docker run --name %p-%i busybox:1\n";
    const { containerNames } = workloadOf(named, { path: "units/worker@.service", instance: "7" });
    expect(containerNames).toEqual(["worker-7"]);
  });

  test.for([
    {
      path: "units/a.service",
      finding: '"a" is not a possible container name | give the container a name with --name',
    },
    { path: "units/a b.service", finding: '"a b" is not a possible container name' },
    { path: "units/web.next-01234567.service", finding: "is reserved" },
    {
      path: "units/worker@.service",
      finding: 'template "worker@.service" has no instance | list its instances',
    },
  ])("must be reported: $path", ({ path, finding }) => {
    expect(findingsOf(text, { path })[0]).toContain(finding);
  });

  test("must report all mistakes at once, sorted by place, and have no value", () => {
    const wrong = `[Unit]
After=db
Befor=x
[Service]
Type=dbus
Environment=1=2
ExecStartPre=/bin/mkdir /x
ExecStart=docker run --nmae x -p 99999 -v a:/x myrepo/web
ExecStop=docker stop other
[Timer]
`;
    const { value, diagnostics } = compileText(wrong);
    expect(value).toBeUndefined();
    expect(diagnostics.map(({ position, code }) => `${position.line} ${code}`)).toEqual([
      "2 invalid-unit-name",
      "3 unknown-directive",
      "5 unknown-value",
      "6 invalid-variable",
      "7 host-command",
      "8 unknown-flag",
      "8 invalid-flag-value",
      "8 invalid-flag-value",
      "8 image-refused",
      "9 other-container",
      "10 unknown-section",
    ]);
  });
});

describe("any text", () => {
  const flags = flagTable.flatMap(({ name, short }) => [
    `--${name}`,
    `--${name}=`,
    ...(short ? [`-${short}`] : []),
  ]);
  const keys = Object.entries(directiveTable).flatMap(([section, table]) =>
    Object.keys(table).flatMap((key) => [`\n[${section}]\n${key}=`]),
  );
  const pieces = [
    ..."\\ \n\r\t'\"$%{}[]=:;,#-@!+/.0a",
    ...[
      "\\\n",
      " ; ",
      "${A}",
      "$A",
      "%i",
      "%%",
      "sh -c",
      "docker",
      " run ",
      "web:1",
      "1.2.3.4",
      "x=y",
      "./a",
      "-1",
    ],
    ...["\nExecStart=docker run ", "\nExecStop=docker stop ", "\nEnvironmentFile=-./a.env"],
  ];
  const arbitraryText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.array(fc.constantFrom(...pieces, ...flags, ...keys), { maxLength: 60 }).map((parts) => parts.join("")),
    fc
      .array(fc.tuple(fc.constantFrom(...flags), fc.constantFrom(...pieces), fc.string({ maxLength: 8 })), {
        maxLength: 12,
      })
      .map(
        (parts) => `[Service]\nExecStart=docker run ${parts.map((part) => part.join(" ")).join(" ")} web:1`,
      ),
  );

  test("must never throw, and must have a value exactly when there is no error", () => {
    fc.assert(
      fc.property(arbitraryText, fc.string({ maxLength: 50 }), (text, content) => {
        const files = { "units/a.env": content, "units/a": content };
        const { value, diagnostics } = compileText(text, { files });
        const hasErrors = diagnostics.some(({ severity }) => severity === "error");
        expect(value === undefined).toBe(hasErrors);
      }),
      { numRuns: 2_000 },
    );
  });

  test("must only be reported at places that the text has", () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        const lines = text.split("\n");
        for (const { position } of compileText(text).diagnostics) {
          const line = lines[position.line - 1];
          expect(line).toBeDefined();
          expect(position.column).toBeGreaterThanOrEqual(1);
          expect(position.column - 1 + (position.length ?? 0)).toBeLessThanOrEqual(
            Math.max(line?.length ?? 0, 1),
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("must compile to the same result again", () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        expect(compileText(text)).toEqual(compileText(text));
      }),
      { numRuns: 200 },
    );
  });
});
