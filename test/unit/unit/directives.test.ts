import { describe, expect, test } from "vitest";
import { directiveTable } from "../../../src/unit/directives.ts";
import { restartTable } from "../../../src/unit/service-settings.ts";
import { findingsOf, type TestInput, underlinedIn, unitWith, workloadOf } from "./support.ts";

const flags = "-e A=1";

describe("directives of a unit", () => {
  const rows = Object.entries(directiveTable).flatMap(([section, table]) =>
    Object.entries(table).map(([key, row]) => ({ section, key, ...row })),
  );

  test("must know every directive of a service with a text for the documentation", () => {
    expect(rows.length).toBeGreaterThan(300);
    expect(rows.filter(({ doc }) => doc === "")).toEqual([]);
    expect(rows.filter(({ handling, hint }) => handling === "refused" && hint === undefined)).toEqual([]);
  });

  test.for(rows.filter(({ handling }) => handling === "host"))(
    "must accept $key= in [$section] in silence",
    ({ section, key }) => {
      const value = /Sec$|Interval$/.test(key) ? "10s" : "x";
      const text =
        section === "Service"
          ? unitWith(flags, `${key}=${value}\n`)
          : `[${section}]\n${key}=${value}\n${unitWith(flags)}`;
      expect(findingsOf(text)).toEqual([]);
    },
  );

  test.for(rows.filter(({ handling }) => handling === "refused"))(
    "must refuse $key= in [$section] with a hint",
    ({ section, key }) => {
      const text =
        section === "Service" ? unitWith(flags, `${key}=x\n`) : `[${section}]\n${key}=x\n${unitWith(flags)}`;
      expect(findingsOf(text)[0]).toMatch(new RegExp(`^error 2:1 "${key}=" is refused: .* \\| .+`));
      expect(underlinedIn(text)[0]).toBe(key);
    },
  );

  test.for(rows.filter(({ handling }) => handling === "no-effect"))(
    "must warn that $key= in [$section] has no effect",
    ({ section, key }) => {
      const text =
        section === "Service" ? unitWith(flags, `${key}=x\n`) : `[${section}]\n${key}=x\n${unitWith(flags)}`;
      expect(findingsOf(text)).toEqual([
        expect.stringMatching(new RegExp(`^warning 2:1 "${key}=" has no effect`)),
      ]);
    },
  );

  test.for([
    {
      text: "[Service]\nRestrat=always\n",
      finding: 'unknown directive "Restrat=" in [Service] | did you mean "Restart"?',
    },
    {
      text: "[Unit]\nRestart=always\n",
      finding: 'unknown directive "Restart=" in [Unit] | it belongs to [Service]',
    },
    { text: "[Unit]\nconstructor=1\n", finding: 'unknown directive "constructor=" in [Unit]' },
    { text: "[Servcie]\nA=1\n", finding: 'unknown section "[Servcie]" | did you mean "Service"?' },
    { text: "[Timer]\nA=1\n", finding: 'section "[Timer]" belongs to a .timer unit | a service has' },
    {
      text: "[Unit]\nConditionPathExists=/x\n",
      finding: '"ConditionPathExists=" is refused: files of the host cannot be seen',
    },
    {
      text: "[Unit]\nConditionPathExist=/x\n",
      finding: 'unknown directive "ConditionPathExist=" in [Unit] | did you mean "ConditionPathExists"?',
    },
    {
      text: "[X-Update]\nOrdre=auto\n",
      finding: 'unknown directive "Ordre=" in [X-Update] | did you mean "Order"?',
    },
  ])("must report $finding", ({ text, finding }) => {
    const found = findingsOf(`${text}${unitWith(flags)}`);
    expect(found[0]).toMatch(/^error [12]:1 /);
    expect(found[0]).toContain(finding);
  });

  test("must ignore sections and directives of others that begin with X-", () => {
    const text = `[Unit]\nX-Note=1\n[X-Other]\nAnything=2\n${unitWith(flags, "X-Mine=3\n")}`;
    expect(findingsOf(text)).toEqual([]);
  });

  test("must warn about a section that looks like one of ours", () => {
    expect(findingsOf(`[X-Updates]\nOrder=auto\n${unitWith(flags)}`)).toEqual([
      'warning 1:1 section "[X-Updates]" is ignored | did you mean "X-Update"?',
    ]);
  });
});

