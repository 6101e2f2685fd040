/** One rollout with one fault at one call, on an Engine that others use at the same time. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { EngineError } from "../../deploy/lab/engine-api.ts";
import { cleanUp } from "../support/artifacts.ts";
import { type RunResult, startProcess } from "../support/program.ts";
import { createTempRepository, type TempRepository } from "../support/temp-repository.ts";
import type { NamedCall } from "./call-id.ts";
import {
  type Belongings,
  belongingsOf,
  faultedRunProblems,
  lockProblems,
  lostVolumes,
  outcomeProblems,
  reachProblems,
  runProblems,
} from "./checks.ts";
import { type FaultKind, isKill } from "./fault.ts";
import { type FaultProxy, type ProxyRun, startFaultProxy } from "./fault-proxy.ts";
import type { FaultLab } from "./lab.ts";
import { type CaseNames, faultSettings, type Rollout } from "./rollout.ts";

export interface FaultCase {
  readonly rollout: Rollout;
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

/** What a call may take where an answer does not come whole: short, but enough for what the Engine really does. */
const shortTimeout = "2s";
const isUnanswered = (fault?: FaultKind) => fault === "hang" || fault === "truncated";

/** The calls of a rollout without a fault. */
export async function recordCalls(lab: FaultLab, rollout: Rollout): Promise<readonly NamedCall[]> {
  await using bench = await openBench(lab, rollout);
  await bench.prepare();
  const { run } = await bench.run();
  const problems = [...(await bench.lastRunProblems()), ...(await bench.endProblems())];
  if (problems.length > 0)
    throw new Error(`${rollout.name} fails without any fault:\n${[...problems, ...bench.story].join("\n")}`);
  return run.calls;
}

export async function runCase(lab: FaultLab, { rollout, fault, call }: FaultCase): Promise<CaseResult> {
  await using bench = await openBench(lab, rollout);
  const before = await bench.prepare();
  const fromNano = await lab.watch.now();
  const faulted = await bench.run({ kind: fault, call: call.id });
  if (!faulted.run.isReached) {
    const problems = call.isPoll ? [] : ["the call never came"];
    return { isReached: false, problems, story: bench.story };
  }
  const atOnce = await bench.afterFault(faulted.result, fault);
  const second = await bench.run();
  const isDone = faulted.result.exitCode === 0 && rollout.command === undefined;
  const lied = isDone && second.run.mutations.length > 0;
  const problems = [
    ...atOnce,
    ...(lied ? [`the run with the fault said "converged", the next one did ${list(second.run)}`] : []),
    ...runProblems("the second run", second.result, bench.names, rollout),
    ...(await bench.lastRunProblems()),
    ...(await bench.endProblems({ fault, call, before })),
    ...(await bench.gapProblems(fromNano)),
  ];
  return { isReached: true, problems, story: bench.story };
}

const list = ({ mutations }: ProxyRun) => mutations.join(", ");

interface MetFault extends Pick<FaultCase, "fault" | "call"> {
  readonly before: Belongings;
}

/** A dead lock expires by itself; the next run that has anything to do takes it over. */
const mayLeaveLock = ({ fault, call }: MetFault) => isKill(fault) || /^DELETE .*-lock-/.test(call.id);

interface Ended {
  readonly run: ProxyRun;
  readonly result: RunResult;
}

/** What one case needs: names of its own, a configuration repository, the program behind a proxy. */
async function openBench(lab: FaultLab, rollout: Rollout): Promise<Bench> {
  const names = lab.nextNames();
  const proxy = await startFaultProxy(lab.socket, lab.sharedDir, names.p);
  const repository = await createTempRepository(
    { "mysysconfig.yaml": faultSettings(names, rollout) },
    lab.sharedDir,
  );
  return new Bench(lab, rollout, names, proxy, repository);
}

class Bench implements AsyncDisposable {
  readonly story: string[] = [];
  readonly names: CaseNames;
  private readonly lab: FaultLab;
  private readonly rollout: Rollout;
  private readonly proxy: FaultProxy;
  private readonly repository: TempRepository;

  constructor(
    lab: FaultLab,
    rollout: Rollout,
    names: CaseNames,
    proxy: FaultProxy,
    repository: TempRepository,
  ) {
    this.lab = lab;
    this.rollout = rollout;
    this.names = names;
    this.proxy = proxy;
    this.repository = repository;
  }

