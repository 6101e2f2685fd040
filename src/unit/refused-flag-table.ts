import { type FlagRow, refused } from "./flag-rows.ts";

const notYet = { doc: "not supported yet", hint: "remove it" };
const windows = { doc: "for Windows only", hint: "remove it" };
const throttle = { doc: "not supported yet", hint: "remove it; --blkio-weight is supported" };

/** Flags of `docker run` that are errors here, with the reason. */
export const refusedFlags: readonly FlagRow[] = [
  refused("annotation", notYet),
  refused("blkio-weight-device", throttle),
  refused("device-read-bps", throttle),
  refused("device-read-iops", throttle),
  refused("device-write-bps", throttle),
  refused("device-write-iops", throttle),
  refused("cpu-rt-period", notYet),
  refused("cpu-rt-runtime", notYet),
  refused("gpus", { doc: "not supported yet", hint: "name the devices with --device and --runtime" }),
  refused("link-local-ip", notYet),
  refused("storage-opt", notYet),
  refused(
    "use-api-socket",
    { doc: "not supported", hint: "write -v /var/run/docker.sock:/var/run/docker.sock" },
    "switch",
  ),
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
  refused("isolation", windows),
  refused("help", { doc: "it would run no container", hint: "remove it" }, "switch"),
];