describe("settings of the service", () => {
  test.for([
    { type: "simple", kind: "service" },
    { type: "exec", kind: "service" },
    { type: "notify", kind: "service" },
    { type: "forking", kind: "service" },
    { type: "oneshot", kind: "job" },
  ])("must compile Type=$type to a $kind", ({ type, kind }) => {
    expect(workloadOf(unitWith(flags, `Type=${type}\nRemainAfterExit=yes\n`)).kind).toBe(kind);
  });

  test("must compile a detached oneshot to a service, because the container goes on", () => {
    expect(workloadOf(unitWith("-d", "Type=oneshot\n")).kind).toBe("service");
    expect(workloadOf(unitWith("-d=false", "Type=oneshot\n")).kind).toBe("job");
  });

  test.for(
    Object.entries(restartTable).flatMap(([text, { policy, warning }]) =>
      policy === undefined ? [] : [{ text, policy, warnings: warning === undefined ? 0 : 1 }],
    ),
  )("must map Restart=$text", ({ text, policy, warnings }) => {
    const unit = unitWith(flags, `Restart=${text}\n`);
    const { container, positions } = workloadOf(unit);
    expect(container.restart).toEqual(policy);
    expect(positions["restart"]).toMatchObject({ line: 2, column: 9 });
    expect(findingsOf(unit)).toHaveLength(warnings);
  });

  test.for([
    { service: "", flag: "", policy: { name: "no" } },
    { service: "", flag: "--restart unless-stopped", policy: { name: "unless-stopped" } },
    { service: "Restart=always\n", flag: "--restart=always", policy: { name: "always" } },
    {
      service: "Restart=on-failure\n",
      flag: "--restart on-failure:3",
      policy: { name: "on-failure", maximumRetryCount: 3 },
    },
  ])("must take the restart policy of $service and $flag", ({ service, flag, policy }) => {
    expect(workloadOf(unitWith(flag, service)).container.restart).toEqual(policy);
  });

  test("must report --restart that contradicts Restart=", () => {
    const text = unitWith("--restart=no", "Restart=always\n");
    expect(findingsOf(text)).toEqual([
      "error 3:52 --restart contradicts Restart=always | write only one of them",
    ]);
  });

  test.for([
    { service: "Type=dbus", finding: 'Type= cannot be "dbus" for a container' },
    { service: "Type=onshot", finding: 'did you mean "oneshot"?' },
    { service: "Restart=sometimes", finding: 'Restart= cannot be "sometimes"' },
    { service: "Restart=on-success", finding: "the Engine cannot restart a container on success only" },
    { service: "Type=oneshot\nRestart=always", finding: "Restart=always is not allowed with Type=oneshot" },
    { service: "RestartSec=soon", finding: 'RestartSec= cannot be "soon"' },
    { service: "TimeoutStopSec=x", finding: 'TimeoutStopSec= cannot be "x"' },
    {
      service: "Restart=always\nRestart=",
      finding: "an empty Restart= does not take back what was set before",
    },
    { service: "TimeoutStopSec=", finding: "an empty TimeoutStopSec= does not take back" },
    { service: "KillSignal=SIGNO", finding: 'KillSignal= cannot be "SIGNO"' },
    {
      service: "Type=oneshot\nSuccessExitStatus=143",
      finding: "SuccessExitStatus= is not supported for a job",
    },
  ])("must report $service", ({ service, finding }) => {
    expect(findingsOf(unitWith(flags, `${service}\n`)).join("\n")).toContain(finding);
  });

  test("must warn that a start timeout does not limit a job", () => {
    expect(findingsOf(unitWith(flags, "Type=oneshot\nTimeoutStartSec=0\n"))).toEqual([]);
    expect(findingsOf(unitWith(flags, "Type=oneshot\nTimeoutStartSec=1h\n"))[0]).toMatch(/^warning 3:1 /);
  });
});

describe("how the container is stopped", () => {
  test.for([
    { service: "TimeoutStopSec=1min 30s", flag: "", seconds: 90 },
    { service: "TimeoutStopSec=1500ms", flag: "", seconds: 2 },
    { service: "TimeoutStopSec=infinity", flag: "", seconds: -1 },
    { service: "TimeoutStopSec=0", flag: "", seconds: -1 },
    { service: "TimeoutSec=20", flag: "", seconds: 20 },
    { service: "TimeoutStopSec=90", flag: "--stop-timeout 5", seconds: 5 },
    { service: "TimeoutStopSec=90\nExecStop=docker stop -t 3 web", flag: "--stop-timeout 5", seconds: 3 },
    { service: "ExecStop=docker stop --time=7 web", flag: "", seconds: 7 },
    { service: "ExecStop=docker stop -t7 web", flag: "", seconds: 7 },
    { service: "ExecStop=docker stop web", flag: "", seconds: undefined },
  ])("must take the timeout of $service $flag", ({ service, flag, seconds }) => {
    expect(workloadOf(unitWith(flag, `${service}\n`)).container.stopTimeoutSeconds).toBe(seconds);
  });

  test.for([
    { service: "KillSignal=SIGINT", flag: "", signal: "SIGINT" },
    { service: "KillSignal=INT", flag: "--stop-signal QUIT", signal: "SIGQUIT" },
    { service: "KillSignal=SIGINT\nExecStop=docker stop web", flag: "", signal: undefined },
    { service: "ExecStop=docker kill -s HUP web", flag: "", signal: "SIGHUP" },
    { service: "ExecStop=docker kill web", flag: "", signal: undefined },
    { service: "ExecStop=docker stop -s 3 web", flag: "", signal: "SIGQUIT" },
  ])("must take the signal of $service $flag", ({ service, flag, signal }) => {
    expect(workloadOf(unitWith(flag, `${service}\n`)).container.stopSignal).toBe(signal);
  });
});

