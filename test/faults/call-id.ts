/** Names for calls to the Engine that are the same in every run of a rollout: `POST /containers/web.next/start #1`. */
import { isMutating } from "../support/recording-proxy.ts";

export interface NamedCall {
  readonly id: string;
  readonly method: string;
  /** Without the version prefix, with the query. */
  readonly path: string;
  readonly isMutating: boolean;
  /** How often it comes depends on time: not every run has the later ones. */
  readonly isPoll: boolean;
  /** The name of what it makes. */
  readonly created?: string;
}

/**
 * Names the calls of one run. Ids of containers and networks become the names that the Engine's answers tell, prefixes
 * of the case, transactions and hashes go away, and an ordinal tells equal calls apart.
 */
export class CallNamer {
  private readonly names = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  private readonly prefix: string;

  /** @param prefix the beginning of all names of the case */
  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /**
   * @param body what comes with the call: an archive is named after the folder that it writes, an object of a Swarm tells
   *   its name there
   */
  name(method: string, url: string, body: Buffer): NamedCall {
    const path = url.replace(/^\/v\d+\.\d+(?=\/)/, "");
    const created = createdName(path, body);
    const told = isArchive(path) ? firstPart(body) : created.inBody;
    const key = `${method} ${this.pattern(path)}${told === undefined ? "" : ` ${this.shorten(told)}`}`;
    const ordinal = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, ordinal);
    const isPoll = rare.test(key) || (ordinal > 1 && repeated.some((pattern) => pattern.test(key)));
    const { name } = created;
    return {
      ...{ id: `${key} #${ordinal}`, method, path, isMutating: isMutating({ method, path }), isPoll },
      ...(name === undefined ? {} : { created: name }),
    };
  }

  /** Reads names of ids from an answer of the Engine; the first name of an id stays. */
  learn({ created }: NamedCall, body: string): void {
    for (const found of objectsOf(body)) {
      const id = found.Id ?? found.ID;
      const name = found.Name ?? found.Names?.[0] ?? found.Spec?.Name ?? this.taskName(found) ?? created;
      if (typeof id === "string" && typeof name === "string" && !this.names.has(id))
        this.names.set(id, this.shorten(name.replace(/^\//, "")));
    }
  }

  /** Tasks have no names of their own. */
  private taskName({ ServiceID: id }: Identified): string | undefined {
    const service = id === undefined ? undefined : this.names.get(id);
    return service === undefined ? undefined : `task of ${service}`;
  }

  private pattern(path: string): string {
    const [place = "", query = ""] = path.split("?");
    const parts = place.split("/").map((part) => {
      const text = decodeURIComponent(part);
      return this.names.get(text) ?? this.shorten(text);
    });
    const all = new URLSearchParams(query);
    const told = ["name", "path"].flatMap((key) =>
      all.has(key) ? [`?${key}=${this.shorten(all.get(key) ?? "")}`] : [],
    );
    return parts.join("/") + told.join("");
  }

  private shorten(text: string): string {
    return text
      .replaceAll(this.prefix, "")
      .replace(/\.(next|prev)-[0-9a-f]{8}/, ".$1")
      .replace(/[0-9a-f]{12,}|^[0-9a-z]{25}$/g, "*");
  }
}

/** Looks at containers and services, the stream of events, signs of life of a lock: as many as the time needs. */
const repeated: readonly RegExp[] = [
  /^GET \/containers\/[^/]+\/json$/,
  /^GET \/(services|tasks|nodes|events)$/,
  /^PUT \/containers\/[^/]+\/archive.* lock$/,
  /^GET \/configs\/mysysconfig-lock-/,
  // A network that tasks are still leaving.
  /^DELETE \/networks\//,
];

/** Who asks about a network because of somebody else's service; the first sign of life of a lock. */
const rare = /^GET \/networks\/|^POST \/configs\/mysysconfig-lock-[^/]*\/update/;

const isArchive = (path: string) => /^\/containers\/[^/]+\/archive/.test(path);

/** An entry of an archive begins with its name. */
function firstPart(archive: Buffer): string | undefined {
  const [part = ""] = archive.subarray(0, 100).toString("utf8").split(/[/\0]/);
  return part === "" ? undefined : part;
}

/** Of a container in the query, of everything else in the body. */
function createdName(path: string, body: Buffer): { readonly name?: string; readonly inBody?: string } {
  const url = new URL(path, "unix://");
  if (!url.pathname.endsWith("/create")) return {};
  const inQuery = url.searchParams.get("name");
  if (inQuery !== null) return { name: inQuery };
  const name = objectsOf(body.toString("utf8"))[0]?.Name;
  return name === undefined ? {} : { name, inBody: name };
}

interface Identified {
  readonly Id?: unknown;
  readonly Name?: string;
  readonly Names?: readonly string[];
  /** Objects of a Swarm write these in another way. */
  readonly ID?: unknown;
  readonly Spec?: { readonly Name?: string };
  readonly ServiceID?: string;
}

/** Answers are one object or a list of objects; what is neither has no names to tell. */
function objectsOf(body: string): readonly Identified[] {
  try {
    const value: unknown = JSON.parse(body);
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.filter((one): one is Identified => typeof one === "object" && one !== null);
  } catch {
    return [];
  }
}
