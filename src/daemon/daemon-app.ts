import type { RunInputs } from "../desired/run-inputs.ts";
import type {
  Clock,
  ConfigRepository,
  ConfigSource,
  ConnectedBackend,
  ImageRegistry,
  NewTxn,
} from "../ports.ts";

/** The wired program as one run sees it: made anew for each, so that what is mounted now counts. */
export interface DaemonApp {
  readonly source: ConfigSource;
  readonly inputs: RunInputs;
  readonly clock: Clock;
  readonly newTxn: NewTxn;
  readonly actor: string;
  connect(signal: AbortSignal): Promise<ConnectedBackend>;
  /** When the Engine's machine started, ISO 8601; `undefined` when it is another one than ours. */
  bootedAt(): string | undefined;
  registry(signal: AbortSignal): Promise<ImageRegistry>;
  /** The repository that is followed, to commit to. */
  repository(signal: AbortSignal): Promise<ConfigRepository>;
  /** Why the Engine cannot come back at its address until this program is started again; `undefined`: it may. */
  engineLost(): Promise<string | undefined>;
}

/** What is followed, as far as triggers are about it. */
export type Followed =
  | { readonly kind: "branch"; readonly repository: string; readonly branch: string }
  | { readonly kind: "image"; readonly reference: string; readonly isOwn: boolean }
  | { readonly kind: "folder" };
