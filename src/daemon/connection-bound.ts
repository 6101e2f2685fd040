import type { Server } from "node:http";

export interface ConnectionLimits {
  /** Connections of one address at once. */
  readonly perAddress: number;
  /** The same for addresses of this machine and of private networks: a proxy there is everybody in one. */
  readonly perNearAddress: number;
  /** Of all other machines together: what is left below the most of the server is for this one. */
  readonly fromElsewhere: number;
}

export const connectionLimits: ConnectionLimits = {
  perAddress: 100,
  perNearAddress: 512,
  fromElsewhere: 1_400,
};

/** Closes at once what is more than an address may have, so that nobody takes all connections away from others. */
export function boundConnections(server: Server, limits: ConnectionLimits): void {
  const bound = new ConnectionBound(limits);
  server.on("connection", (socket) => {
    // Without an address it is closed already.
    const address = socket.remoteAddress;
    if (address === undefined || !bound.admit(address)) {
      socket.destroy();
      return;
    }
    socket.once("close", () => bound.release(address));
  });
}

/** Counts what is open. */
export class ConnectionBound {
  private readonly limits: ConnectionLimits;
  private readonly open = new Map<string, number>();
  private elsewhere = 0;

  constructor(limits: ConnectionLimits) {
    this.limits = limits;
  }

  /** Whether there is room for one more connection of this address; it is counted until it is released. */
  admit(address: string): boolean {
    const { perAddress, perNearAddress, fromElsewhere } = this.limits;
    const count = this.open.get(address) ?? 0;
    if (count >= (isNear(address) ? perNearAddress : perAddress)) return false;
    if (!isHere(address)) {
      if (this.elsewhere >= fromElsewhere) return false;
      this.elsewhere += 1;
    }
    this.open.set(address, count + 1);
    return true;
  }

  release(address: string): void {
    const count = (this.open.get(address) ?? 0) - 1;
    if (count > 0) this.open.set(address, count);
    else this.open.delete(address);
    if (!isHere(address)) this.elsewhere -= 1;
  }
}

/** Sockets of IPv6 write addresses of IPv4 so (RFC 4291, section 2.5.5.2). */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** The loopback, where the health check of a container comes from. */
function isHere(address: string): boolean {
  return ["127.0.0.1", "::1"].includes(plain(address));
}

/** Private networks (RFC 1918, RFC 4193), link-local ones and the loopback. */
const nearPattern = /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe[89ab])/i;

function isNear(address: string): boolean {
  return nearPattern.test(plain(address));
}
