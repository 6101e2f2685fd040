import { connectionLimits } from "../../../src/daemon/connection-bound.ts";
import { formatBytes } from "../../../src/lib/bytes.ts";
import { formatDuration } from "../../../src/lib/duration.ts";
import { hookProviders } from "../../../src/model/daemon-settings.ts";
import { hookProviderFacts } from "../../../src/model/hook-provider.ts";
import { defaultLimits } from "../../../src/webhook/limits.ts";
import { providers as adapters } from "../../../src/webhook/providers.ts";
import { serverLimits, serverOptions } from "../../../src/webhook/server-options.ts";
import { code, codes, table } from "../markdown.ts";

export const webhookSections = { "hook-providers": providers, "hook-types": types, "hook-limits": limits };

const says = { branch: "a branch moved", image: "a tag was pushed" } as const;

function providers(): string {
  const rows = hookProviders.map((provider) => {
    const { title, proof, headers, covers, marks } = hookProviderFacts[provider];
    const proofs = { signature: codes(headers), token: codes(headers), path: "the path" } as const;
    return [code(provider), title, proofs[proof], covers, marks.map((mark) => says[mark]).join("; ")];
  });
  return table(["provider", "is", "proof", "signed", "says"], rows);
}

function types(): string {
  const json = "application/json";
  const rows = hookProviders.flatMap((provider) => {
    const others = adapters[provider].contentTypes.filter((type) => type !== json);
    return others.length === 0 ? [] : [[code(provider), codes(others)]];
  });
  return table(["provider", `besides ${code(json)}`], rows);
}

function limits(): string {
  const each = formatBytes(defaultLimits.tokenBytes);
  return table(
    ["limit", "is"],
    [
      ["largest body", formatBytes(defaultLimits.bodyBytes)],
      ["time for a body", formatDuration(defaultLimits.bodyMs)],
      [
        "bodies that are read at once",
        `${defaultLimits.openBodies}, together ${formatBytes(defaultLimits.openBytes)}; the oldest gives its room up for a new one, of those above ${formatBytes(defaultLimits.usualBytes)} while they hold most of it`,
      ],
      [
        "proven hooks of an endpoint",
        `${defaultLimits.burst} at once, then ${defaultLimits.refillPerSecond} a second; a body counts once for each ${each} it has begun`,
      ],
      [
        "deliveries that an endpoint remembers",
        `${defaultLimits.deliveries}, for ${formatDuration(defaultLimits.deliveryMs)}`,
      ],
      ["time for headers", formatDuration(serverOptions.headersTimeout)],
      ["time for a whole request", formatDuration(serverOptions.requestTimeout)],
      ["headers", `${formatBytes(serverOptions.maxHeaderSize)}, ${serverLimits.maxHeadersCount} of them`],
      [
        "connections",
        `${serverLimits.maxConnections}, ${connectionLimits.fromElsewhere} of them for other machines; ${connectionLimits.perAddress} of one address, ${connectionLimits.perNearAddress} of a private one, as proxies have`,
      ],
    ],
  );
}
