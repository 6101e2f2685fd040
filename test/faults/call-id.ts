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

  /** @param body what comes with the call: an archive is named after the folder that it writes */
  name(method: string, url: string, body: Buffer): NamedCall {
    const path = url.replace(/^\/v\d+\.\d+(?=\/)/, "");
    const key = `${method} ${this.pattern(path)}${isArchive(path) ? firstPart(body) : ""}`;
    const ordinal = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, ordinal);
    const isPoll = ordinal > 1 && repeated.some((pattern) => pattern.test(key));
    return { id: `${key} #${ordinal}`, method, path, isMutating: isMutating({ method, path }), isPoll };
  }

  /** Reads names of ids from an answer of the Engine; the first name of an id stays. */
  learn(path: string, body: string): void {
    const created = new URL(path, "unix://").searchParams.get("name") ?? undefined;
    for (const found of objectsOf(body)) {
      const { Id: id, Name: name = found.Names?.[0] ?? created } = found;
      if (typeof id === "string" && typeof name === "string" && !this.names.has(id))
        this.names.set(id, this.shorten(name.replace(/^\//, "")));
    }
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
      .replace(/[0-9a-f]{12,}/g, "*");
  }
}

/** Looks at a container, the stream of events, signs of life of a lock: as many as the time needs. */
const repeated: readonly RegExp[] = [
  /^GET \/containers\/[^/]+\/json$/,
  /^GET \/events/,
  /^PUT \/containers\/[^/]+\/archive.* lock$/,
];

const isArchive = (path: string) => /^\/containers\/[^/]+\/archive/.test(path);

/** An entry of an archive begins with its name. */
function firstPart(archive: Buffer): string {
  const [part = ""] = archive.subarray(0, 100).toString("utf8").split(/[/\0]/);
  return part === "" ? "" : ` ${part}`;
}

interface Identified {
  readonly Id?: unknown;
  readonly Name?: string;
  readonly Names?: readonly string[];
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
