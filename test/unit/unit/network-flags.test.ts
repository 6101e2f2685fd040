import { describe, expect, test } from "vitest";
import { compileText, containerOf, findingsOf, unitWith } from "./support.ts";

describe("networks", () => {
  test.for([
    { flag: "", network: { kind: "default" } },
    { flag: "--network bridge", network: { kind: "default" } },
    { flag: "--net default", network: { kind: "default" } },
    { flag: "--network host", network: { kind: "host" } },
    { flag: "--network none", network: { kind: "none" } },
    { flag: "--network container:db", network: { kind: "container", container: "db" } },
    {
      flag: "--network front",
      network: { kind: "networks", attachments: [{ network: "front", aliases: [] }] },
    },
    {
      flag: "--network front --network-alias web --net-alias www --network-alias web --ip 10.0.0.5 --ip6 fd00::5",
      network: {
        kind: "networks",
        attachments: [{ network: "front", aliases: ["web", "www"], ipv4: "10.0.0.5", ipv6: "fd00::5" }],
      },
    },
    {
      flag: "--network front --network back --network-alias web",
      network: {
        kind: "networks",
        attachments: [
          { network: "front", aliases: ["web"] },
          { network: "back", aliases: [] },
        ],
      },
    },
    {
      flag: "--network name=front,alias=web,alias=www,ip=10.0.0.5 --network name=back,ip6=::5",
      network: {
        kind: "networks",
        attachments: [
          { network: "front", aliases: ["web", "www"], ipv4: "10.0.0.5" },
          { network: "back", aliases: [], ipv6: "::5" },
        ],
      },
    },
    {
      flag: "--network NAME=Front,driver-opt=a=b,gw-priority=-1,link-local-ip=169.254.1.1",
      network: {
        kind: "networks",
        attachments: [
          {
            ...{ network: "front", aliases: [], driverOptions: { a: "b" }, gatewayPriority: -1 },
            linkLocalIps: ["169.254.1.1"],
          },
        ],
      },
    },
    {
      flag: "--network front --network name=back,mac-address=02-42-AC-11-00-02 --link-local-ip fe80::1",
      network: {
        kind: "networks",
        attachments: [
          { network: "front", aliases: [], linkLocalIps: ["fe80::1"] },
          { network: "back", aliases: [], macAddress: "02:42:ac:11:00:02" },
        ],
      },
    },
    {
      flag: "--network name=bridge,driver-opt=a=b",
      network: { kind: "default", driverOptions: { a: "b" } },
    },
  ])("must be read from $flag", ({ flag, network }) => {
    expect(containerOf(flag).network).toEqual(network);
  });

  test("must give the MAC address of the first network to the container", () => {
    const { macAddress, network } = containerOf("--network name=front,mac-address=02:42:AC:11:00:02");
    expect(macAddress).toBe("02:42:ac:11:00:02");
    expect(network).toEqual({ kind: "networks", attachments: [{ network: "front", aliases: [] }] });
  });

  test("must not be declared by a unit", () => {
    expect(compileText(unitWith("--network front")).value?.networks).toEqual([]);
  });

  test.for([
    { flag: "--network host --network front", finding: 'network "host" cannot be combined with others' },
    { flag: "--network front --network none", finding: 'network "none" cannot be combined with others' },
    { flag: "--network front --network front", finding: 'network "front" is named twice' },
    { flag: "--network-alias web", finding: "aliases need a user-defined network" },
    { flag: "--network host --network-alias web", finding: "aliases need a user-defined network" },
    { flag: "--ip 10.0.0.5", finding: "a fixed address needs a user-defined network" },
    { flag: "--ip 10.0.0", finding: '"10.0.0" is not an IPv4 address' },
    { flag: "--ip6 10.0.0.5", finding: '"10.0.0.5" is not an IPv6 address' },
    { flag: "--network name=front,ip=x", finding: '"x" is not an address for ip=' },
    { flag: "--network name=front,alais=x", finding: 'did you mean "alias"?' },
    { flag: "--network name=front,gw-priority=x", finding: '"x" is not a whole number' },
    { flag: "--network name=front,driver-opt=x", finding: '"x" is not a driver\'s option' },
    { flag: "--network name=front,mac-address=x", finding: '"x" is not a MAC address' },
    { flag: "--network name=front,link-local-ip=10.0.0.1", finding: "is not a link-local address" },
    { flag: "--network name=front,alias", finding: 'network option "alias" needs a value' },
    { flag: "--network name=front,ip=10.0.0.5 --ip 10.0.0.6", finding: "--ip cannot be combined with ip=" },
    { flag: "--network name=none,gw-priority=1", finding: "has no endpoint" },
    {
      flag: "--network host --mac-address 02:00:00:00:00:01",
      finding: 'a MAC address has no effect with network "host"',
    },
    { flag: "--network alias=x", finding: "the network has no name" },
    { flag: '--network ""', finding: "the network has no name" },
    {
      flag: "--network container:db -p 80:80",
      finding: "--publish cannot be combined with the network of another",
    },
    { flag: "--network container:db -P", finding: "--publish-all cannot be combined" },
    { flag: "--network container:db --expose 80", finding: "--expose cannot be combined" },
    { flag: "--network container:db -h x", finding: "--hostname cannot be combined" },
    { flag: "--network container:db --link a:b", finding: "--link cannot be combined" },
    { flag: "--network container:db --dns 1.1.1.1", finding: "--dns cannot be combined" },
    { flag: "--network container:db --add-host a:1.1.1.1", finding: "--add-host cannot be combined" },
    {
      flag: "--network container:db --mac-address 02:00:00:00:00:01",
      finding: "--mac-address cannot be combined",
    },
    { flag: "--network host --link a:b", finding: "--link cannot be combined with the network of the host" },
  ])("must be reported: $flag", ({ flag, finding }) => {
    const found = findingsOf(unitWith(flag));
    expect(found).toEqual([expect.stringContaining(finding)]);
    expect(found[0]).toMatch(/^error 2:/);
  });

  test("must warn that ports are not published in the network of the host", () => {
    expect(findingsOf(unitWith("--network host -p 80:80"))).toEqual([
      "warning 2:60 ports are not published in the network of the host | remove --publish",
    ]);
  });
});
