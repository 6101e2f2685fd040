import { ensurePackages } from "../../deploy/lab/apt.ts";

/** Real servers need their programs. */
export async function setup(): Promise<void> {
  await ensurePackages(["git", "openssh-client", "openssh-server", "openssl"], (line) =>
    process.stderr.write(`${line}\n`),
  );
}
