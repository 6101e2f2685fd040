import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { chooseApiVersion } from "../../../src/docker/api-version.ts";
import { dockerOptions } from "../../../src/docker/docker-host.ts";
import { connectEngine } from "../../../src/docker/engine-backend.ts";
import { apiSupports, compareApiVersions } from "../../../src/model/engine-api.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("API versions", () => {
  test.for([
    ["1.41", "1.41"],
    ["1.47", "1.47"],
    ["1.51", "1.51"],
    ["1.52", "1.51"],
    ["2.0", "1.51"],
    ["1.40", undefined],
    ["", undefined],
    ["garbage", undefined],
  ] as const)("must answer a server of %s with %s", ([server, chosen]) => {
    expect(chooseApiVersion(server)).toBe(chosen);
  });

  test("must compare numbers, not texts", () => {
    expect(compareApiVersions("1.9", "1.41")).toBeLessThan(0);
    expect(apiSupports("1.44", "severalEndpoints")).toBe(true);
    expect(apiSupports("1.43", "severalEndpoints")).toBe(false);
  });
});

describe("DOCKER_HOST", () => {
  test("must default to the usual socket", () => {
    expect(dockerOptions({}).socketPath).toBe("/var/run/docker.sock");
    expect(dockerOptions({ host: "unix:///run/user/1000/docker.sock" }).socketPath).toBe(
      "/run/user/1000/docker.sock",
    );
  });

  test("must decide alone, whatever the process environment says", async () => {
    vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
    await expect(
      connectEngine({ host: "unix:///no/such.sock" }, new AbortController().signal),
    ).rejects.toMatchObject({
      code: "engine-unreachable",
      message: expect.stringContaining("/no/such.sock"),
      hint: expect.stringContaining("is the socket mounted"),
    });
  });

  test("must tell of a folder where the socket should be what Docker made it for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "docker.sock-"));
    const connecting = connectEngine({ host: `unix://${folder}` }, new AbortController().signal);
    await expect(connecting).rejects.toMatchObject({
      code: "engine-unreachable",
      hint: expect.stringContaining("there is a folder and no socket"),
    });
    rmSync(folder, { recursive: true });
  });

  test.for(["tcp://127.0.0.1:2375", "tcp://localhost", "tcp://[::1]:2375"])(
    "must allow %s without TLS",
    (host) => {
      expect(dockerOptions({ host })).toMatchObject({ protocol: "http", port: "2375" });
    },
  );

  test.for([
    ["tcp://10.0.0.5:2375", /needs TLS/],
    ["ssh://root@host", /ssh is not supported/],
    ["npipe:////./pipe/docker_engine", /named pipes/],
    ["unix://relative.sock", /absolute/],
    ["tcp://user@127.0.0.1:2375", /not supported/],
    ["somewhere", /not a socket/],
  ] as const)("must refuse %s", ([host, message]) => {
    expect(() => dockerOptions({ host })).toThrow(message);
  });

  test("must read the client's certificates, and say which one is missing", () => {
    const certPath = mkdtempSync(join(tmpdir(), "mysysconfig-certs-"));
    for (const name of ["ca.pem", "cert.pem"]) writeFileSync(join(certPath, name), name);
    const address = { host: "tcp://prod-1:2376", tlsVerify: true, certPath };
    expect(() => dockerOptions(address)).toThrow(/key\.pem/);
    writeFileSync(join(certPath, "key.pem"), "key");
    expect(dockerOptions(address)).toMatchObject({
      protocol: "https",
      host: "prod-1",
      port: "2376",
      ca: Buffer.from("ca.pem"),
    });
    expect(() => dockerOptions({ host: "tcp://prod-1", tlsVerify: true })).toThrow(
      /needs the client's certificate/,
    );
    rmSync(certPath, { recursive: true });
  });
});
