import { Agent, type AgentOptions } from "node:http";

const idleMs = 5_000;

/** Connections to an Engine's socket. There is no TLS server name on it, which Node would look for in each request. */
export function socketAgent(): Agent {
  const options: AgentOptions & { readonly servername: string } = {
    ...{ keepAlive: true, scheduling: "lifo", timeout: idleMs },
    servername: "",
  };
  const agent = new Agent(options);
  // docker-modem describes each request for its debug log, with all that hangs on it, whether anybody reads it or not.
  return Object.defineProperty(agent, Symbol.for("nodejs.util.inspect.custom"), { value: () => "Agent" });
}
