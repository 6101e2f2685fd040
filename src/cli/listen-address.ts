import { ReconcilerError } from "../model/errors.ts";

/** `0.0.0.0:8080`, `[::1]:8080`, or `:8080` and `8080` for every address. */
export function parseListenAddress(
  option: string,
  text: string,
): { readonly host: string; readonly port: number } {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new ReconcilerError("usage", `${option} ${text} is no address`, { hint: "write 127.0.0.1:8080" });
  }
  return { host: (match[1] ?? "").replace(/^\[|\]$/g, "") || "0.0.0.0", port };
}
