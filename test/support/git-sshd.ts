/** A Git server over SSH: OpenSSH's own, on a loopback port, with keys made for the test. */
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../deploy/lab/command.ts";
import { endProcess, waitUntil } from "../../deploy/lab/waiting.ts";
import type { GitServer } from "./git-https.ts";

export interface GitSshServer extends GitServer {
  /** A key that the server accepts. */
  readonly keyFile: string;
  /** The server's key as clients write it down. */
  readonly knownHostsFile: string;
  readonly port: number;
}

export async function startGitSsh(dir: string): Promise<GitSshServer> {
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const [hostKey, keyFile] = [join(dir, "host"), join(dir, "client")];
  await createSshKey(hostKey);
  await createSshKey(keyFile);
  await writeFile(join(dir, "authorized"), await readFile(`${keyFile}.pub`));
  const knownHostsFile = join(dir, "known-hosts");
  await writeFile(knownHostsFile, knownHost(port, await readFile(`${hostKey}.pub`, "utf8")));
  await writeFile(join(dir, "config"), configuration(dir, port));
  // Where the package's own service would make it.
  await mkdir("/run/sshd", { recursive: true });
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(dir, "config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await waitUntil("sshd to listen", 20_000, () => {
    if (child.exitCode !== null) throw new Error(`sshd did not start: ${said}`);
    return said.includes("Server listening") ? true : undefined;
  });
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    ...{ keyFile, knownHostsFile, port },
    [Symbol.asyncDispose]: () => endProcess(child.pid ?? 0, 5_000),
  };
}

export async function createSshKey(path: string): Promise<void> {
  await runCommand("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path]);
}

/** A line of `known_hosts` for a port of this machine. */
export function knownHost(port: number, publicKey: string): string {
  return `[127.0.0.1]:${port} ${publicKey.split(" ").slice(0, 2).join(" ")}\n`;
}

function configuration(dir: string, port: number): string {
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${dir}/host
AuthorizedKeysFile ${dir}/authorized
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv GIT_PROTOCOL
MaxStartups 200
LogLevel INFO
`;
}

/** sshd cannot be asked to take any port that is free. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
