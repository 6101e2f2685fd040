/** A repository as a URL or as its path on a server that is not told. */
interface RepositoryName {
  /** Lower case, without a port: the same server has different ports for HTTPS and SSH. */
  readonly host?: string;
  /** Lower case, without slashes around it and without `.git`. */
  readonly path: string;
}

const scpLike = /^(?:[^@/:]+@)?([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]):(?!\/\/)(.+)$/;
const urlLike = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?([^/:@]+|\[[^\]/]+\])(?::\d*)?(\/[^?#]*)/i;

/**
 * Whether two spellings can mean the same repository: `https://git.example.com/ops/config.git`,
 * `ssh://git@git.example.com/ops/config`, `git@git.example.com:ops/config.git`, `ops/config`. Users, ports, case and
 * `.git` do not matter. A path without a server also fits at the end of a URL's path, because servers live below a path
 * and groups nest; it decides about looking, never about what is found.
 */
export function sameRepository(a: string, b: string): boolean {
  const [first, second] = [readName(a), readName(b)];
  if (first.path === "" || second.path === "") return false;
  if (first.host !== undefined && second.host !== undefined)
    return first.host === second.host && first.path === second.path;
  if (first.path === second.path) return true;
  if (first.host === second.host) return false;
  const [url, bare] = first.host === undefined ? [second, first] : [first, second];
  return bare.path.includes("/") && url.path.endsWith(`/${bare.path}`);
}

function readName(text: string): RepositoryName {
  const match = urlLike.exec(text) ?? (text.includes("://") ? null : scpLike.exec(text));
  if (match) return { host: (match[1] ?? "").toLowerCase(), path: plainPath(match[2] ?? "") };
  return { path: text.includes("://") ? "" : plainPath(text) };
}

function plainPath(text: string): string {
  const path = text.split("/").filter((part) => part !== "");
  return path
    .join("/")
    .replace(/\.git$/i, "")
    .toLowerCase();
}
