const names =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS";

const signals = new Set(names.split(" "));

/** `SIGTERM` for `TERM`, `SIGTERM` or `15`, as signal(7) numbers them; `undefined` when there is no such signal. */
export function signalName(text: string): string | undefined {
  if (/^\d+$/.test(text)) {
    const name = names.split(" ")[Number(text) - 1];
    return name === undefined ? undefined : `SIG${name}`;
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  const isRealTime = /^RTMIN(?:\+(?:[1-9]|1[0-5]))?$|^RTMAX(?:-(?:[1-9]|1[0-4]))?$/.test(name);
  return signals.has(name) || isRealTime ? `SIG${name}` : undefined;
}
