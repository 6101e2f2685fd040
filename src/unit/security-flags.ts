import { didYouMean } from "../lib/suggest.ts";
import { resolveRepositoryPath } from "../model/repository-files.ts";
import type { Device, Ulimit } from "../model/workload.ts";
import type { Reader } from "./flag-values.ts";
import { refuse } from "./run-draft.ts";

const capabilities =
  "ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM".split(
    " ",
  );

/** A capability of capabilities(7) as `CAP_NET_ADMIN`, or `ALL`. */
export const readCapability: Reader<string> = (value, draft) => {
  const name = value.text.toUpperCase().replace(/^CAP_/, "");
  if (capabilities.includes(name)) return name === "ALL" ? name : `CAP_${name}`;
  return refuse(draft, value, `"${value.text}" is not a capability`, didYouMean(name, capabilities));
};

const securityKeys = ["label", "apparmor", "seccomp", "no-new-privileges"];

/** `--security-opt`; a seccomp profile of the repository is put in as its content, as the docker command does. */
export const readSecurityOption: Reader<string> = (value, draft) => {
  const { text } = value;
  if (/^no-new-privileges(?:[:=](?:true|false))?$/.test(text)) return text.replace(":", "=");
  const match = /^([a-z-]+)[:=](.+)$/s.exec(text);
  const key = match?.[1] ?? text;
  const option = match?.[2] ?? "";
  if (key === "systempaths") return refuse(draft, value, '"systempaths" is not supported yet');
  if (!securityKeys.includes(key) || option === "") {
    const hint = didYouMean(key, securityKeys) ?? `options: ${securityKeys.join(", ")}`;
    return refuse(draft, value, `"${text}" is not a security option`, hint);
  }
  if (key !== "seccomp" || option === "unconfined" || option === "builtin") return `${key}=${option}`;
  const { scope } = draft;
  const path = option.startsWith("/") ? undefined : resolveRepositoryPath(scope.path, option);
  const file = path === undefined ? undefined : scope.context.tree.get(path);
  if (file === undefined) {
    const hint = "add the profile to the repository and name it by a relative path";
    return refuse(draft, value, `"${option}" is not in the repository`, hint);
  }
  scope.usedPaths.add(file.path);
  try {
    return `seccomp=${JSON.stringify(JSON.parse(new TextDecoder().decode(file.content)))}`;
  } catch {
    return refuse(draft, value, `"${option}" is not valid JSON`);
  }
};

/** `--device host[:container][:rwm]` (docker run reference). */
export const readDevice: Reader<Device> = (value, draft) => {
  const [hostPath = "", second, third, ...rest] = value.text.split(":");
  const isMode = (text: string | undefined) => text !== undefined && /^[rwm]{1,3}$/.test(text);
  const containerPath = second === undefined || (third === undefined && isMode(second)) ? hostPath : second;
  const permissions = third ?? (isMode(second) && second !== undefined ? second : "rwm");
  const isValid = hostPath.startsWith("/") && containerPath.startsWith("/") && isMode(permissions);
  if (isValid && rest.length === 0) return { hostPath, containerPath, permissions };
  const hint = "write /dev/on-host[:/dev/in-container][:rwm]";
  return refuse(draft, value, `"${value.text}" is not a device`, hint);
};

const ulimits =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  );

/** `--ulimit name=soft[:hard]`; -1 is without limit. */
export const readUlimit: Reader<Ulimit> = (value, draft) => {
  const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(value.text);
  if (!match) {
    return refuse(
      draft,
      value,
      `"${value.text}" is not a limit`,
      "write name=soft[:hard], for example nofile=65536",
    );
  }
  const [, name = "", softText, hardText] = match;
  if (!ulimits.includes(name)) {
    const hint = didYouMean(name, ulimits) ?? `limits: ${ulimits.join(", ")}`;
    return refuse(draft, value, `unknown limit "${name}"`, hint);
  }
  const soft = Number(softText);
  const hard = Number(hardText ?? softText);
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    return refuse(draft, value, `the soft limit ${soft} is above the hard limit ${hard}`);
  }
  return { name, soft, hard };
};
