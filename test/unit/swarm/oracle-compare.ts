import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
import { hasErrors } from "../../../src/lib/diagnostic.ts";
import type { CompiledManifest } from "../../../src/model/compile.ts";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import type { ServiceSpec } from "../../../src/model/service-spec.ts";
import { storedContents } from "../../../src/swarm/stored-contents.ts";
import { toServiceSpec } from "../../../src/swarm/to-service-spec.ts";
import { unsupportedOnSwarm } from "../../../src/swarm/unsupported.ts";
import { desiredState } from "../../support/builders.ts";
import type { OracleAnswer } from "../../swarm/oracle-recorder.ts";
import { compile } from "../compose/support.ts";
import { compileText } from "../unit/support.ts";
import type { CommandCase, StackCase } from "./oracle-case.ts";
import { permittedDifferences } from "./oracle-permitted.ts";

/** Our answer in the form of the client's. */
export interface OurAnswer {
  readonly services?: readonly ServiceSpec[];
  readonly stored?: Readonly<Record<string, string>>;
  readonly refused?: string;
}

const apiVersion = "1.51";

export function ourStack({ stack, files = {} }: StackCase): OurAnswer {
  const placed = Object.fromEntries(Object.entries(files).map(([name, text]) => [`units/${name}`, text]));
  const { value, diagnostics } = compile(stack, { files: placed, stack: "shop", target: "swarm" });
  return toAnswer(value, diagnostics);
}

export function ourCommand({ run, also = {} }: CommandCase): OurAnswer {
  const text = `[Service]\nExecStart=/usr/bin/docker run ${run}\n`;
  const { value, diagnostics } = compileText(text, { target: "swarm" });
  const [workload] = value?.workloads ?? [];
  if (value === undefined || workload === undefined) return toAnswer(value, diagnostics);
  const { update = workload.update, ...rest } = also;
  return toAnswer({ ...value, workloads: [{ ...workload, ...rest, update }] }, diagnostics);
}

function toAnswer(manifest: CompiledManifest | undefined, diagnostics: readonly Diagnostic[]): OurAnswer {
  const findings = [
    ...diagnostics,
    ...(manifest?.workloads ?? []).flatMap((workload) => unsupportedOnSwarm(workload, apiVersion)),
  ];
  if (manifest === undefined || hasErrors(findings))
    return { refused: findings.find(({ severity }) => severity === "error")?.message ?? "" };
  const { workloads, networks, volumes, fileSets } = manifest;
  const state: DesiredState = desiredState(workloads, { networks, volumes, fileSets });
  const contents = workloads.flatMap((workload) => storedContents(workload, state));
  const stored = contents.map(({ kind, name, content }) => [
    `${kind} ${name}`,
    Buffer.from(content).toString("base64"),
  ]);
  return {
    services: workloads.map((workload) =>
      toServiceSpec(workload, { desired: state, labels: {}, apiVersion }),
    ),
    stored: Object.fromEntries(stored),
  };
}

export interface Sides {
  readonly docker: ServiceSpec;
  readonly ours: ServiceSpec;
}

/** Both sides by the name of the service, after the permitted differences are taken out; `used` learns which were. */
export function comparableAnswers(
  docker: OracleAnswer,
  ours: OurAnswer,
  used: Set<string>,
): { readonly docker: unknown; readonly ours: unknown } {
  const theirs = (docker.services ?? []) as readonly ServiceSpec[];
  const pairs = theirs.map((spec): Sides => {
    const own = ours.services?.find(({ Name }) => Name === spec.Name);
    return own === undefined ? { docker: spec, ours: spec } : permit({ docker: spec, ours: own });
  });
  const names = (specs: readonly ServiceSpec[] = []) => specs.map(({ Name }) => Name).sort();
  return {
    docker: { names: names(theirs), specs: pairs.map((pair) => pair.docker) },
    ours: { names: names(ours.services), specs: pairs.map((pair) => pair.ours) },
  };

  function permit(sides: Sides): Sides {
    return permittedDifferences.reduce((before, { id, apply }) => {
      const after = apply(before, { docker: docker.stored ?? {}, ours: ours.stored ?? {} });
      if (JSON.stringify(after) !== JSON.stringify(before)) used.add(id);
      return after;
    }, sides);
  }
}
