import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DockerOptions } from "dockerode";
import { ReconcilerError } from "../model/errors.ts";
import { socketAgent } from "./engine-agent.ts";

/** Where the Engine is, in the terms of `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`. */
export interface EngineAddress {
  /** `unix:///path`, `tcp://host:port`; absent: `unix:///var/run/docker.sock`. */
  readonly host?: string;
  readonly tlsVerify?: boolean;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`. */
  readonly certPath?: string;
}

export const defaultEngineHost = "unix:///var/run/docker.sock";

/**
 * dockerode options for an address. Every field that docker-modem would otherwise take from the process environment is
 * set, if only to `undefined`, so that the address alone decides.
 */
export function dockerOptions(address: EngineAddress): DockerOptions {
  const host = address.host === undefined || address.host === "" ? defaultEngineHost : address.host;
  const blank = {
    socketPath: undefined,
    host: undefined,
    port: undefined,
    protocol: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    pathPrefix: "/",
  };
  if (host.startsWith("unix://")) {
    const socketPath = host.slice("unix://".length);
    if (!socketPath.startsWith("/"))
      throw usage(host, "the path of the socket must be absolute", "unix:///var/run/docker.sock");
    return { ...blank, socketPath, agent: socketAgent() } as DockerOptions;
  }
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url?.protocol !== "tcp:") throw usage(host, schemeProblem(host), "unix:///path or tcp://host:2376");
  if (url.username !== "" || (url.pathname !== "" && url.pathname !== "/")) {
    throw usage(host, "user names and paths are not supported", "tcp://host:2376");
  }
  return { ...blank, ...tcpOptions(url, address) } as DockerOptions;
}

function schemeProblem(host: string): string {
  if (host.startsWith("ssh://"))
    return "ssh is not supported; forward the socket with ssh -L and use the local end";
  if (host.startsWith("npipe://")) return "named pipes of Windows are not supported";
  return "not a socket or address";
}

/** Plain TCP hands root on the Engine's host to anyone who can listen in, so only this machine may be spoken to so. */
function tcpOptions(url: URL, address: EngineAddress): object {
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (address.certPath === undefined && address.tlsVerify !== true) {
    if (!/^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(hostname)) {
      throw usage(
        url.href,
        "an Engine on another machine needs TLS",
        "DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH",
      );
    }
    return { protocol: "http", host: hostname, port: url.port || "2375" };
  }
  if (address.certPath === undefined) {
    throw usage(
      url.href,
      "TLS needs the client's certificate",
      "DOCKER_CERT_PATH with ca.pem, cert.pem and key.pem",
    );
  }
  const read = (name: string) => readCertificate(join(address.certPath ?? "", name));
  return {
    protocol: "https",
    host: hostname,
    port: url.port || "2376",
    ca: read("ca.pem"),
    cert: read("cert.pem"),
    key: read("key.pem"),
  };
}

function readCertificate(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ReconcilerError("usage", `read certificate "${path}": ${(cause as Error).message}`, {
      hint: "DOCKER_CERT_PATH must hold ca.pem, cert.pem and key.pem",
      cause,
    });
  }
}

function usage(host: string, problem: string, example: string): ReconcilerError {
  return new ReconcilerError("usage", `DOCKER_HOST "${host}": ${problem}`, { hint: `use ${example}` });
}
