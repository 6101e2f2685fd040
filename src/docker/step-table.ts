import type { StepPayloads } from "../model/step.ts";
import type { BackendStepKind, StepOutput } from "../ports.ts";
import {
  executeRemove,
  executeRename,
  executeStart,
  executeStop,
  executeUnpause,
  executeUpdate,
} from "./container-steps.ts";
import { executeCreateContainer } from "./create-container.ts";
import { executeCreateFiles } from "./files-steps.ts";
import { executePull, executeRemoveImage } from "./image-steps.ts";
import {
  executeConnect,
  executeCreateNetwork,
  executeCutOver,
  executeDisconnect,
  executeRemoveNetwork,
} from "./network-steps.ts";
import type { StepRun } from "./step-run.ts";
import { executeCreateService, executeRemoveService, executeUpdateService } from "./swarm/service-steps.ts";
import { executeCreateStored, executeRemoveStored } from "./swarm/stored-steps.ts";
import { executeCreateVolume, executeRemoveFiles } from "./volume-steps.ts";

/** How each kind of step is done. A kind without an entry does not compile. */
type StepTable = {
  readonly [K in BackendStepKind]: (
    payload: StepPayloads[K],
    run: StepRun,
  ) => Promise<void> | Promise<StepOutput>;
};

const stepTable: StepTable = {
  "pull-image": executePull,
  "create-network": executeCreateNetwork,
  "create-volume": executeCreateVolume,
  "create-files": executeCreateFiles,
  "create-container": async (payload, run) => ({ containerId: await executeCreateContainer(payload, run) }),
  "start-container": executeStart,
  "unpause-container": executeUnpause,
  "cut-over": executeCutOver,
  "update-container": executeUpdate,
  "connect-network": executeConnect,
  "disconnect-network": executeDisconnect,
  "stop-container": executeStop,
  "rename-container": executeRename,
  "remove-container": executeRemove,
  "remove-network": executeRemoveNetwork,
  "remove-files": executeRemoveFiles,
  "remove-image": executeRemoveImage,
  "create-stored": executeCreateStored,
  "remove-stored": executeRemoveStored,
  "create-service": executeCreateService,
  "update-service": executeUpdateService,
  "remove-service": executeRemoveService,
};

/** Runs a step by its table entry. The union is correlated by `K`, so that no cast is needed. */
export async function runStep<K extends BackendStepKind>(
  kind: K,
  payload: StepPayloads[K],
  run: StepRun,
): Promise<StepOutput> {
  return (await stepTable[kind](payload, run)) ?? {};
}
