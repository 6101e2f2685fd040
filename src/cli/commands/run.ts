import type { Followed } from "../../daemon/daemon-app.ts";
import { asReference } from "../../daemon/followed.ts";
import { startDaemon } from "../../daemon/start-daemon.ts";
import { createLogger } from "../../log/logger.ts";
import { type ExitCode, ReconcilerError, toReconcilerError } from "../../model/errors.ts";
import { Redactor } from "../../model/redactor.ts";
import type { ConnectedBackend } from "../../ports.ts";
import { parseListenAddress } from "../listen-address.ts";
import type { GlobalFlags, RunFlags, Runtime } from "../runtime.ts";

/** `run`: stays up and keeps the system true. */
export async function runCommand(flags: RunFlags, runtime: Runtime): Promise<ExitCode> {
  if (flags.timeoutMs !== undefined)
    throw new ReconcilerError("usage", "run stays up: --timeout has no meaning for it", {
      hint: "remove it",
    });
  const { listen, metricsListen, ...global } = flags;
  const { isWatched, ...process } = await runtime.daemonProcess();
  const redactor = new Redactor();
  const log = createLogger({
    ...{ write: runtime.stdout, level: "info", redact: redactor.redact, clock: process.clock },
    ...(isWatched && !flags.json ? { pretty: runtime.paint } : {}),
  });
  const openApp = async (followed: Followed | undefined, { isLocal = false } = {}) => {
    // What a source warns of is a problem of the run, and is told as one: in the log, with its secrets masked.
    const app = await runtime.createApp({ ...flagsFor(global, followed), noPull: isLocal }, () => {});
    redactor.add([...app.inputs.secrets.values(), ...app.credentials]);
    return app;
  };
  const running = startDaemon(
    {
      ...{ ...process, log, redactor, openApp, listen: parseListenAddress("--listen", listen) },
      ...(metricsListen === undefined
        ? {}
        : { metricsListen: parseListenAddress("--metrics-listen", metricsListen) }),
      version: runtime.version,
      findFollowed: (backend, signal) => findFollowed(global, backend, signal),
    },
    runtime.signal,
  );
  return await running.catch((thrown: unknown) => {
    throw withoutSecrets(toReconcilerError(thrown), redactor);
  });
}

/** The last words of the program. The cause stays behind: it has the text as it was. */
function withoutSecrets({ code, message, hint }: ReconcilerError, { redact }: Redactor): ReconcilerError {
  return new ReconcilerError(code, redact(message), hint === undefined ? {} : { hint: redact(hint) });
}

/** An image that nobody named is followed as if it had been. */
function flagsFor(flags: GlobalFlags, followed: Followed | undefined): GlobalFlags {
  return followed?.kind === "image" ? { ...flags, image: followed.reference } : flags;
}

/** What is named; else the image that this very container was started from; else the files beside the program. */
async function findFollowed(
  { repo, branch, image, config }: GlobalFlags,
  backend: ConnectedBackend,
  signal: AbortSignal,
): Promise<Followed> {
  if (repo !== undefined && branch !== undefined) return { kind: "branch", repository: repo, branch };
  const own = config === undefined ? await backend.ownContainer(signal) : undefined;
  if (image !== undefined) {
    const reference = asReference(image);
    return { kind: "image", reference, isOwn: own !== undefined && asReference(own.image) === reference };
  }
  // An image without a name cannot be followed: it never is another one.
  if (own === undefined || /^(?:sha256:)?[0-9a-f]{12,64}$/.test(own.image)) return { kind: "folder" };
  return { kind: "image", reference: asReference(own.image), isOwn: true };
}
