/**
 * A MAC address of six bytes in the form `02:42:ac:11:00:02`, from any that Go's `net.ParseMAC` reads: pairs with colons or
 * dashes, fours with dots. Longer ones are no addresses of Ethernet.
 */
export function readMacAddress(text: string): string | undefined {
  const isAddress =
    /^(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})$/i;
  if (!isAddress.test(text)) return undefined;
  const pairs = text.toLowerCase().match(/[0-9a-f]{2}/g) ?? [];
  return pairs.join(":");
}
