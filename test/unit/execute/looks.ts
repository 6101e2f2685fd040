import type { ContainerState } from "../../../src/model/actual-state.ts";

export type Look = Partial<ContainerState> | "removed";
/** What is seen at which millisecond. */
export type Looks = readonly (readonly [number, Look])[];

export function stateOf(look: Look): ContainerState | undefined {
  if (look === "removed") return undefined;
  return {
    status: "running",
    exitCode: 0,
    startedAt: "2026-10-19T10:00:00Z",
    finishedAt: "0001-01-01T00:00:00Z",
    restartCount: 0,
    oomKilled: false,
    error: "",
    ...look,
  };
}
