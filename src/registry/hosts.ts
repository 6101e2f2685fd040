/** Which address a registry has and which hosts may be spoken to without TLS. Pure. */

export interface HostRules {
  /** Hosts (`name` for every port, or `name:port`) that are spoken to in plain HTTP, besides the loopback. */
  readonly insecure: readonly string[];
  /** Hosts that speak TLS although they are on the loopback; they win over everything else. */
  readonly tls: readonly string[];
}

/** Docker Hub's registry has another name than the one in references. */
const dockerHub = { name: "docker.io", host: "registry-1.docker.io" };

/** Where a registry's API is, without a path. `registry` is a host as references have it, with or without a port. */
export function registryOrigin(registry: string, rules: HostRules): URL {
  const host = registry === dockerHub.name ? dockerHub.host : registry;
  const plain = new URL(`http://${host}`);
  return isPlainHost(plain, rules) ? plain : new URL(`https://${host}`);
}

/**
 * Why a request must not go to an address, or `undefined` when it may. Whoever was asked over TLS cannot send us to
 * plain HTTP, and nobody can send us to a plain host that was not allowed.
 *
 * @param from the registry that named the address
 */
export function refusalOf(target: URL, from: URL, rules: HostRules): string | undefined {
  if (target.protocol === "https:") return undefined;
  if (target.protocol !== "http:") return `"${target.protocol}" is not HTTP`;
  if (from.protocol === "https:") return `"${target.host}" would be spoken to without TLS`;
  return isPlainHost(target, rules) ? undefined : `"${target.host}" may not be spoken to without TLS`;
}

function isPlainHost(url: URL, rules: HostRules): boolean {
  if (isListed(url, rules.tls)) return false;
  return isLoopback(url.hostname) || isListed(url, rules.insecure);
}

function isListed({ host, hostname, port }: URL, list: readonly string[]): boolean {
  // A URL drops its scheme's own port, people write it.
  const names = [host, hostname, `${hostname}:${port || "80"}`];
  return list.some((entry) => names.includes(entry.toLowerCase()));
}

/** `localhost`, 127.0.0.0/8 and ::1, of a URL, which writes addresses in one way only. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
