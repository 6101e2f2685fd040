/** A Git server under a running daemon: away, rewound, deleted, emptied, mistaken; and a thousand hooks at once. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect } from "vitest";
import { projectOf } from "../../support/artifacts.ts";
import {
  type DaemonProcess,
  isConverged,
  type LogLine,
  startDaemonProcess,
} from "../../support/daemon-process.ts";
import { createAuthority, type GitHttpsServer, startGitHttps } from "../../support/git-https.ts";
import { createTestRoot, type TestRepository } from "../../support/git-repositories.ts";
import { once } from "../../support/newest-engine.ts";
import type { System } from "../../support/scenario.ts";
import { unit } from "../../support/texts.ts";

const secret = "a secret of a hook that nobody guesses";

/** None of it depends on the Engine. */

/** A schedule of every second makes whatever waits for its time come soon. */
const settings = (p: string, schedule = "0 0 1 1 *") =>
  `project: ${projectOf(p)}
environments:
  develop: {branch: develop}
secrets: [HOOK]
webhooks:
  push: {provider: github, secret: HOOK}
schedules: {reconcile: "${schedule}"}
policy: {stability: 200ms, retention: 0s}
`;

interface Place extends AsyncDisposable {
  readonly repository: TestRepository;
  readonly daemon: DaemonProcess;
  readonly server: GitHttpsServer;
  /** Takes the server away and brings it back. */
  answer(isThere: boolean): void;
}

async function open(
  system: System,
  files: Readonly<Record<string, string>>,
  schedule?: string,
): Promise<Place> {
  const { p } = system;
  const root = await createTestRoot();
  const authority = await createAuthority(join(root.dir, "tls"));
  const repository = await root.repository("config.git", {
    "mysysconfig.yaml": settings(p, schedule),
    ...files,
  });
  const certificate = await authority.issue("server", "IP:127.0.0.1");
  let isThere = true;
  const server = await startGitHttps({
    ...{ root: root.dir, certificate },
    isAway: () => !isThere,
  });
  const daemon = startDaemonProcess({
    args: ["--repo", `${server.url}/config.git`, "--branch", "develop"],
    environment: {
      DOCKER_HOST: system.proxy.host,
      MYSYSCONFIG_GIT_CA: authority.caFile,
      MYSYSCONFIG_SECRET_HOOK: secret,
    },
    trail: system.trail,
  });
  return {
    ...{ repository, daemon, server },
    answer(is) {
      isThere = is;
    },
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await root[Symbol.asyncDispose]();
    },
  };
}

/** A push, as GitHub tells of it. */
async function push(
  daemon: DaemonProcess,
  payload: unknown = { ref: "refs/heads/develop" },
): Promise<number> {
  const body = JSON.stringify(payload);
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = {
    "content-type": "application/json",
    "x-github-event": "push",
    "x-hub-signature-256": `sha256=${signature}`,
  };
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request(`${await daemon.url()}/hook/push`, { method: "POST", headers }, (response) => {
    response.resume().on("end", () => resolve(response.statusCode ?? 0));
  })
    .on("error", reject)
    .end(body);
  return await promise;
}

let pushes = 0;
/** Each push says something else: the same body twice is the same delivery. */
const pushOf = (text = "") => ({
  ref: "refs/heads/develop",
  repository: { full_name: "config" },
  after: `a${pushes++}${text}`,
});

const web = (p: string, build: number) => ({ [`units/${p}web.service`]: unit(`lab/plain:${build}-develop`) });
const isKept = ({ msg }: LogLine) => msg === "source cannot be used, the last good revision stays in force";
const isFine = ({ msg }: LogLine) => msg === "source is fine again";
const imageOf = async (system: System) => (await system.container("web")).Config.Image;

/** Breaks a container by hand and waits for the daemon to heal it, whatever the source is like. */
async function heals(system: System, name: string): Promise<void> {
  await system.engine.remove(`${system.p}${name}`);
  await system.engine.waitFor(`${system.p}${name}`, "up", ({ State }) => State.Running, 60_000);
}

/** What is broken again and again is left alone: each has its own. */
const idle = (p: string, count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`units/${p}idle${n}.service`, unit("lab/idle:1")]),
  );

once(
  "a server that is away must change nothing, and what was pushed meanwhile must arrive",
  async ({ system }) => {
    const { p } = system;
    await using place = await open(system, { ...web(p, 58), ...idle(p, 1) });
    const { daemon, repository } = place;
    await daemon.line("the first run", isConverged);
    place.answer(false);
    await repository.commit(web(p, 59));
    expect(await push(daemon, pushOf())).toBe(202);
    const kept = await daemon.line("to keep the last good one", isKept);
    expect(kept["error"]).toMatchObject({ code: expect.stringMatching(/^git-(?:unreachable|failed)$/) });
    await heals(system, "idle0");
    expect(await imageOf(system)).toBe("lab/plain:58-develop");
    expect(daemon.lines.filter(isKept)).toHaveLength(1);
    place.answer(true);
    await daemon.line("the source to be back", isFine);
    await system.engine.waitFor(`${p}web`, "new", ({ Config }) => Config.Image === "lab/plain:59-develop");
    expect(await daemon.stop()).toBe(0);
  },
);

