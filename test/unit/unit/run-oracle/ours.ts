import {
  buildCreateRequest,
  type CreateContext,
  type CreateRequest,
} from "../../../../src/docker/create-body.ts";
import { hasErrors } from "../../../../src/lib/diagnostic.ts";
import type { VolumeSpec } from "../../../../src/model/volume.ts";
import { compileText } from "../support.ts";
import { oracleEnvironment, oracleFiles, type RunCase, repositoryFiles } from "./cases.ts";

/** Our answer to a line. */
export interface OurRun {
  readonly request?: CreateRequest;
  readonly volumes: readonly VolumeSpec[];
  readonly refused?: string;
}

const files = Object.fromEntries(
  Object.entries({ ...oracleFiles, ...repositoryFiles }).map(([name, text]) => [`units/${name}`, text]),
);

export function ourRun({ words }: RunCase): OurRun {
  const environment = Object.entries(oracleEnvironment).map(
    ([name, value]) => `Environment=${name}=${value}`,
  );
  const command = words.map(quoteForSystemd).join(" ");
  const text = ["[Service]", ...environment, `ExecStart=:/usr/bin/docker run ${command}`, ""].join("\n");
  const { value, diagnostics } = compileText(text, { files });
  const [workload] = value?.workloads ?? [];
  if (workload === undefined || hasErrors(diagnostics))
    return { volumes: [], refused: diagnostics.find(({ severity }) => severity === "error")?.message ?? "" };
  const context: CreateContext = {
    name: workload.containerNames[0] ?? "",
    labels: {},
    aliases: "attached",
    apiVersion: "1.51",
    filesMountpoint: () => "",
  };
  return { request: buildCreateRequest(workload.container, context), volumes: value?.volumes ?? [] };
}

/** A word in double quotes as systemd reads it (systemd.syntax(7)), with no specifiers in it. */
function quoteForSystemd(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return /^[\w@+=:,./-]+$/.test(word) ? word : `"${escaped}"`;
}
