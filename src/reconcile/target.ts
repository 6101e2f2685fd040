import type { Target } from "../model/actual-state.ts";
import type { Environment } from "../model/environment.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { SwarmRole } from "../ports.ts";

/** What is reconciled where nobody has said it: a manager's cluster, otherwise the one Engine. */
export function detectedTarget({ role }: SwarmRole): Target {
  return role === "manager" ? "swarm" : "engine";
}

/** What a configuration is compiled for, unless its environment says otherwise. */
export function compileTarget(role: SwarmRole): { readonly target: Target; readonly apiVersion?: string } {
  const target = detectedTarget(role);
  return role.apiVersion === undefined ? { target } : { target, apiVersion: role.apiVersion };
}

/** Where an environment's services are, as far as that is known without its configuration. */
export function targetOf({ target }: Pick<Environment, "target">, role: SwarmRole): Target {
  return target === "auto" ? detectedTarget(role) : target;
}

/**
 * Makes sure that the target can be reconciled through this Engine. A Swarm that is locked, broken or without a leader
 * must never pass for one without services, and a worker's containers are not the Engine's to change.
 *
 * @throws ReconcilerError `swarm-unavailable`
 */
export function assertTarget(
  target: Target,
  { target: chosen }: Environment,
  { role, problem }: SwarmRole,
): void {
  if (target === "engine" && chosen === "engine") return;
  if (role === "locked")
    throw unavailable(
      "the Swarm is locked after a restart of the Engine",
      "unlock it on this node: docker swarm unlock",
      problem,
    );
  if (role === "error")
    throw unavailable(
      "the Engine cannot use the Swarm that it is part of",
      "see docker info and the Engine's log",
      problem,
    );
  if (role === "worker")
    throw unavailable(
      "a worker of a Swarm cannot change services",
      "run it on a manager; for the containers of this one Engine write target: engine in the environment, or --target engine",
      problem,
    );
  if (target === "swarm" && role !== "manager")
    throw unavailable(
      "the configuration is for a Swarm and this Engine is in none",
      "docker swarm init makes one; for the Engine by itself write target: engine in the environment, or --target engine",
      problem,
    );
}

function unavailable(what: string, hint: string, problem: string | undefined): ReconcilerError {
  const detail = problem === undefined || problem === "" ? "" : `: ${problem}`;
  return new ReconcilerError("swarm-unavailable", `${what}${detail}`, { hint });
}
