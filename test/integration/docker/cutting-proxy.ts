/** An Engine that does what it is told and then keeps silent: the answer of matching calls never arrives. */
import { rm } from "node:fs/promises";
import { Agent, createServer, request as httpRequest } from "node:http";

export interface CuttingProxy extends AsyncDisposable {
  readonly host: string;
  /** From now on: `reset` closes the connection after the Engine has answered, `silence` leaves it open. */
  cut(pattern: RegExp, how: "reset" | "silence"): void;
}

/** Told to close, the Engine may close before it has read a body to its end. */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 0 });

export async function startCuttingProxy(engineSocket: string, path: string): Promise<CuttingProxy> {
  const cuts: { pattern: RegExp; how: "reset" | "silence" }[] = [];
  await rm(path, { force: true });
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const upstream = httpRequest({ socketPath: engineSocket, method, path: url, headers, agent });
    upstream.on("error", () => outgoing.destroy());
    upstream.on("response", (answer) => {
      const cut = cuts.find(({ pattern }) => pattern.test(`${method} ${url}`));
      if (cut === undefined) {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
        return;
      }
      answer.resume().on("end", () => {
        if (cut.how === "reset") outgoing.destroy();
      });
    });
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    cut: (pattern, how) => void cuts.push({ pattern, how }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
