import { ReconcilerError } from "../../model/errors.ts";
import type { StateStore } from "../../ports.ts";
import type { EngineClient } from "../engine-client.ts";
import type { StateStoreOptions } from "../state-store.ts";
export function createSwarmStore(_client: EngineClient, _options: StateStoreOptions): StateStore {
  throw new ReconcilerError("internal", "not there yet");
}
