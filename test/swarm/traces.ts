/** What a Swarm lab has left on the machine: processes, namespaces, mounts, links, cgroups, folders. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../deploy/lab/command.ts";
import { shortRunDir } from "../../deploy/lab/paths.ts";
import type { SwarmCluster } from "../../deploy/lab/swarm-cluster.ts";

/** How the traces of one lab are told from everything else. */
export interface Marks {
  /** Each of them is in a path of the lab. */
  readonly words: readonly string[];
  readonly folders: readonly string[];
  /** Such as `net:[4026532345]`. */
  readonly namespaces: readonly string[];
}

export function marksOf(place: SwarmCluster["place"], namespaces: readonly string[] = []): Marks {
  const folders = [place.dir, shortRunDir(place.dir)];
  return { words: [place.name, ...folders], folders, namespaces };
}

/** The network namespaces of a lab that runs. */
export async function namespacesOf({ nodes, network }: SwarmCluster): Promise<readonly string[]> {
  const parts = [network, ...nodes].map(async (part) => {
    const [file = "", ...args] = part.inNetwork(["readlink", "/proc/self/ns/net"]);
    return (await runCommand(file, args)).stdout.trim();
  });
  return Promise.all(parts);
}

/** What is alive or mounted. */
export function livingTraces({ words, namespaces }: Marks): readonly string[] {
  const isMarked = (text: string) => words.some((word) => text.includes(word));
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => [
    ...(isMarked(read(`/proc/${pid}/cmdline`)) ? [`process ${pid}`] : []),
    ...(isMarked(read(`/proc/${pid}/cgroup`)) ? [`process ${pid} in a cgroup`] : []),
    ...(isMarked(read(`/proc/${pid}/mountinfo`)) ? [`mounts of process ${pid}`] : []),
    ...(namespaces.includes(namespaceOf(pid)) ? [`network namespace of process ${pid}`] : []),
  ]);
}

/** What lies about: cgroups, folders, and links in the machine's own network, where none may ever be. */
export function lyingTraces({ words: [name = ""], folders }: Marks): readonly string[] {
  const hierarchies = ["", ...readdirSync("/sys/fs/cgroup")];
  const cgroups = hierarchies.map((hierarchy) => join("/sys/fs/cgroup", hierarchy, name));
  const links = [...readdirSync("/sys/class/net"), ...Object.keys(networkInterfaces())];
  return [
    ...[...cgroups, ...folders].filter((path) => existsSync(path)),
    ...links.filter((link) => /^(lab0|port\d+)$/.test(link)),
  ];
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
}

/** Empty when the process is gone. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
