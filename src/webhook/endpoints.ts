import type { HookProvider, WebhookSettings } from "../model/daemon-settings.ts";
import { hookProviderFacts } from "../model/hook-provider.ts";
import { providers } from "./providers.ts";

/** A webhook of the settings with the values of its secrets. Not to be shown or logged. */
export interface HookEndpoint {
  readonly settings: WebhookSettings;
  /** Never empty texts; empty only where nothing is signed. */
  readonly secrets: readonly string[];
  readonly pathSecret?: string;
}

export interface EndpointProblem {
  readonly endpoint: string;
  /** For people; names secrets, never their values. */
  readonly message: string;
  readonly hint: string;
}

export interface ResolvedEndpoints {
  readonly endpoints: readonly HookEndpoint[];
  readonly problems: readonly EndpointProblem[];
}

/** A path is tried out by whoever likes to, and ends up in logs of proxies; it cannot be short. */
const shortestPathSecret = 16;

/**
 * The endpoints that can start, in the order of the settings, and what is wrong with others. One of several secrets that
 * has no value is a problem too, but the others verify.
 *
 * @param secretsByName values of the names declared under `secrets:`
 */
export function resolveEndpoints(
  settings: readonly WebhookSettings[],
  secretsByName: ReadonlyMap<string, string>,
): ResolvedEndpoints {
  const endpoints: HookEndpoint[] = [];
  const problems: EndpointProblem[] = [];
  for (const hook of settings) {
    const resolved = resolveEndpoint(hook, secretsByName);
    problems.push(...resolved.problems);
    if (resolved.endpoint) endpoints.push(resolved.endpoint);
  }
  return { endpoints, problems };
}

function resolveEndpoint(
  settings: WebhookSettings,
  values: ReadonlyMap<string, string>,
): { endpoint?: HookEndpoint; problems: readonly EndpointProblem[] } {
  const { name: endpoint, provider, pathSecret: pathName } = settings;
  const problems: EndpointProblem[] = [];
  /** The value, unless something is wrong with it. */
  const open = (secret: string, refuse: (value: string) => Refused | undefined): string | undefined => {
    const value = values.get(secret) ?? "";
    const refused = value === "" ? { why: "is not given", hint: howToGive(secret) } : refuse(value);
    if (refused === undefined) return value;
    const message = `webhook "${endpoint}": secret "${secret}" ${refused.why}`;
    problems.push({ endpoint, message, hint: refused.hint });
    return undefined;
  };
  const secrets = settings.secrets.flatMap((secret) => open(secret, refuseFor(provider)) ?? []);
  const pathSecret = pathName === undefined ? undefined : open(pathName, refusePath);
  const isPathOpen = pathName !== undefined && pathSecret === undefined;
  const proof = hookProviderFacts[provider].proof === "path" ? pathSecret : secrets[0];
  if (proof === undefined && problems.length === 0)
    problems.push({
      endpoint,
      message: `webhook "${endpoint}" has no secret`,
      hint: "anybody could send it",
    });
  if (isPathOpen || proof === undefined) return { problems };
  return { endpoint: { settings, secrets, ...(pathSecret === undefined ? {} : { pathSecret }) }, problems };
}

interface Refused {
  readonly why: string;
  readonly hint: string;
}

function refuseFor(provider: HookProvider): (value: string) => Refused | undefined {
  return (value) => {
    const why = providers[provider].refuseSecret?.(value);
    return why === undefined ? undefined : { why, hint: "copy it from the sender once more" };
  };
}

function refusePath(value: string): Refused | undefined {
  if (value.length >= shortestPathSecret) return undefined;
  return {
    why: `is shorter than ${shortestPathSecret} characters`,
    hint: "make one with openssl rand -hex 24",
  };
}

function howToGive(name: string): string {
  return `give it as the variable MYSYSCONFIG_SECRET_${name}, or mount a file /run/secrets/${name}`;
}
