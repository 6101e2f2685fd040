import { formatDuration } from "../lib/duration.ts";
import { lockText } from "../model/image-lock.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { ServiceSpec } from "../model/service-spec.ts";
import type { Step, StepKind, StepPayloads } from "../model/step.ts";
import { isJob } from "../swarm/convergence.ts";

/** A step in two words for a plan: what is done, to what. */
export interface StepText {
  readonly verb: string;
  readonly object: string;
}

type TextTable = { readonly [K in StepKind]: (payload: StepPayloads[K]) => StepText };

const textTable: TextTable = {
  "pull-image": ({ image, lock }) => ({
    verb: "pull",
    object: lock === undefined ? image : `${image}, ${lockText(lock)}`,
  }),
  "create-network": ({ network }) => ({ verb: "create", object: `network ${network.name}` }),
  "create-volume": ({ volume }) => ({ verb: "create", object: `volume ${volume.name}` }),
  "create-files": ({ fileSet }) => ({
    verb: "deliver",
    object: `${fileSet.files.map((file) => file.path).join(", ")}`,
  }),
  "create-container": ({ name, aliases }) => ({
    verb: "create",
    object: `${roleText(name)}${aliases === "withheld" ? ", without its aliases yet" : ""}`,
  }),
  "start-container": ({ container }) => ({ verb: "start", object: roleText(container.name) }),
  "unpause-container": ({ container }) => ({ verb: "unpause", object: roleText(container.name) }),
  "gate-container": ({ container, gate }) => ({
    verb: "gate",
    object: `${roleText(container.name)} good within ${formatDuration(gate.timeoutMs)}, then stable for ${formatDuration(gate.stabilityMs)}`,
  }),
  "await-job": ({ container }) => ({ verb: "await", object: `${roleText(container.name)} exits with 0` }),
  "cut-over": ({ container, attachments, withheld }) =>
    withheld
      ? {
          verb: "withhold",
          object: `the names of ${roleText(container.name)} on ${attachments.map(({ network }) => network).join(", ")}`,
        }
      : {
          verb: "cut over",
          object: attachments.map(({ network, aliases }) => `${aliases.join(", ")} on ${network}`).join("; "),
        },
  "update-container": ({ container, update }) => ({
    verb: "update",
    object: `${roleText(container.name)} in place: ${Object.keys(update).sort().join(", ")}`,
  }),
  "connect-network": ({ container, attachment }) => ({
    verb: "connect",
    object: `${roleText(container.name)} to ${attachment.network}`,
  }),
  "disconnect-network": ({ container, network }) => ({
    verb: "disconnect",
    object: `${roleText(container.name)} from ${network}`,
  }),
  "stop-container": ({ container, timeoutSeconds }) => ({
    verb: "stop",
    object: `${roleText(container.name)}, up to ${timeoutSeconds} s`,
  }),
  "rename-container": ({ from, to, kept }) =>
    kept === undefined
      ? { verb: "rename", object: `${roleText(from)} to ${roleText(to)}` }
      : {
          verb: "retain",
          object: `${roleText(to)} for ${formatDuration(kept.forMs)}; undo: mysysconfig rollback ${kept.workload}`,
        },
  "remove-container": ({ container }) => ({ verb: "remove", object: roleText(container.name) }),
  "remove-network": ({ network }) => ({ verb: "remove", object: `network ${network}` }),
  "remove-image": ({ image }) => ({ verb: "remove", object: `image ${image}` }),
  "remove-files": ({ volume }) => ({ verb: "remove", object: `file volume ${volume}` }),
  "create-stored": ({ stored }) => ({ verb: "store", object: `${stored.kind} ${stored.path}` }),
  "remove-stored": ({ kind, name }) => ({ verb: "remove", object: `${kind} ${name}` }),
  "create-service": ({ spec }) => ({ verb: "create", object: `service ${spec.Name}` }),
  "update-service": ({ spec }) => ({ verb: "update", object: `service ${spec.Name}${orderText(spec)}` }),
  "remove-service": ({ service }) => ({ verb: "remove", object: `service ${service.name}` }),
  "gate-service": ({ service, gate }) =>
    isJob(gate.spec)
      ? { verb: "await", object: `job ${service.name} done within ${formatDuration(gate.timeoutMs)}` }
      : {
          verb: "gate",
          object: `service ${service.name} good within ${formatDuration(gate.timeoutMs)}, then stable for ${formatDuration(gate.stabilityMs)}`,
        },
  pause: ({ ms, purpose }) => ({ verb: "wait", object: `${formatDuration(ms)} ${purpose}` }),
};

/** `, start-first, 2 at a time` */
function orderText({ UpdateConfig }: ServiceSpec): string {
  if (UpdateConfig?.Order === undefined) return "";
  const { Order, Parallelism = 1 } = UpdateConfig;
  const batch = Parallelism === 0 ? "all at once" : `${Parallelism} at a time`;
  return `, ${Order}, ${batch}`;
}

export function stepText(step: Step): StepText {
  const text = textTable[step.kind] as (payload: Step["payload"]) => StepText;
  return text(step.payload);
}

/** `web.next-1a2b3c4d` → `web (next)`: a plan shows no ids, so that it reads the same from run to run. */
export function roleText(name: string): string {
  const { base, role } = parseRoleName(name);
  return role === "current" ? base : `${base} (${role})`;
}