  /** Brings about what is there before the rollout, and writes what is wanted. */
  async prepare(): Promise<Belongings> {
    if (this.rollout.firstUseOf !== undefined) await removeImage(this.lab, emptyImage);
    for (const state of this.rollout.before) {
      await this.repository.write(state(this.names));
      const { exitCode } = (await this.run(undefined, ["apply"])).result;
      if (exitCode !== 0)
        throw new Error(`${this.rollout.name} cannot be prepared:\n${this.story.join("\n")}`);
    }
    await this.repository.write(this.rollout.wanted(this.names));
    return await belongingsOf(this.lab.engine, this.names);
  }

  async run(
    fault?: { readonly kind: FaultKind; readonly call: string },
    command?: readonly string[],
  ): Promise<Ended> {
    const [verb = "apply", ...rest] = command ?? this.rollout.command?.(this.names) ?? ["apply"];
    const { program } = this.lab;
    const args = [...program.args, verb, "--config", this.repository.dir, "--json", ...rest];
    let child: ChildProcess | undefined;
    const kill = async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    };
    const run = this.proxy.begin(fault === undefined ? undefined : { ...fault, kill });
    const started = startProcess(program.file, args, {
      ...program.environment,
      DOCKER_HOST: this.proxy.host,
      ...(isUnanswered(fault?.kind) ? { MYSYSCONFIG_CALL_TIMEOUT: shortTimeout } : {}),
    });
    child = started.child;
    const result = await started.result;
    this.story.push(...storyOf(fault, run, result));
    return { run, result };
  }

  /** What must hold at the end of the run that met the fault. */
  async afterFault(result: RunResult, fault: FaultKind): Promise<string[]> {
    const found = await belongingsOf(this.lab.engine, this.names);
    const must = this.rollout.services.filter(
      ({ floor }) => floor === "always" || (floor === "stop-first" && !isKill(fault)),
    );
    return [
      ...(isKill(fault) ? [] : faultedRunProblems(result, fault)),
      ...must.flatMap((service) => reachProblems(found, this.names, service, "after the run with the fault")),
    ];
  }

  /** One run more: as the one before it, and with nothing left to do. */
  async lastRunProblems(): Promise<string[]> {
    const { run, result } = await this.run(undefined, ["apply"]);
    const isDone = run.mutations.length === 0;
    return [
      ...runProblems("the last run", result, this.names, this.rollout),
      ...(isDone ? [] : [`the last run did ${list(run)}`]),
    ];
  }

  async endProblems(met?: MetFault): Promise<string[]> {
    const { engine, strangers } = this.lab;
    const found = await belongingsOf(engine, this.names);
    return [
      ...outcomeProblems(found, this.names, this.rollout.outcome),
      ...(met !== undefined && mayLeaveLock(met) ? [] : lockProblems(found)),
      ...(met === undefined ? [] : lostVolumes(met.before, found)),
      ...this.rollout.services.flatMap((service) => reachProblems(found, this.names, service, "at the end")),
      ...(await strangers.touched()).map((path) => `${path} of somebody else was touched`),
    ];
  }

  /** Moments without a healthy container of a service that is to serve at every moment. */
  async gapProblems(fromNano: bigint): Promise<string[]> {
    const toNano = await this.lab.watch.now();
    return this.rollout.services.flatMap(({ name, floor, hasHealthcheck }) => {
      if (floor !== "always") return [];
      const service = {
        project: `${this.names.p}project`,
        workload: `${this.names.p}${name}`,
        hasHealthcheck,
      };
      return this.lab.watch
        .gaps(service, fromNano, toNano)
        .map(({ milliseconds, because }) => `${name} did not serve for ${milliseconds} ms after ${because}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await cleanUp(this.lab.engine, this.names.p);
    await this.repository[Symbol.asyncDispose]();
    this.lab.watch.forget(`${this.names.p}project`);
  }
}

/** What the program makes on an Engine once, for all projects. */
const emptyImage = "mysysconfig-empty:1";

async function removeImage({ engine }: FaultLab, reference: string): Promise<void> {
  try {
    await engine.api.call("DELETE", `/images/${reference}`, { query: { force: "1" } });
  } catch (error) {
    if (!(error instanceof EngineError && error.status === 404)) throw error;
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
