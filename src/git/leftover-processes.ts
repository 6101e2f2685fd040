import { readdir, readlink } from "node:fs/promises";
import { sep } from "node:path";

/**
 * Ends every process that works in a folder which is ours alone. A git that is killed leaves its helpers
 * (ssh, git-remote-https) waiting for the server; they are nobody's children then, but they still work in our
 * folder. Where there is no `/proc` they end by their own deadlines.
 */
export async function endLeftovers(dir: string): Promise<void> {
  // A process can start another one while we look: look until there is none.
  for (let look = 1; look <= 10; look++) {
    const pids = await processesIn(dir);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
  }
}

async function processesIn(dir: string): Promise<readonly number[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const isInside = await Promise.all(
    pids.map(async (pid) => {
      // Fails for processes of others, and for those that have just ended.
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      return cwd === dir || cwd.startsWith(dir + sep);
    }),
  );
  return pids.filter((_, index) => isInside[index]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
