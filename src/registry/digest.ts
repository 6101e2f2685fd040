import { createHash } from "node:crypto";

/** Hexadecimal digits of the algorithms that an image may be named by (OCI image specification, "Descriptors"). */
const digits: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/** Whether a text is a digest that `verifies` can check. */
export function isDigest(text: unknown): text is string {
  if (typeof text !== "string") return false;
  const [algorithm = "", hex = "", ...more] = text.split(":");
  return (
    more.length === 0 && Object.hasOwn(digits, algorithm) && digits[algorithm] === hex.length && isHex(hex)
  );
}

function isHex(text: string): boolean {
  return /^[0-9a-f]+$/.test(text);
}

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Whether the bytes are the ones that the digest names. */
export function verifies(digest: string, bytes: Buffer): boolean {
  const [algorithm = "", hex] = digest.split(":");
  return isDigest(digest) && createHash(algorithm).update(bytes).digest("hex") === hex;
}
