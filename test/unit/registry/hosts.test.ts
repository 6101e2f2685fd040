import { describe, expect, test } from "vitest";
import { parseImageRef } from "../../../src/model/image-ref.ts";
import { refusalOf, registryOrigin } from "../../../src/registry/hosts.ts";

const rules = { insecure: ["lan.example.org", "Other.example.org:5000"], tls: ["127.0.0.1:5443"] };

describe("the address of a registry", () => {
  test.for([
    ["web", "https://registry-1.docker.io"],
    ["docker.io/team/web", "https://registry-1.docker.io"],
    ["index.docker.io/team/web", "https://registry-1.docker.io"],
    ["ghcr.io/team/web", "https://ghcr.io"],
    ["reg.example.org:5000/web", "https://reg.example.org:5000"],
    ["reg.example.org:80/web", "https://reg.example.org:80"],
    ["localhost/web", "http://localhost"],
    ["localhost:5000/web", "http://localhost:5000"],
    ["127.8.9.10:5000/web", "http://127.8.9.10:5000"],
    ["[::1]:5000/web", "http://[::1]:5000"],
    ["127.0.0.1:5443/web", "https://127.0.0.1:5443"],
    ["lan.example.org/web", "http://lan.example.org"],
    ["lan.example.org:8080/web", "http://lan.example.org:8080"],
    ["other.example.org:5000/web", "http://other.example.org:5000"],
    ["other.example.org:5001/web", "https://other.example.org:5001"],
    ["localhost.example.org/web", "https://localhost.example.org"],
    ["127.0.0.1.example.org/web", "https://127.0.0.1.example.org"],
    ["128.0.0.1/web", "https://128.0.0.1"],
    ["10.0.0.1:5000/web", "https://10.0.0.1:5000"],
  ] as const)("must use TLS but for the loopback and what is listed: %s is %s", ([image, origin]) => {
    const ref = parseImageRef(image);
    if (typeof ref === "string") throw new Error(ref);
    expect(registryOrigin(ref.registry, rules).origin).toBe(origin);
  });
});

describe("an address that a registry names", () => {
  test.for([
    ["https://storage.example.org/x", "https://reg.example.org", undefined],
    ["https://storage.example.org/x", "http://127.0.0.1:5000", undefined],
    ["http://127.0.0.2:9000/x", "http://127.0.0.1:5000", undefined],
    ["http://lan.example.org/x", "http://127.0.0.1:5000", undefined],
    ["http://127.0.0.1/x", "https://reg.example.org", '"127.0.0.1" would be spoken to without TLS'],
    ["http://storage.example.org/x", "http://127.0.0.1:5000", '"storage.example.org" may not be'],
    ["http://127.0.0.1:5443/x", "http://127.0.0.1:5000", '"127.0.0.1:5443" may not be'],
    ["ftp://127.0.0.1/x", "http://127.0.0.1:5000", '"ftp:" is not HTTP'],
  ] as const)("must have TLS unless both are plain: %s by %s", ([target, from, refusal]) => {
    const answer = refusalOf(new URL(target), new URL(from), rules);
    if (refusal === undefined) expect(answer).toBeUndefined();
    else expect(answer).toContain(refusal);
  });
});
