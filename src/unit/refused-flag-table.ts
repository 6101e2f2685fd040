import { type FlagRow, refused } from "./flag-rows.ts";

const windows = { doc: "for Windows only", hint: "remove it" };

/** Flags of `docker run` that are errors here, with the reason. */
export const refusedFlags: readonly FlagRow[] = [
  refused("cidfile", {
    doc: "nothing would read the file",
    hint: "remove it; the container is known by its name",
  }),
  refused("kernel-memory", { doc: "no longer known to the Engine", hint: "write --memory" }),
  refused("lxc-conf", { doc: "no longer known to Docker", hint: "remove it" }),
  refused("cpu-count", windows),
  refused("cpu-percent", windows),
  refused("io-maxbandwidth", windows),
  refused("io-maxiops", windows),
  refused("help", { doc: "it would run no container", hint: "remove it" }, "switch"),
];