describe("[X-Update]", () => {
  test("must fill the update policy", () => {
    const update = "[X-Update]\nOrder=stop-first\nParallelism=2\nDelay=5s\nMonitor=1min\n";
    expect(workloadOf(`${update}${unitWith(flags)}`).update).toEqual({
      order: "stop-first",
      parallelism: 2,
      delayMs: 5_000,
      monitorMs: 60_000,
    });
  });

  test("must have a default for everything", () => {
    expect(workloadOf(unitWith(flags)).update).toEqual({ order: "auto", parallelism: 1, delayMs: 0 });
  });

  test.for([
    { line: "Order=start", finding: 'Order= cannot be "start"' },
    { line: "Parallelism=0", finding: 'Parallelism= cannot be "0"' },
    { line: "Delay=soon", finding: 'Delay= cannot be "soon"' },
    { line: "Monitor=infinity", finding: 'Monitor= cannot be "infinity"' },
  ])("must report $line", ({ line, finding }) => {
    expect(findingsOf(`[X-Update]\n${line}\n${unitWith(flags)}`)[0]).toContain(
      `error 2:${line.indexOf("=") + 2} ${finding}`,
    );
  });
});

describe("dependencies", () => {
  function dependenciesOf(unit: string, input: TestInput = {}): string[] {
    return workloadOf(`[Unit]\n${unit}\n${unitWith(flags)}`, input).dependsOn.map(
      ({ workload, condition, required, restart }) =>
        [workload, condition, ...(required ? ["required"] : []), ...(restart ? ["restart"] : [])].join(" "),
    );
  }

  test.for([
    { unit: "After=db.service", depends: ["db started"] },
    { unit: "Wants=db.service cache.service", depends: ["cache started", "db started"] },
    { unit: "Requires=db.service\nAfter=db.service", depends: ["db started required"] },
    { unit: "Requisite=db.service", depends: ["db started required"] },
    { unit: "BindsTo=db.service", depends: ["db started required restart"] },
    { unit: "Upholds=db.service", depends: ["db started"] },
    { unit: "RequiresOverridable=db.service", depends: ["db started required"] },
    { unit: "Before=db.service", depends: [] },
    { unit: "PartOf=db.service", depends: ["db started restart"] },
    { unit: "After=worker@1.service", depends: ["worker@1 started"] },
    { unit: "After=%p-db.service", depends: ["web-db started"] },
    { unit: "After=a-x.service\nAfter=\nAfter=b-x.service", depends: ["b-x started"] },
    { unit: "After=network-online.target docker.service docker.socket srv.mount", depends: [] },
    {
      unit: "Requires=systemd-networkd.service NetworkManager-wait-online.service etcd2.service",
      depends: [],
    },
    { unit: "Before=multi-user.target\nConflicts=shutdown.target", depends: [] },
    { unit: "After=db.service \\\n  cache.service", depends: ["cache started", "db started"] },
  ])("must read $unit", ({ unit, depends }) => {
    expect(dependenciesOf(unit)).toEqual(depends);
  });

  test("must take a host's name for a unit when the configuration has such a unit", () => {
    const files = { "units/etcd.service": "", "units/etcd2@.service": "" };
    expect(dependenciesOf("After=etcd.service sshd.service", { files })).toEqual(["etcd started"]);
  });

  test.for([
    { unit: "Conflicts=db.service", finding: "Conflicts=db.service is not supported" },
    { unit: "After=db", finding: '"db" is not a unit name | write db.service' },
    { unit: "After=web.service", finding: "After= names the unit itself" },
  ])("must report $unit", ({ unit, finding }) => {
    const found = findingsOf(`[Unit]\n${unit}\n${unitWith(flags)}`);
    expect(found[0]).toContain(`error 2:${unit.indexOf("=") + 2} ${finding}`);
  });
});

test("must say where each dependency is named, so that an unknown one can be shown", () => {
  const { positions } = workloadOf(
    "[Unit]\nRequires=db.service\nAfter=cache.service db.service\n[Service]\nExecStart=/usr/bin/docker run --name ab img:1\n",
  );
  expect(positions["dependsOn.db"]).toMatchObject({ line: 3, column: 21 });
  expect(positions["dependsOn.cache"]).toMatchObject({ line: 3, column: 7 });
});
