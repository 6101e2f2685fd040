import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { ReconcilerError } from "../model/errors.ts";

/** Where a repository is, checked and in one spelling. */
export interface RepositoryUrl {
  readonly scheme: "https" | "ssh" | "file";
  /** What git is given and people are shown: without credentials. */
  readonly text: string;
  /** `https://host:port/`: credentials go there and nowhere else. Absent for `file:`. */
  readonly origin?: string;
  /** The user of an `https://` URL; that of an `ssh://` URL stays in the text. */
  readonly username?: string;
}

const scpLike = /^(?:([A-Za-z0-9_][A-Za-z0-9_.-]*)@)?([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)(.+)$/;
const hostName = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
const userName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const tokenHint = "give the token with MYSYSCONFIG_GIT_TOKEN or MYSYSCONFIG_GIT_TOKEN_FILE";

/**
 * Reads `https://host/path`, `ssh://user@host/path` and `user@host:path`, which means `ssh://user@host/path`
 * as on all hosting services (not below the user's home folder as for OpenSSH's own `scp`); files only when
 * they are allowed.
 *
 * @throws ReconcilerError `usage`; its message never shows a password
 */
export function parseRepositoryUrl(text: string, allowFile = false): RepositoryUrl {
  if (text === "") throw refusal("is empty", "write https://host/path or ssh://git@host/path");
  if (/[\p{Cc}\p{Zs}\\]/u.test(text)) throw refusal("holds a space, a backslash or a control character");
  if (text.startsWith("-")) throw refusal(`"${text}" begins with a dash`);
  if (isAbsolute(text)) return fileUrl(pathToFileURL(text), allowFile);
  if (/^[a-z0-9+.-]+::/i.test(text)) throw refusal("names a transport helper", "write https:// or ssh://");
  const scp = text.includes("://") ? null : scpLike.exec(text);
  const url = readUrl(
    scp ? `ssh://${scp[1] ? `${scp[1]}@` : ""}${scp[2]}/${scp[3]?.replace(/^\/+/, "")}` : text,
  );
  if (url.password !== "") throw refusal(`of ${url.hostname} holds a password`, tokenHint);
  if (url.search !== "" || url.hash !== "") throw refusal(`of ${url.hostname} has a query or a fragment`);
  if (url.protocol === "file:") return fileUrl(url, allowFile);
  if (url.protocol !== "https:" && url.protocol !== "ssh:")
    throw refusal(`has the scheme "${url.protocol.slice(0, -1)}"`, "write https:// or ssh://");
  return remoteUrl(url);
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  // The text may hold a password: it is not shown.
  if (url === null) throw refusal("is no URL", "write https://host/path or ssh://git@host/path");
  return url;
}

function remoteUrl(url: URL): RepositoryUrl {
  const username = decodeURIComponent(url.username);
  if (!hostName.test(url.hostname)) throw refusal(`has no usable host: "${url.hostname}"`);
  if (username !== "" && !userName.test(username)) throw refusal(`of ${url.hostname} has an unusable user`);
  const path = url.pathname;
  if (path.replaceAll("/", "") === "" || path.startsWith("//") || path.startsWith("/-"))
    throw refusal(`of ${url.hostname} has no usable path`, "write the path of the repository after the host");
  // WHATWG URLs know the default port of https, not that of ssh.
  const origin = `${url.protocol}//${url.host}/`;
  if (url.protocol === "ssh:") {
    return {
      scheme: "ssh",
      origin,
      text: `ssh://${username === "" ? "" : `${username}@`}${url.host}${path}`,
    };
  }
  return {
    ...{ scheme: "https", origin, text: `https://${url.host}${path}` },
    ...(username === "" ? {} : { username }),
  };
}

function fileUrl(url: URL, isAllowed: boolean): RepositoryUrl {
  if (!isAllowed) throw refusal("is a path of this machine", "write https:// or ssh://");
  if (url.host !== "") throw refusal("of a file names a host");
  return { scheme: "file", text: `file://${url.pathname}` };
}

function refusal(what: string, hint?: string): ReconcilerError {
  return new ReconcilerError("usage", `the repository's URL ${what}`, { hint });
}
