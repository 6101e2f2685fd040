import { readFile } from "node:fs/promises";
import { ReconcilerError } from "../model/errors.ts";
import type { Clock, ImageRegistry } from "../ports.ts";
import { Authorizer } from "./authorizer.ts";
import { HttpTransport } from "./http-transport.ts";
import { RegistryClient } from "./registry-client.ts";
import { RegistrySession } from "./registry-session.ts";

export interface RegistryOptions {
  readonly clock: Clock;
  /** A docker `config.json` with credentials; without it, or without such a file, registries are asked anonymously. */
  readonly configPath?: string | undefined;
  /** Hosts (`name` or `name:port`) that are spoken to in plain HTTP, besides the loopback. */
  readonly insecure?: readonly string[] | undefined;
  /** Hosts that speak TLS although they are on the loopback or listed as insecure. */
  readonly tls?: readonly string[] | undefined;
  /** PEM file of certificate authorities that are trusted besides the system's own. */
  readonly caFile?: string | undefined;
  /** For one request, from the connection to the last byte. Default: 30 s. */
  readonly requestTimeoutMs?: number | undefined;
  /** For one question with all its pages and waits. Default: 2 minutes. */
  readonly timeoutMs?: number | undefined;
  /** How long one question waits in all for a registry that is busy. Default: 30 s. */
  readonly patienceMs?: number | undefined;
  /** Default: `mysysconfig`. */
  readonly userAgent?: string | undefined;
}

/**
 * A client of all registries. It connects when it is asked, holds no connection that would keep the process alive, and
 * reads credentials anew whenever a registry refuses what was good before.
 *
 * @throws ReconcilerError `configuration-unreadable` when the file of certificate authorities is not usable
 */
export async function openImageRegistry(
  options: RegistryOptions,
  signal: AbortSignal,
): Promise<ImageRegistry> {
  const { clock, configPath, caFile, insecure = [], tls = [] } = options;
  const { requestTimeoutMs = 30_000, timeoutMs = 120_000, patienceMs = 30_000 } = options;
  const rules = { insecure, tls };
  const transport = new HttpTransport({
    ...(caFile === undefined ? {} : { authorities: await readAuthorities(caFile, signal) }),
    userAgent: options.userAgent ?? "mysysconfig",
    timeoutMs: requestTimeoutMs,
  });
  const authorizer = new Authorizer({ transport, clock, rules, configPath });
  const session = new RegistrySession({ transport, authorizer, rules });
  return new RegistryClient({ session, rules, limits: { clock, timeoutMs, patienceMs } });
}

/** A file without a certificate would be taken without a word, and no registry would be trusted because of it. */
async function readAuthorities(path: string, signal: AbortSignal): Promise<string> {
  const fail = (reason: string, cause?: unknown) =>
    new ReconcilerError("configuration-unreadable", `read certificate authorities "${path}": ${reason}`, {
      hint: "give a file with certificates in PEM (-----BEGIN CERTIFICATE-----)",
      cause,
    });
  let text: string;
  try {
    text = await readFile(path, { encoding: "utf8", signal });
  } catch (cause) {
    throw fail(String((cause as NodeJS.ErrnoException).code ?? cause), cause);
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) throw fail("no certificate in it");
  return text;
}
