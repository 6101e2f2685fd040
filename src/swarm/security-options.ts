import type { TaskContainerSpec } from "../model/service-spec.ts";
import { unlessEmpty } from "./api-values.ts";

/** What `--security-opt` says, in the words of a service. */
export interface SecurityReading {
  readonly privileges?: NonNullable<TaskContainerSpec["Privileges"]>;
  /** Options that a service cannot have. */
  readonly unsupported: readonly string[];
  /** Options that only API 1.44 knows; older Engines drop them without a word. */
  readonly needsPrivileges: readonly string[];
}

type Entry = readonly [member: string, value: unknown, since144: boolean];

/**
 * Reads security options (docker run reference, "Security configuration") as `Privileges` of a task (Docker Engine API
 * 1.44, "TaskSpec").
 */
export function readSecurityOptions(options: readonly string[]): SecurityReading {
  const privileges: Record<string, unknown> = {};
  const selinux: Record<string, unknown> = {};
  const unsupported: string[] = [];
  const needsPrivileges: string[] = [];
  for (const option of options) {
    const entry = readOption(option);
    if (entry === undefined) {
      unsupported.push(option);
      continue;
    }
    const [member, value, since144] = entry;
    if (since144) needsPrivileges.push(option);
    if (since144) privileges[member] = value;
    else selinux[member] = value;
  }
  const members = { ...privileges, ...(unlessEmpty(selinux) ? { SELinuxContext: selinux } : {}) };
  const said = unlessEmpty(members);
  return { ...(said === undefined ? {} : { privileges: said }), unsupported, needsPrivileges };
}

function readOption(option: string): Entry | undefined {
  const [, name = "", value = ""] = /^([^=:]+)(?:[=:](.*))?$/s.exec(option) ?? [];
  switch (name) {
    case "no-new-privileges":
      if (value !== "" && value !== "true" && value !== "false") return undefined;
      return ["NoNewPrivileges", value !== "false", true];
    case "seccomp":
      return seccomp(value);
    case "apparmor":
      if (value === "unconfined") return ["AppArmor", { Mode: "disabled" }, true];
      return value === "docker-default" ? ["AppArmor", { Mode: "default" }, true] : undefined;
    case "label":
      return label(value);
    default:
      return undefined;
  }
}

/** A profile is given as its JSON text; the API takes it in base64. */
function seccomp(value: string): Entry | undefined {
  if (value === "unconfined") return ["Seccomp", { Mode: "unconfined" }, true];
  if (value === "builtin") return ["Seccomp", { Mode: "default" }, true];
  if (!value.trimStart().startsWith("{")) return undefined;
  return ["Seccomp", { Mode: "custom", Profile: Buffer.from(value).toString("base64") }, true];
}

const labelMembers: Readonly<Record<string, string>> = {
  user: "User",
  role: "Role",
  type: "Type",
  level: "Level",
};

function label(value: string): Entry | undefined {
  if (value === "disable") return ["Disable", true, false];
  const [, key = "", text = ""] = /^([a-z]+)[=:](.+)$/.exec(value) ?? [];
  const member = Object.hasOwn(labelMembers, key) ? labelMembers[key] : undefined;
  return member === undefined ? undefined : [member, text, false];
}
