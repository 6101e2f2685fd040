import { describe, expect, test } from "vitest";
import { hostPortCapacity, isAddress, parseExposed, parsePort } from "../../../src/compose/ports.ts";

const tcp = { protocol: "tcp", hostIp: "" } as const;

describe("the short syntax of ports", () => {
  test.for([
    ["80", [{ ...tcp, containerPort: 80, hostPort: "" }]],
    ["8080:80", [{ ...tcp, containerPort: 80, hostPort: "8080" }]],
    ["53:53/udp", [{ ...tcp, containerPort: 53, hostPort: "53", protocol: "udp" }]],
    ["9:9/SCTP", [{ ...tcp, containerPort: 9, hostPort: "9", protocol: "sctp" }]],
    ["8000-8010:80", [{ ...tcp, containerPort: 80, hostPort: "8000-8010" }]],
    ["0:80", [{ ...tcp, containerPort: 80, hostPort: "" }]],
    ["127.0.0.1:8080:80", [{ ...tcp, containerPort: 80, hostPort: "8080", hostIp: "127.0.0.1" }]],
    ["127.0.0.1::80", [{ ...tcp, containerPort: 80, hostPort: "", hostIp: "127.0.0.1" }]],
    ["[::1]:81:80", [{ ...tcp, containerPort: 80, hostPort: "81", hostIp: "::1" }]],
    ["[::]::80", [{ ...tcp, containerPort: 80, hostPort: "", hostIp: "::" }]],
    [
      "3000-3001",
      [
        { ...tcp, containerPort: 3000, hostPort: "" },
        { ...tcp, containerPort: 3001, hostPort: "" },
      ],
    ],
    [
      "9090-9091:8080-8081",
      [
        { ...tcp, containerPort: 8080, hostPort: "9090" },
        { ...tcp, containerPort: 8081, hostPort: "9091" },
      ],
    ],
  ] as const)("must read %s", ([text, expected]) => {
    expect(parsePort(text)).toEqual(expected);
  });

  test.for([
    ["", /number/],
    ["abc", /number/],
    ["70000", /65535/],
    ["0", /65535/],
    ["80/icmp", /protocol/],
    ["8080:80-81", /length/],
    ["90-80", /backwards/],
    ["127.0.0.1:80", /127\.0\.0\.1::PORT/],
    ["1.2.3.400:80:80", /no IP address/],
    ["::1:80:80", /brackets: \[::1\]/],
    ["localhost:80:80", /no IP address/],
    [" 80", /number/],
  ] as const)("must refuse %j and say why", ([text, why]) => {
    expect(parsePort(text)).toMatch(why);
  });

  test("must expand exposed ranges and refuse what is no port", () => {
    expect(parseExposed("3000")).toEqual(["3000/tcp"]);
    expect(parseExposed("4000-4002/udp")).toEqual(["4000/udp", "4001/udp", "4002/udp"]);
    expect(parseExposed("x")).toMatch(/number/);
    expect(parseExposed("1/x")).toMatch(/protocol/);
  });

  test.for([
    ["1.2.3.4", true],
    ["0.0.0.0", true],
    ["::", true],
    ["fe80::1", true],
    ["::ffff:1.2.3.4", true],
    ["1:2:3:4:5:6:7:8", true],
    ["1.2.3", false],
    ["01.2.3.4", false],
    ["1:2", false],
    ["::1::", false],
    ["g::1", false],
  ] as const)("must know whether %s is an address", ([text, expected]) => {
    expect(isAddress(text)).toBe(expected);
  });

  test("must know how many containers a host port serves", () => {
    expect([hostPortCapacity(""), hostPortCapacity("80"), hostPortCapacity("80-89")]).toEqual([
      Number.POSITIVE_INFINITY,
      1,
      10,
    ]);
  });
});
