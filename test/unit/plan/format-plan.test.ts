import { describe, expect, test } from "vitest";
import { buildPlan } from "../../../src/plan/build-plan.ts";
import { formatPlan, plainFormat, summaryLine } from "../../../src/plan/format-plan.ts";
import {
  actualState,
  desiredState,
  fileSet,
  job,
  network,
  onNetworks,
  port,
  runningContainer,
  txn,
  volume,
  volumeMount,
  workload,
} from "../../support/builders.ts";
import { planOf } from "./planning.ts";

const web = (version: string) => workload("web", { image: `myrepo/web:${version}-develop` });
const edge = (value: string) => workload("edge", { ports: [port("80:80")], environment: { MODE: value } });

describe("a plan as text", () => {
  test("must say that there is nothing to do", () => {
    expect(formatPlan(planOf([web("58")], [runningContainer(web("58"))]))).toMatchInlineSnapshot(
      `"Nothing to do: 1 workload is as desired."`,
    );
    expect(summaryLine(planOf([], [], { actual: { networks: ["front"] } }))).toMatchInlineSnapshot(
      `"Nothing to do: 0 workloads are as desired."`,
    );
  });

  test("must show a rollout that keeps serving", () => {
    expect(formatPlan(planOf([web("59")], [runningContainer(web("58"))]))).toMatchInlineSnapshot(`
      "  ~ web  image  myrepo/web:58-develop → 59-develop  units/web.service:1  start-first, no downtime
            cause: the configuration changed
            create   web (next), without its aliases yet
            start    web (next)
            gate     web (next) good within 10 s, then stable for 5 s
            cut over web on front
            wait     1 s for clients to reach the new address
            stop     web, up to 10 s
            rename   web to web (previous)
            rename   web (next) to web
            remove   web (previous)

      1 to replace. Expected downtime: none."
    `);
  });

  test("must show what a stop-first rollout costs, and mask values", () => {
    const plan = planOf([edge("new-secret")], [runningContainer(edge("old-secret"))]);
    expect(formatPlan(plan)).toMatchInlineSnapshot(`
      "  ~ edge  env MODE  *** → *** (changed)  units/edge.service:1  stop-first, downtime up to 15 s
            cause: the configuration changed
            stop-first: host port 80 can be held by one container only; expected downtime at most 15 s
            create   edge (next)
            stop     edge, up to 10 s
            start    edge (next)
            gate     edge (next) good within 10 s, then stable for 5 s
            rename   edge to edge (previous)
            rename   edge (next) to edge
            remove   edge (previous)

      1 to replace. Expected downtime: edge up to 15 s."
    `);
    expect(formatPlan(plan)).not.toContain("secret");
  });

  test("must mask values that come or go", () => {
    const [wanted, old] = ["COMES", "GOES"].map((key) =>
      workload("web", { environment: { [key]: "secret" } }),
    );
    const text = formatPlan(planOf([wanted ?? web("1")], [runningContainer(old ?? web("1"))]));
    expect(text).toContain("env COMES  + ***");
    expect(text).toContain("env GOES  *** → (not set)");
    expect(text).not.toContain("secret");
  });

  test("must show values on request", () => {
    const plan = planOf([edge("new")], [runningContainer(edge("old"))]);
    expect(formatPlan(plan, { ...plainFormat, showValues: true, steps: false })).toMatchInlineSnapshot(`
      "  ~ edge  env MODE  old → new  units/edge.service:1  stop-first, downtime up to 15 s
            cause: the configuration changed
            stop-first: host port 80 can be held by one container only; expected downtime at most 15 s

      1 to replace. Expected downtime: edge up to 15 s."
    `);
  });

  test("must show what is created, with everything that it needs", () => {
    const files = fileSet({ "nginx.conf": "listen 80;" });
    const mounts = [
      volumeMount("data"),
      { kind: "files" as const, fileSet: files.name, target: "/etc/nginx" },
    ];
    const created = workload(
      "web",
      { mounts, network: onNetworks("back") },
      { dependsOn: [{ workload: "migrate", condition: "completed" }] },
    );
    const desired = { networks: [network("back")], volumes: [volume("data")], fileSets: [files] };
    expect(formatPlan(planOf([created, job("migrate")], [], { desired }))).toMatchInlineSnapshot(`
      "      deliver  nginx.conf  files of the repository are mounted

        + migrate       not there yet  units/migrate.service:1
            create   migrate
            start    migrate
            await    migrate exits with 0
        + network back  not there yet  units/shop.compose.yaml:40
            create   network back
        + volume data   not there yet  units/shop.compose.yaml:50
            create   volume data
        + web           not there yet  units/web.service:1
            create   web
            start    web
            gate     web good within 10 s, then stable for 5 s

      4 to create. Expected downtime: none."
    `);
  });

  test("must show changes in place, repairs and removals", () => {
    const limited = (memory: number) => workload("limited", { memory });
    const wanted = [limited(2 ** 27), workload("halted"), workload("frozen"), web("58")];
    const running = [
      runningContainer(limited(2 ** 26)),
      runningContainer(workload("halted"), { state: { status: "exited", exitCode: 3 } }),
      runningContainer(workload("frozen"), { state: { status: "paused" } }),
      runningContainer(workload("gone", { mounts: [volumeMount("b"), volumeMount("a", "/a")] })),
      runningContainer(web("58")),
    ];
    const plan = planOf(wanted, running, { actual: { volumes: ["a", "b"] } });
    expect(formatPlan(plan)).toMatchInlineSnapshot(`
      "  * frozen   is paused                       units/frozen.service:1
            unpause  frozen
            gate     frozen good within 10 s, then stable for 5 s
        - gone     no longer in the configuration
            note: its volumes a, b stay
            stop     gone, up to 10 s
            remove   gone
        * halted   is stopped (exit code 3)        units/halted.service:1
            start    halted
            gate     halted good within 10 s, then stable for 5 s
        ~ limited  memory  64 MiB → 128 MiB        units/limited.service:1  in place, no restart
            cause: the configuration changed
            update   limited in place: memory, memorySwap

        volume a is no longer declared and stays
        volume b is no longer declared and stays
      1 to change in place, 1 to remove, 2 to repair, 1 unchanged. Expected downtime: none."
    `);
  });

  test("must show what is blocked, and why", () => {
    const holder = runningContainer(workload("web"), {
      ownership: { kind: "unmanaged" },
      id: "0123456789abcdef",
    });
    expect(formatPlan(planOf([web("58")], [holder]))).toMatchInlineSnapshot(`
      "  ! web  the name "web" is held by container 0123456789ab, which belongs to nobody we know; remove or rename it, or take it over with --adopt web  units/web.service:1

      1 blocked. Expected downtime: none."
    `);
  });

  test("must show the batches of replicas", () => {
    const several = (version: string) =>
      workload(
        "web",
        { image: `myrepo/web:${version}` },
        { containerNames: ["web-1", "web-2"], update: { delayMs: 30_000 } },
      );
    const running = [1, 2].map((replica) => runningContainer(several("1"), { replica }));
    expect(formatPlan(planOf([several("2")], running))).toMatchInlineSnapshot(`
      "  ~ web#1  image  myrepo/web:1 → 2  units/web.service:1  start-first, no downtime
            cause: the configuration changed
            create   web-1 (next), without its aliases yet
            start    web-1 (next)
            gate     web-1 (next) good within 10 s, then stable for 5 s
            cut over web-1 on front
            wait     1 s for clients to reach the new address
            stop     web-1, up to 10 s
            rename   web-1 to web-1 (previous)
            rename   web-1 (next) to web-1
            remove   web-1 (previous)
        ~ web#2  image  myrepo/web:1 → 2  units/web.service:1  start-first, no downtime
            cause: the configuration changed
            wait     30 s between batches
            create   web-2 (next), without its aliases yet
            start    web-2 (next)
            gate     web-2 (next) good within 10 s, then stable for 5 s
            cut over web-2 on front
            wait     1 s for clients to reach the new address
            stop     web-2, up to 10 s
            rename   web-2 to web-2 (previous)
            rename   web-2 (next) to web-2
            remove   web-2 (previous)

      2 to replace. Expected downtime: none."
    `);
  });

  test("must warn of another source that manages the same project", () => {
    const running = runningContainer(workload("gone"), { record: { source: "git@other" } });
    const plan = planOf([web("58")], [running, runningContainer(web("58"))], {
      desired: { source: "git@mine" },
    });
    expect(formatPlan(plan)).toMatchInlineSnapshot(`
      "  another source (git@other) manages this project and environment: nothing is removed
      Nothing to do: 1 workload is as desired."
    `);
  });
});

