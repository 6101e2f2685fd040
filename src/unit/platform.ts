import type { Reader } from "./flag-values.ts";
import { refuse } from "./run-draft.ts";

/** Systems and architectures that Go can build for: a word alone must be one of them. */
const systems = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos".split(
    " ",
  ),
);
const architectures = new Set(
  "386 amd64 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm".split(
    " ",
  ),
);
const architectureNames: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  i386: "386",
};

/** `os`, `arch`, `os/arch` or `os/arch/variant` in one spelling (docker run reference, `--platform`); nothing is any. */
export const readPlatform: Reader<string | null> = (value, draft) => {
  if (value.text === "") return null;
  const parts = value.text.toLowerCase().split("/");
  const [first = "", second, variant] = parts;
  const isWell = parts.length <= 3 && parts.every((part) => /^[a-z0-9_.-]+$/.test(part));
  const only = architectureNames[first] ?? first;
  if (isWell && second === undefined) {
    if (systems.has(only)) return only;
    if (architectures.has(only)) return `linux/${only}`;
  } else if (isWell) {
    const architecture = architectureNames[second ?? ""] ?? second;
    const isUsual = variant === undefined || (architecture === "amd64" && variant === "v1");
    return `${first}/${architecture}${isUsual ? "" : `/${variant}`}`;
  }
  return refuse(draft, value, `"${value.text}" is not a platform`, "write for example linux/arm64");
};
