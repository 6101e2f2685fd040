import { adds, type FlagRow, sets, switched, valued } from "./flag-rows.ts";
import { matching, oneItem, readBoolean, readIp, someText, wordOf } from "./flag-values.ts";
import {
  applyAddHost,
  applyIp,
  applyIp6,
  applyLink,
  applyNetwork,
  applyNetworkAlias,
} from "./network-flags.ts";
import { applyExpose, applyPublish } from "./port-flags.ts";

const macPattern = /^(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/;
const otherContainer = /^container:.+$/;

/** Flags about networks, ports, names and namespaces. */
export const networkFlags: readonly FlagRow[] = [
  valued("publish", "publishes a port of the container on the host", applyPublish, { short: "p" }),
  switched(
    "publish-all",
    "publishes all exposed ports on random host ports",
    sets("publishAll", readBoolean),
    {
      short: "P",
    },
  ),
  valued("expose", "documents a port without publishing it", applyExpose),
  valued(
    "network",
    "network to join: a name, bridge, host, none, container:NAME, or name=…,alias=…,ip=…",
    applyNetwork,
    {
      aliases: ["net"],
    },
  ),
  valued("network-alias", "further name of the container in its first network", applyNetworkAlias, {
    aliases: ["net-alias"],
  }),
  valued("ip", "IPv4 address in the first network", applyIp),
  valued("ip6", "IPv6 address in the first network", applyIp6),
  valued("link", "old way to reach another container by a name", applyLink),
  valued("add-host", "further line of /etc/hosts, name:address", applyAddHost),
  valued("dns", "DNS server", adds("dns", oneItem(readIp))),
  valued("dns-search", "DNS search domain", adds("dnsSearch", oneItem(someText))),
  valued("dns-option", "DNS option", adds("dnsOptions", oneItem(someText)), { aliases: ["dns-opt"] }),
  valued(
    "mac-address",
    "MAC address of the container",
    sets("macAddress", (value, draft) =>
      matching(
        macPattern,
        "a MAC address",
        "write for example 92:d0:c6:0a:29:33",
      )(value, draft)
        ?.toLowerCase()
        .replaceAll("-", ":"),
    ),
  ),
  valued(
    "ipc",
    "IPC namespace",
    sets("ipcMode", wordOf(["none", "private", "shareable", "host"], otherContainer)),
  ),
  valued(
    "pid",
    "process namespace: host or container:NAME",
    sets("pidMode", wordOf(["host"], otherContainer)),
  ),
  valued("uts", "UTS namespace: host", sets("utsMode", wordOf(["host"]))),
  valued("userns", "user namespace: host", sets("usernsMode", wordOf(["host"]))),
  valued(
    "cgroupns",
    "control group namespace: host or private",
    sets("cgroupnsMode", wordOf(["host", "private"])),
  ),
];
