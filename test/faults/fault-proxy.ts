/** A Unix socket in front of an Engine's own: it names every call of a run and gives one of them a fault. */
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { CallNamer, type NamedCall } from "./call-id.ts";
import { type FaultKind, faults } from "./fault.ts";
import { endToEnd, forward, type Heard } from "./forward.ts";

export interface ArmedFault {
  readonly kind: FaultKind;
  /** The name of the call that meets it. */
  readonly call: string;
  /** Ends the program at once; resolves when the process is gone. */
  readonly kill: () => Promise<void>;
}

export interface FaultProxy extends AsyncDisposable {
  /** The value for DOCKER_HOST. */
  readonly host: string;
  /** A new run begins: its calls are counted from the start, and one of them may meet a fault. */
  begin(fault?: ArmedFault): ProxyRun;
}

export class ProxyRun {
  readonly calls: NamedCall[] = [];
  /** The call of the fault has come. */
  isReached = false;
  /** The program is dead: nothing of it reaches the Engine any more. */
  isSevered = false;
  readonly namer: CallNamer;
  private readonly fault: ArmedFault | undefined;

  constructor(prefix: string, fault: ArmedFault | undefined) {
    this.namer = new CallNamer(prefix);
    this.fault = fault;
  }

  get mutations(): readonly string[] {
    return this.calls.filter((call) => call.isMutating).map(({ id }) => id);
  }

  note({ incoming: { method = "", url = "" }, body }: Heard): NamedCall {
    const call = this.namer.name(method, url, body);
    this.calls.push(call);
    return call;
  }

  /** The fault, when it is the turn of this call. */
  faultOf(call: NamedCall): ArmedFault | undefined {
    if (this.isReached || call.id !== this.fault?.call) return undefined;
    this.isReached = true;
    return this.fault;
  }
}

/** @param dir an existing folder with a short path, for the socket */
export async function startFaultProxy(
  engineSocket: string,
  dir: string,
  prefix: string,
): Promise<FaultProxy> {
  const path = join(dir, `${prefix}.sock`);
  let run = new ProxyRun(prefix, undefined);
  const server = createServer({ keepAlive: true }, (incoming, outgoing) => {
    // Whichever side broke off, the other one is told by a broken connection.
    handle(engineSocket, run, incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  // Streams of events stay silent for long; nothing here may end them.
  server.requestTimeout = 0;
  server.timeout = 0;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  return {
    host: `unix://${path}`,
    begin(fault) {
      run = new ProxyRun(prefix, fault);
      return run;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await rm(path, { force: true });
    },
  };
}

async function handle(
  engineSocket: string,
  run: ProxyRun,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const heard = { incoming, body: await buffer(incoming) };
  if (run.isSevered) return void incoming.socket.destroy();
  const call = run.note(heard);
  const fault = run.faultOf(call);
  if (fault === undefined) return await passOn(engineSocket, { ...heard, outgoing, call, run });
  await faults[fault.kind]({ ...heard, engineSocket, outgoing, kill: () => sever(run, fault) });
}

async function sever(run: ProxyRun, { kill }: ArmedFault): Promise<void> {
  run.isSevered = true;
  await kill();
}

interface Passage extends Heard {
  readonly outgoing: ServerResponse;
  readonly call: NamedCall;
  readonly run: ProxyRun;
}

async function passOn(engineSocket: string, { outgoing, call, run, ...heard }: Passage): Promise<void> {
  const { upstream, answer: awaited } = forward(engineSocket, heard);
  // Whichever side goes away, the other one is told.
  outgoing.on("close", () => upstream.destroy());
  const answer = await awaited;
  outgoing.writeHead(answer.statusCode ?? 0, endToEnd(answer.headers));
  outgoing.flushHeaders();
  listen(answer, call, run);
  answer.on("error", () => outgoing.destroy()).pipe(outgoing);
}

/** Whatever is known by an id tells its name before anything is done to it. */
const telling = /^\/(containers|networks|services|tasks|configs|secrets)(\/[^/]+)?(\/(json|create))?(\?|$)/;

function listen(answer: IncomingMessage, call: NamedCall, run: ProxyRun): void {
  if (!telling.test(call.path)) return;
  const chunks: Buffer[] = [];
  answer.on("data", (chunk: Buffer) => chunks.push(chunk));
  // Registered before the answer is passed on, so that the names are known before the next call.
  answer.on("end", () => run.namer.learn(call, Buffer.concat(chunks).toString("utf8")));
}