describe("the text of a plan", () => {
  test("must be the same for every transaction", () => {
    const texts = ["11111111", "abcdef01"].map((txn) =>
      formatPlan(
        planOf([web("59"), edge("b")], [runningContainer(web("58")), runningContainer(edge("a"))], { txn }),
      ),
    );
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).not.toContain("11111111");
  });

  test("must not depend on the order of what the Engine lists", () => {
    const desired = desiredState([web("59"), edge("b")]);
    const actual = actualState(
      [
        runningContainer(web("58")),
        runningContainer(edge("a")),
        runningContainer(workload("gone")),
        runningContainer(workload("away")),
      ],
      { volumes: ["a", "b"], networks: ["front", "old", "older"] },
    );
    const { containers, volumes, networks } = actual;
    const reversed = {
      ...actual,
      containers: containers.toReversed(),
      volumes: volumes.toReversed(),
      networks: networks.toReversed(),
    };
    const [text, other] = [actual, reversed].map((state) =>
      formatPlan(buildPlan(desired, state, { adopt: new Set(), txn })),
    );
    expect(other).toBe(text);
  });

  test.for([
    ["a line\nbreak", "a line\\nbreak"],
    ["\u001b[31mred", "\\u001b[31mred"],
    ["c1\u009bcontrol", "c1\\u009bcontrol"],
    ["separator\u2028here", "separator\\u2028here"],
    ["x".repeat(161), `${"x".repeat(160)}… (161 characters)`],
    ["x".repeat(160), "x".repeat(160)],
  ] as const)("must neither break lines nor drive the terminal: %j", ([value, shown]) => {
    const labelled = (text: string) => workload("web", { labels: { a: text } });
    const text = formatPlan(planOf([labelled(value)], [runningContainer(labelled("old"))]), {
      ...plainFormat,
      steps: false,
    });
    expect(text.split("\n")[0]).toContain(`label a  old → ${shown}`);
  });

  test.for([
    ["myrepo/web:58", "myrepo/web:59", "myrepo/web:58 → 59"],
    ["localhost:5000/web:58", "localhost:5000/web:59", "localhost:5000/web:58 → 59"],
    ["myrepo/web:58", "other/web:59", "myrepo/web:58 → other/web:59"],
    ["nginx:1", "nginx:2", "nginx:1 → nginx:2"],
  ] as const)("must say a repository once: %s to %s", ([before, after, shown]) => {
    const plan = planOf(
      [workload("web", { image: after })],
      [runningContainer(workload("web", { image: before }))],
    );
    const head = formatPlan(plan, { ...plainFormat, steps: false }).split("\n")[0];
    expect(head).toContain(`image  ${shown}  `);
  });

  test("must hide a secret before a value is cut or escaped, wherever it stands", () => {
    const labelled = (text: string) => workload("web", { labels: { a: text } });
    const secret = "se\u0007cret-word";
    const plan = planOf([labelled(`${"x".repeat(155)}${secret}`)], [runningContainer(labelled("old"))]);
    const noted = { ...plan, changes: plan.changes.map((change) => ({ ...change, notes: [secret] })) };
    const redact = (text: string) => text.replaceAll(secret, "***");
    const text = formatPlan(noted, { ...plainFormat, redact });
    expect(text).toContain(`${"x".repeat(155)}***`);
    expect(text).toContain("note: ***");
    expect(text).not.toContain("cret");
  });

  test("must be painted only in tone, not in words", () => {
    const plan = planOf([edge("b")], [runningContainer(edge("a"))]);
    const tones = new Set<string>();
    const painted = formatPlan(plan, {
      ...plainFormat,
      paint: (tone, text) => {
        tones.add(tone);
        return text;
      },
    });
    expect(painted).toBe(formatPlan(plan));
    expect([...tones].sort()).toEqual(["bold", "dim", "warn"]);
  });
});
