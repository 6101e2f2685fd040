import { adds, type FlagRow, sets, switched, valued } from "./flag-rows.ts";
import { oneItem, readBoolean, readIp, someText, wordOf } from "./flag-values.ts";
import { applyAddHost, applyLink, readSearchDomain } from "./host-flags.ts";
import { readMacAddress } from "./mac-address.ts";
import { applyIp, applyIp6, applyLinkLocalIp, applyNetwork, applyNetworkAlias } from "./network-flags.ts";
import { applyExpose, applyPublish } from "./port-flags.ts";
import { refuse } from "./run-draft.ts";

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
    "network to join: a name, bridge, host, none, container:NAME, or name=…,alias=…,ip=…,ip6=…,mac-address=…,link-local-ip=…,driver-opt=…,gw-priority=…",
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
  valued("link-local-ip", "link-local address in the first network", applyLinkLocalIp),
  valued("link", "old way to reach another container by a name", applyLink),
  valued("add-host", "further line of /etc/hosts, name:address", applyAddHost),
  valued("dns", "DNS server", adds("dns", oneItem(readIp))),
  valued("dns-search", "DNS search domain", adds("dnsSearch", oneItem(readSearchDomain))),
  valued("dns-option", "DNS option", adds("dnsOptions", oneItem(someText)), { aliases: ["dns-opt"] }),
  valued(
    "mac-address",
    "MAC address of the container",
    sets("macAddress", (value, draft) => {
      if (value.text === "") return null;
      const hint = "write for example 92:d0:c6:0a:29:33";
      return readMacAddress(value.text) ?? refuse(draft, value, `"${value.text}" is not a MAC address`, hint);
    }),
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
