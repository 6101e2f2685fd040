import { parseBytes } from "../lib/bytes.ts";
import { compact } from "../lib/records.ts";
import type { ServiceMount } from "../model/service-spec.ts";
import { unlessEmpty } from "./api-values.ts";

export interface TmpfsReading {
  readonly options?: NonNullable<ServiceMount["TmpfsOptions"]>;
  readonly readOnly: boolean;
  /** Options that a service cannot have. */
  readonly unsupported: readonly string[];
}

/** What the Engine sets on every tmpfs mount anyway (moby, `volume/mounts`, `ConvertTmpfsOptions`). */
const defaults: ReadonlySet<string> = new Set(["", "rw", "noexec", "nosuid", "nodev"]);

/** Reads mount options of a tmpfs (`size=64m,mode=1777`) as the API's `TmpfsOptions` (Docker Engine API 1.41). */
export function readTmpfsOptions(text: string): TmpfsReading {
  let size: number | undefined;
  let mode: number | undefined;
  let readOnly = false;
  const unsupported: string[] = [];
  for (const option of text.split(",").map((word) => word.trim())) {
    const [, name = "", value = ""] = /^([^=]*)(?:=(.*))?$/s.exec(option) ?? [];
    const bytes = name === "size" ? parseBytes(value) : undefined;
    if (bytes !== undefined) size = bytes;
    else if (name === "mode" && /^[0-7]{1,4}$/.test(value)) mode = Number.parseInt(value, 8);
    else if (option === "ro") readOnly = true;
    else if (!defaults.has(option)) unsupported.push(option);
  }
  const options = unlessEmpty(
    compact<NonNullable<ServiceMount["TmpfsOptions"]>>({ SizeBytes: size, Mode: mode }),
  );
  return { ...(options === undefined ? {} : { options }), readOnly, unsupported };
}