once(
  "a rewound branch, a deleted repository, an emptied one and a mistake must each be told once and keep the last good one",
  async ({ system }) => {
    const { p } = system;
    await using place = await open(system, { ...web(p, 58), ...idle(p, 4) });
    const { daemon, repository } = place;
    await daemon.line("the first run", isConverged);
    const first = (await repository.git(["rev-parse", "develop"])).trim();
    for (const text of ["one", "two"]) await repository.commit({ "README.md": text });
    const good = await repository.commit(web(p, 59));
    await push(daemon, pushOf());
    await system.engine.waitFor(`${p}web`, "new", ({ Config }) => Config.Image === "lab/plain:59-develop");
    const emptied = Object.fromEntries([[`units/${p}web.service`, "[Unit]\nDescription=nothing\n"]]);
    const troubles: readonly (readonly [
      what: string,
      code: string,
      bring: () => Promise<unknown>,
      end: () => Promise<unknown>,
    ])[] = [
      [
        "rewound by three commits",
        "older-revision",
        () => repository.git(["update-ref", "refs/heads/develop", first]),
        () => repository.git(["update-ref", "refs/heads/develop", good]),
      ],
      [
        "deleted",
        "git-",
        () => rename(repository.dir, `${repository.dir}.gone`),
        () => rename(`${repository.dir}.gone`, repository.dir),
      ],
      [
        "emptied",
        "",
        async () => {
          const tree = (await repository.git(["mktree"], { input: "" })).trim();
          const commit = await repository.git(["commit-tree", tree, "-p", good, "-m", "Emptied"]);
          await repository.git(["update-ref", "refs/heads/develop", commit.trim()]);
        },
        () => repository.git(["update-ref", "refs/heads/develop", good]),
      ],
      [
        "a mistake",
        "configuration-invalid",
        () => repository.commit(emptied),
        () => repository.commit(web(p, 59)),
      ],
    ];
    for (const [index, [what, code, bring, end]] of troubles.entries()) {
      const since = daemon.lines.length;
      const before = await system.container("web");
      await bring();
      expect(await push(daemon, pushOf(what)), what).toBe(202);
      const line = await daemon.line(`to tell: ${what}`, isKept, since);
      expect((line["error"] as { code: string }).code, what).toContain(code);
      await push(daemon, pushOf(what));
      expect((await system.container("web")).Id, what).toBe(before.Id);
      await heals(system, `idle${index}`);
      expect(await imageOf(system), what).toBe("lab/plain:59-develop");
      expect(daemon.lines.slice(since).filter(isKept), what).toHaveLength(1);
      await end();
      // The hooks of the last good one are still there to be told.
      expect(await push(daemon, pushOf(what)), what).toBe(202);
      await daemon.line(`to be fine after: ${what}`, isFine, since);
    }
    expect(await daemon.stop()).toBe(0);
  },
);

const hooks = 1_000;
const senders = 20;

once(
  "a thousand hooks within a second must all be answered, and lead to two runs at most",
  async ({ system }) => {
    const { p } = system;
    await using place = await open(system, web(p, 58));
    const { daemon, repository } = place;
    await daemon.line("the first run", isConverged);
    await daemon.ready();
    await push(daemon, pushOf("warm"));
    await daemon.line("a hook", ({ msg }) => msg === "hook");
    await quiet(daemon);
    const runs = await daemon.metric("mysysconfig_runs_total");
    const rss = residentOf(daemon);
    await repository.commit(web(p, 59));
    const startedAt = performance.now();
    const latencies: number[] = [];
    const statuses: number[] = [];
    const sender = async () => {
      while (statuses.length + inFlight < hooks) {
        inFlight += 1;
        const sentAt = performance.now();
        const status = await push(daemon, pushOf("many"));
        inFlight -= 1;
        statuses.push(status);
        latencies.push(performance.now() - sentAt);
      }
    };
    let inFlight = 0;
    await Promise.all(Array.from({ length: senders }, sender));
    const tookMs = performance.now() - startedAt;
    expect(statuses.every((status) => status === 202)).toBe(true);
    await system.engine.waitFor(`${p}web`, "new", ({ Config }) => Config.Image === "lab/plain:59-develop");
    await quiet(daemon);
    const more = (await daemon.metric("mysysconfig_runs_total")) - runs;
    const grown = residentOf(daemon) - rss;
    latencies.sort((a, b) => a - b);
    const p99 = latencies[Math.floor(hooks * 0.99)] ?? 0;
    process.stderr.write(
      `${hooks} hooks in ${tookMs.toFixed(0)} ms: p99 ${p99.toFixed(0)} ms, ${more} runs, ${(grown / 1024).toFixed(1)} MiB more\n`,
    );
    // One more: the old container's end is an event of its own.
    expect(more).toBeLessThanOrEqual(3);
    expect(grown).toBeLessThan(50 * 1024);
    expect(await daemon.stop()).toBe(0);
  },
);

/** KiB. */
function residentOf({ child }: DaemonProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
}

/** Until no run has ended for two looks in a row. */
async function quiet(daemon: DaemonProcess): Promise<void> {
  let before = -1;
  for (let calm = 0; calm < 20; ) {
    const now = await daemon.metric("mysysconfig_runs_total");
    calm = now === before ? calm + 1 : 0;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
