/** One rollout with one fault at one call, at a place that others use at the same time. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type RunResult, startProcess } from "../support/program.ts";
import { createTempRepository, type TempRepository } from "../support/temp-repository.ts";
import type { NamedCall } from "./call-id.ts";
import { faultedRunProblems, runProblems } from "./checks.ts";
import { type FaultKind, isKill } from "./fault.ts";
import { type FaultProxy, type ProxyRun, startFaultProxy } from "./fault-proxy.ts";
import type { FaultLab, Ground } from "./ground.ts";
import type { Program } from "./program.ts";
import { type CaseNames, faultSettings, type Rollout } from "./rollout.ts";

export interface FaultCase<R extends Rollout = Rollout> {
  readonly rollout: R;
  readonly fault: FaultKind;
  /** The call that meets it, as it is named in every run. */
  readonly call: Pick<NamedCall, "id" | "isPoll">;
}

export interface CaseResult {
  /** The call came; a look at a watched container need not come again. */
  readonly isReached: boolean;
  /** Empty: everything held. */
  readonly problems: readonly string[];
  /** How the runs ended and what they said; for the reader of a failure. */
  readonly story: readonly string[];
}

const isUnanswered = (fault?: FaultKind) => fault === "hang" || fault === "truncated";

/** The calls of a rollout without a fault. */
export async function recordCalls<R extends Rollout>(
  lab: FaultLab<R>,
  rollout: R,
): Promise<readonly NamedCall[]> {
  await using bench = await openBench(lab, rollout);
  await bench.prepare();
  const { run } = await bench.run();
  const problems = [...(await bench.lastRunProblems()), ...(await bench.ground.atEnd())];
  if (problems.length > 0)
    throw new Error(`${rollout.name} fails without any fault:\n${[...problems, ...bench.story].join("\n")}`);
  return run.calls;
}

export async function runCase<R extends Rollout>(
  lab: FaultLab<R>,
  { rollout, fault, call }: FaultCase<R>,
): Promise<CaseResult> {
  await using bench = await openBench(lab, rollout);
  await bench.prepare();
  const faulted = await bench.run({ kind: fault, call: call.id });
  if (!faulted.run.isReached) {
    const problems = call.isPoll ? [] : ["the call never came"];
    return { isReached: false, problems, story: bench.story };
  }
  const atOnce = [
    ...(isKill(fault) ? [] : faultedRunProblems(faulted.result, fault)),
    ...(await bench.ground.afterFault(fault)),
  ];
  const second = await bench.run();
  const isDone = faulted.result.exitCode === 0 && rollout.command === undefined;
  const lied = isDone && second.run.mutations.length > 0;
  const problems = [
    ...atOnce,
    ...(lied ? [`the run with the fault said "converged", the next one did ${list(second.run)}`] : []),
    ...runProblems("the second run", second.result, bench.names, rollout),
    ...(await bench.lastRunProblems()),
    ...(await bench.ground.atEnd({ fault, call })),
  ];
  return { isReached: true, problems, story: [...bench.story, ...bench.ground.trail()] };
}

const list = ({ mutations }: ProxyRun) => mutations.join(", ");

interface Ended {
  readonly run: ProxyRun;
  readonly result: RunResult;
}

/** What one case needs: names of its own, a configuration repository, the program behind a proxy. */
async function openBench<R extends Rollout>(lab: FaultLab<R>, rollout: R): Promise<Bench> {
  const names = lab.nextNames();
  const proxy = await startFaultProxy(lab.socket, lab.sharedDir, names.p);
  const repository = await createTempRepository(
    { "mysysconfig.yaml": faultSettings(names, rollout) },
    lab.sharedDir,
  );
  const ground = lab.ground(rollout, names);
  return new Bench({
    program: lab.program,
    callTimeout: lab.callTimeout,
    rollout,
    names,
    ground,
    proxy,
    repository,
  });
}

interface BenchParts {
  readonly program: Program;
  readonly callTimeout: string;
  readonly rollout: Rollout;
  readonly names: CaseNames;
  readonly ground: Ground;
  readonly proxy: FaultProxy;
  readonly repository: TempRepository;
}

class Bench implements AsyncDisposable {
  readonly story: string[] = [];
  readonly names: CaseNames;
  readonly ground: Ground;
  private readonly parts: BenchParts;

  constructor(parts: BenchParts) {
    this.names = parts.names;
    this.ground = parts.ground;
    this.parts = parts;
  }

  /** Brings about what is there before the rollout, and writes what is wanted. */
  async prepare(): Promise<void> {
    const { rollout, repository } = this.parts;
    await this.ground.makeReady();
    for (const state of rollout.before) {
      await repository.write(state(this.names));
      const { exitCode } = (await this.run(undefined, ["apply"])).result;
      if (exitCode !== 0) throw new Error(`${rollout.name} cannot be prepared:\n${this.story.join("\n")}`);
    }
    await repository.write(rollout.wanted(this.names));
    await this.ground.beginRollout();
  }

  async run(
    fault?: { readonly kind: FaultKind; readonly call: string },
    command?: readonly string[],
  ): Promise<Ended> {
    const { program, callTimeout, rollout, proxy, repository } = this.parts;
    const [verb = "apply", ...rest] = command ?? rollout.command?.(this.names) ?? ["apply"];
    const args = [...program.args, verb, "--config", repository.dir, "--json", ...rest];
    let child: ChildProcess | undefined;
    const kill = async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    };
    const run = proxy.begin(fault === undefined ? undefined : { ...fault, kill });
    const started = startProcess(program.file, args, {
      ...program.environment,
      DOCKER_HOST: proxy.host,
      ...(isUnanswered(fault?.kind) ? { MYSYSCONFIG_CALL_TIMEOUT: callTimeout } : {}),
    });
    child = started.child;
    const result = await started.result;
    this.story.push(...storyOf(fault, run, result));
    return { run, result };
  }

  /** One run more: as the one before it, and with nothing left to do. */
  async lastRunProblems(): Promise<string[]> {
    const { run, result } = await this.run(undefined, ["apply"]);
    const isDone = run.mutations.length === 0;
    return [
      ...runProblems("the last run", result, this.names, this.parts.rollout),
      ...(isDone ? [] : [`the last run did ${list(run)}`]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.proxy[Symbol.asyncDispose]();
    await this.ground.remove();
    await this.parts.repository[Symbol.asyncDispose]();
  }
}

const storyLines = 12;

function storyOf(
  fault: { kind: string; call: string } | undefined,
  run: ProxyRun,
  result: RunResult,
): string[] {
  const title = fault === undefined ? "a run" : `a run with ${fault.kind} at ${fault.call}`;
  const told = [...outcomesOf(result.stdout), ...result.stderr.trimEnd().split("\n").slice(-storyLines)];
  return [
    `${title}: exit ${result.exitCode} after ${Math.round(result.durationMs)} ms`,
    `  did ${list(run) || "nothing"}`,
    ...told.map((line) => `  | ${line.slice(0, 600)}`),
  ];
}

function outcomesOf(stdout: string): string[] {
  if (!stdout.startsWith("{")) return stdout === "" ? [] : [stdout.slice(0, 600)];
  const { report } = JSON.parse(stdout) as {
    report?: { changes?: readonly { outcome: string; key: string; summary: string }[] };
  };
  if (report === undefined) return [stdout.slice(0, 600)];
  return (report.changes ?? []).map(({ outcome, key, summary }) => `${outcome} ${key}: ${summary}`);
}
