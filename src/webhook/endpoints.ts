import type { WebhookSettings } from "../model/daemon-settings.ts";
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
  const problems: EndpointProblem[] = [];
  const report = (secret: string, why: string, hint: string) =>
    problems.push({
      endpoint: settings.name,
      message: `webhook "${settings.name}": secret "${secret}" ${why}`,
      hint,
    });
  const secrets = settings.secrets.flatMap((name) => {
    const value = values.get(name) ?? "";
    if (value === "") report(name, "is not given", howToGive(name));
    const why = value === "" ? undefined : providers[settings.provider].refuseSecret?.(value);
    if (why !== undefined) report(name, why, "copy it from the sender once more");
    return value === "" || why !== undefined ? [] : [value];
  });
  const { pathSecret: name } = settings;
  const path = name === undefined ? undefined : (values.get(name) ?? "");
  if (name !== undefined && path === "") report(name, "is not given", howToGive(name));
  else if (name !== undefined && path !== undefined && path.length < shortestPathSecret)
    report(name, `is shorter than ${shortestPathSecret} characters`, "make one with openssl rand -hex 24");
  const isPathBad = name !== undefined && (path === undefined || path.length < shortestPathSecret);
  const isProven =
    hookProviderFacts[settings.provider].proof === "path" ? path !== undefined : secrets.length > 0;
  if (!isProven && problems.length === 0)
    problems.push({
      endpoint: settings.name,
      message: `webhook "${settings.name}" has no secret`,
      hint: "anybody could send it",
    });
  if (isPathBad || !isProven) return { problems };
  return { endpoint: { settings, secrets, ...(path === undefined ? {} : { pathSecret: path }) }, problems };
}

function howToGive(name: string): string {
  return `set MYSYSCONFIG_SECRET_${name}, or mount the file /run/secrets/${name}`;
}
