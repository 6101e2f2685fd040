/** A machine's Engine listens at /var/run/docker.sock; those of the lab do so in a folder of their own. */
import { runCommand } from "../../deploy/lab/command.ts";
import type { SystemOptions } from "./scenario.ts";

/** Shows the Engine its own socket also at the usual place, for containers that are to have it mounted from there. */
export async function showSocketAsUsual({
  socket,
  networkPrefix,
}: Pick<SystemOptions, "socket" | "networkPrefix">): Promise<void> {
  // The lab's root has no links for the programs of busybox.
  const script = [
    "if [ ! -L /var/run ]; then busybox mkdir -p /var/run && busybox mount -t tmpfs tmpfs /var/run; fi",
    'busybox touch /var/run/docker.sock && busybox mount --bind "$1" /var/run/docker.sock',
  ].join("\n");
  // The same process, but its files instead of its network.
  const enter = networkPrefix.map((word) => (word === "--net" ? "--mount" : word));
  const [file = "", ...args] = [...enter, "/bin/busybox", "sh", "-ec", script, "sh", socket];
  await runCommand(file, args);
}
