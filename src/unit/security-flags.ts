import { didYouMean } from "../lib/suggest.ts";
import { resolveRepositoryPath } from "../model/repository-files.ts";
import type { Ulimit } from "../model/workload.ts";
import type { Reader } from "./flag-values.ts";
import { mark, type RunDraft, refuse } from "./run-draft.ts";
import type { Word } from "./words.ts";

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

const securityKeys = ["label", "apparmor", "seccomp", "no-new-privileges", "writable-cgroups", "systempaths"];

/** `--security-opt name=value`, in older spellings `name:value` (docker run reference). */
export function applySecurityOption(value: Word, draft: RunDraft): void {
  if (value.text === "systempaths=unconfined") {
    draft.fields.unconfinedSystemPaths = true;
    mark(draft, "unconfinedSystemPaths", value);
    return;
  }
  const option = readSecurityOption(value, draft);
  if (option === undefined) return;
  draft.fields.securityOpt = [...new Set([...(draft.fields.securityOpt ?? []), option])];
  mark(draft, "securityOpt", value);
}

/** An option with its equals sign; a seccomp profile of the repository is put in as its content, as the docker command does. */
const readSecurityOption: Reader<string> = (value, draft) => {
  const { text } = value;
  if (text === "no-new-privileges") return text;
  const match = /^([a-z-]+)[:=](.+)$/s.exec(text);
  const key = match?.[1] ?? text;
  const option = match?.[2] ?? "";
  if (!securityKeys.includes(key) || option === "") {
    const hint = didYouMean(key, securityKeys) ?? `options: ${securityKeys.join(", ")}`;
    return refuse(draft, value, `"${text}" is not a security option`, hint);
  }
  if (key === "systempaths")
    return refuse(draft, value, `"${text}" is not a security option`, "write systempaths=unconfined");
  const isSwitch = key === "no-new-privileges" || key === "writable-cgroups";
  if (isSwitch && !/^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(option))
    return refuse(draft, value, `"${option}" is neither true nor false`);
  if (key !== "seccomp" || option === "unconfined" || option === "builtin") return `${key}=${option}`;
  return readProfile(option, value, draft);
};

function readProfile(name: string, value: Word, draft: RunDraft): string | undefined {
  const { scope } = draft;
  const path = name.startsWith("/") ? undefined : resolveRepositoryPath(scope.path, name);
  const file = path === undefined ? undefined : scope.context.tree.get(path);
  if (file === undefined) {
    const hint = "add the profile to the repository and name it by a relative path";
    return refuse(draft, value, `"${name}" is not in the repository`, hint);
  }
  scope.usedPaths.add(file.path);
  try {
    return `seccomp=${JSON.stringify(JSON.parse(new TextDecoder().decode(file.content)))}`;
  } catch {
    return refuse(draft, value, `"${name}" is not valid JSON`);
  }
}

const ulimits =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  );

/** The last limit of a name wins. */
export function applyUlimit(value: Word, draft: RunDraft): void {
  const limit = readUlimit(value, draft);
  if (limit === undefined) return;
  const others = (draft.fields.ulimits ?? []).filter(({ name }) => name !== limit.name);
  draft.fields.ulimits = [...others, limit];
  mark(draft, "ulimits", value);
}

const kernelParameters = new Set(
  "kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall kernel.shmmax kernel.shmmni kernel.shm_rmid_forced".split(
    " ",
  ),
);

/** Whether a kernel parameter belongs to a namespace of the container (docker run reference, `--sysctl`). */
export function isNamespacedParameter(name: string): boolean {
  return kernelParameters.has(name) || /^(?:net|fs\.mqueue)\./.test(name);
}

/** `--ulimit name=soft[:hard]`; -1 is without limit. */
const readUlimit: Reader<Ulimit> = (value, draft) => {
  const match = /^([a-z]+)=(-1|\+?\d+)(?::(-1|\+?\d+))?$/.exec(value.text);
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
