const names =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS";

const signals = new Set(names.split(" "));

/** What the C library leaves of the real-time signals (signal(7)). */
const firstRealTime = 34;
const lastRealTime = 64;

/** `SIGTERM` for `TERM`, `SIGTERM` or `15`, as signal(7) numbers them; `undefined` when there is no such signal. */
export function signalName(text: string): string | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    const name = names.split(" ")[number - 1];
    if (name !== undefined) return `SIG${name}`;
    if (number < firstRealTime || number > lastRealTime) return undefined;
    const fromMin = number - firstRealTime;
    const fromMax = lastRealTime - number;
    if (fromMin <= 15) return fromMin === 0 ? "SIGRTMIN" : `SIGRTMIN+${fromMin}`;
    return fromMax === 0 ? "SIGRTMAX" : `SIGRTMAX-${fromMax}`;
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  const isRealTime = /^RTMIN(?:\+(?:[1-9]|1[0-5]))?$|^RTMAX(?:-(?:[1-9]|1[0-4]))?$/.test(name);
  return signals.has(name) || isRealTime ? `SIG${name}` : undefined;
}
