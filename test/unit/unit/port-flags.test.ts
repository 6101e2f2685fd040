import { describe, expect, test } from "vitest";
import { containerOf, findingsOf, underlinedIn, unitWith, workloadOf } from "./support.ts";

/** `ip|host port|container port/protocol` of each binding. */
function portsOf(flags: string): string[] {
  return containerOf(flags).ports.map(
    ({ hostIp, hostPort, containerPort, protocol }) => `${hostIp}|${hostPort}|${containerPort}/${protocol}`,
  );
}

describe("published ports", () => {
  test.for([
    { flag: "-p 80", ports: ["||80/tcp"] },
    { flag: "-p 80/udp", ports: ["||80/udp"] },
    { flag: "-p 8080:80", ports: ["|8080|80/tcp"] },
    { flag: "-p 8080:80/TCP", ports: ["|8080|80/tcp"] },
    { flag: "-p :80", ports: ["||80/tcp"] },
    { flag: "-p 0:80", ports: ["||80/tcp"] },
    { flag: "-p 127.0.0.1:8080:80", ports: ["127.0.0.1|8080|80/tcp"] },
    { flag: "-p 127.0.0.1::80", ports: ["127.0.0.1||80/tcp"] },
    { flag: "-p [::1]:8080:80/sctp", ports: ["::1|8080|80/sctp"] },
    { flag: "-p 8000-8001:9000-9001", ports: ["|8000|9000/tcp", "|8001|9001/tcp"] },
    { flag: "-p 9000-9001", ports: ["||9000/tcp", "||9001/tcp"] },
    { flag: "-p 8000-8010:80", ports: ["|8000-8010|80/tcp"] },
    { flag: "-p 80:80 -p 80:80/udp -p 80:80", ports: ["|80|80/tcp", "|80|80/udp"] },
    { flag: "-p 80:80 -p 127.0.0.1:81:80", ports: ["|80|80/tcp", "127.0.0.1|81|80/tcp"] },
    { flag: "-p target=80,published=8080,protocol=udp", ports: ["|8080|80/udp"] },
    { flag: "-p target=80", ports: ["||80/tcp"] },
  ])("must be read from $flag", ({ flag, ports }) => {
    expect(portsOf(flag)).toEqual(ports);
  });

  test("must know their place", () => {
    expect(workloadOf(unitWith("-p 8080:80")).positions["ports"]).toMatchObject({
      line: 2,
      column: 45,
      length: 7,
    });
  });

  test.for([
    { value: "80:", finding: 'invalid container port ""' },
    { value: "x:80", finding: 'invalid host port "x"' },
    { value: "8080:65536", finding: 'invalid container port "65536"' },
    { value: "8080:0", finding: 'invalid container port "0"' },
    { value: "localhost:80:80", finding: 'invalid address "localhost"' },
    { value: "1.2.3:80:80", finding: 'invalid address "1.2.3"' },
    { value: "::1:8080:80", finding: 'invalid address "::1"' },
    { value: "[::1:80:80", finding: 'invalid address "[::1"' },
    { value: "80:80/icmp", finding: 'unknown protocol "icmp"' },
    { value: "8000-8002:80-81", finding: "the ranges have different lengths" },
    { value: "90-80", finding: 'invalid container port "90-80"' },
    { value: "target=80,foo=1", finding: '"foo=1" is not a port option' },
    { value: "published=80", finding: 'invalid container port ""' },
  ])("must be reported: $value", ({ value, finding }) => {
    expect(underlinedIn(unitWith(`-p ${value}`))).toEqual([value]);
    expect(findingsOf(unitWith(`-p ${value}`))[0]).toContain(finding);
  });

  test("must be reported when a host port is published twice", () => {
    expect(findingsOf(unitWith("-p 80:80 -p 80:81"))).toEqual([
      "error 2:54 host port 80/tcp is published twice | write a value that docker run takes for this flag",
    ]);
  });

  test("must read a very large range quickly", () => {
    expect(portsOf("-p 1-65535:1-65535")).toHaveLength(65_535);
  });
});
