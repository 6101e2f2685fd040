import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { type HookProvider, hookProviders } from "../../../src/model/daemon-settings.ts";
import { hookProviderFacts } from "../../../src/model/hook-provider.ts";
import { providers } from "../../../src/webhook/providers.ts";
import { bytesOf, exampleOf, examples, headersOf, now, proofs, secretOf, whsec } from "./examples.ts";

type Headers = Readonly<Record<string, string>>;

function verify(provider: HookProvider, headers: Headers, body: Uint8Array, secrets?: readonly string[]) {
  const request = { headers: new Map(Object.entries(headers)), body };
  return providers[provider].verify(request, secrets ?? [secretOf[provider]], now);
}

const bytes = (text: string) => Buffer.from(text);
const signing = hookProviders.filter((provider) => hookProviderFacts[provider].proof !== "path");

/** The headers in which the proof of a provider is, with what they say for its example. */
function proofOf(provider: HookProvider): [string, string][] {
  const headers = headersOf(exampleOf(provider));
  return hookProviderFacts[provider].headers.map((name) => [name, headers[name] ?? ""]);
}

describe("published vectors", () => {
  const hello = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  const github = { "x-hub-signature-256": `sha256=${hello}` };
  test.for([
    ["github", github, "It's a Secret to Everybody", "Hello, World!"],
    ["gitea", { "x-gitea-signature": hello }, "It's a Secret to Everybody", "Hello, World!"],
    ["forgejo", { "x-forgejo-signature": hello }, "It's a Secret to Everybody", "Hello, World!"],
    ["hmac", { "x-signature": `sha256=${hello}` }, "It's a Secret to Everybody", "Hello, World!"],
    ...(
      [
        ["secret", "hello world", "734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a"],
        ["another-secret", "lalala", "daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00"],
        [
          "hunter123",
          "an-important-request-payload",
          "9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa",
        ],
        ["secret", "foo", "773ba44693c7553d6ee20f61ea5d2757a9a4f4a44d2841ae4e95b52e4cd62db4"],
      ] as const
    ).map(
      ([secret, body, signature]) =>
        ["circleci", { "circleci-signature": `v1=${signature}` }, secret, body] as const,
    ),
  ] as const)("must accept %s %o", ([provider, headers, secret, body]) => {
    expect(verify(provider, headers, bytes(body), [secret])).toEqual({ ok: true });
    expect(verify(provider, headers, bytes(`${body} `), [secret]).ok).toBe(false);
    expect(verify(provider, headers, bytes(body), [`${secret} `]).ok).toBe(false);
  });

  const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  const body = bytes('{"test": 2432232314}');
  const headers = { "webhook-id": id, "webhook-timestamp": "1614265330", "webhook-signature": signature };
  const at = (seconds: number, changed: Headers = {}, content: Uint8Array = body) =>
    providers["standard-webhooks"].verify(
      { headers: new Map(Object.entries({ ...headers, ...changed })), body: content },
      [whsec],
      new Date(seconds * 1000),
    );

  test.for([0, 300, -300, 1, -1])("must accept Standard Webhooks %i s after it was sent", (skew) => {
    expect(at(1614265330 + skew)).toEqual({ ok: true, deliveryId: id });
  });

  test.for([
    ["301 s late", at(1614265330 + 301), "too old"],
    ["301 s early", at(1614265330 - 301), "from the future"],
    ["without an id", at(1614265330, { "webhook-id": "" }), "no signature"],
    ["without a time", at(1614265330, { "webhook-timestamp": "" }), "no signature"],
    ["without a signature", at(1614265330, { "webhook-signature": "" }), "no signature"],
    ["with a word for a time", at(1614265330, { "webhook-timestamp": "hello" }), "a malformed time"],
    [
      "with letters behind the time",
      at(1614265330, { "webhook-timestamp": "1614265330abc" }),
      "a malformed time",
    ],
    [
      "with a zero before the time",
      at(1614265330, { "webhook-timestamp": "01614265330" }),
      "a malformed time",
    ],
    ["with a fraction", at(1614265330, { "webhook-timestamp": "1614265330.0" }), "a malformed time"],
    [
      "with half a signature",
      at(1614265330, { "webhook-signature": signature.slice(0, 8) }),
      "a wrong signature",
    ],
    ["with an empty one", at(1614265330, { "webhook-signature": "v1," }), "a wrong signature"],
    [
      "with another version only",
      at(1614265330, { "webhook-signature": signature.replace("v1", "v2") }),
      "no signature of a known version",
    ],
    [
      "without a version",
      at(1614265330, { "webhook-signature": signature.slice(3) }),
      "a malformed signature",
    ],
    ["with another id", at(1614265330, { "webhook-id": `${id}x` }), "a wrong signature"],
    ["with a space in the id", at(1614265330, { "webhook-id": `${id} x` }), "a malformed id"],
    ["with another time", at(1614265330, { "webhook-timestamp": "1614265331" }), "a wrong signature"],
    ["with bytes that are no UTF-8", at(1614265330, {}, Buffer.from([0xff])), "a body that is no UTF-8"],
    [
      "with a byte order mark",
      at(1614265330, {}, Buffer.concat([bytes("\ufeff"), body])),
      "a wrong signature",
    ],
  ] as const)("must refuse Standard Webhooks %s", ([, verdict, reason]) => {
    expect(verdict).toEqual({ ok: false, reason });
  });

  test("must accept one right signature among four", () => {
    const others = [`v1,${"A".repeat(43)}=`, "v1a,abc", "v2,x"];
    expect(at(1614265330, { "webhook-signature": `${signature}, ${signature}` }).ok).toBe(false);
    const list = [...others, signature].join(" ");
    expect(at(1614265330, { "webhook-signature": list }).ok).toBe(true);
    expect(at(1614265330, { "webhook-signature": others.join(" ") }).ok).toBe(false);
  });

  test("must refuse an empty secret with the signature of an empty body", () => {
    const empty = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    const verdicts = [
      verify("github", { "x-hub-signature-256": `sha256=${empty}` }, bytes(""), [""]),
      verify("gitea", { "x-gitea-signature": empty }, bytes(""), [""]),
      verify("forgejo", { "x-forgejo-signature": empty }, bytes(""), ["", ""]),
      verify("circleci", { "circleci-signature": `v1=${empty}` }, bytes(""), [""]),
      verify("hmac", { "x-signature": `sha256=${empty}` }, bytes(""), [""]),
    ];
    expect(verdicts).toEqual(verdicts.map(() => ({ ok: false, reason: "no secret" })));
  });
});

describe.for(examples)("$name", (example) => {
  test("must be accepted, with any of the secrets", () => {
    const { provider, body } = example;
    const headers = headersOf(example);
    const other = whsec.replace("Mf", "Ng");
    for (const secrets of [[secretOf[provider]], [secretOf[provider], other], [other, secretOf[provider]]])
      expect(verify(provider, headers, bytesOf(body), secrets).ok).toBe(true);
  });
});

describe.for(signing)("%s", (provider) => {
  const example = exampleOf(provider);
  const body = bytesOf(example.body);
  const good = headersOf(example);
  const names = hookProviderFacts[provider].headers;
  const proof = names.at(-1) ?? "";
  const value = good[proof] ?? "";

  test.for(names)("must refuse a hook without %s, and with an empty one", (name) => {
    const { [name]: _, ...without } = good;
    expect(verify(provider, without, body).ok).toBe(false);
    expect(verify(provider, { ...good, [name]: "" }, body).ok).toBe(false);
    expect(verify(provider, { ...good, [name]: " " }, body).ok).toBe(false);
  });

  test("must refuse a proof that is cut, doubled, padded or in capitals", () => {
    const spoiled = [value.slice(0, -1), value.slice(0, 12), `${value}, ${value}`, `${value}0`, `${value} `];
    for (const text of [
      ...spoiled,
      ` ${value}`,
      value.toUpperCase(),
      "sha256=",
      "v1=",
      "Bearer",
      "undefined",
    ])
      expect(verify(provider, { ...good, [proof]: text }, body), text).toMatchObject({ ok: false });
  });

  test("must refuse the proof of another secret", () => {
    const other = whsec.replace("Mf", "Ng");
    expect(verify(provider, { ...good, ...proofs[provider](other, body, now) }, body).ok).toBe(false);
    expect(verify(provider, good, body, [other]).ok).toBe(false);
  });

  test("must refuse everything without a secret, and with empty ones", () => {
    for (const secrets of [[], [""], ["", ""]]) {
      expect(verify(provider, good, body, secrets).ok).toBe(false);
      for (const text of ["", "sha256=", "v1,", "v1="])
        expect(verify(provider, { ...good, [proof]: text }, body, secrets).ok).toBe(false);
    }
  });

  const sameHeader = (other: HookProvider) =>
    hookProviderFacts[other].headers.some((name) => names.includes(name));
  test("must not look at the headers of any other provider", () => {
    const others = signing.filter((other) => other !== provider && !sameHeader(other));
    expect(others.length).toBeGreaterThan(5);
    for (const other of others) {
      const foreign = proofs[other](
        secretOf[provider].startsWith("whsec_") ? whsec : secretOf[other],
        body,
        now,
      );
      const mine = Object.fromEntries(
        Object.entries({ ...foreign, ...proofs[other](whsec, body, now) }).filter(
          ([name]) => !names.includes(name),
        ),
      );
      const secrets = [secretOf[provider], secretOf[other], whsec];
      expect(verify(provider, { "content-type": "application/json", ...mine }, body, secrets).ok).toBe(false);
    }
  });
});

describe("schemes that are not spoken", () => {
  const body = bytes("Hello, World!");
  const secret = "It's a Secret to Everybody";
  const sha1 = "sha1=d03207e4b030cf234e3447bac4d93add4c6643d8";
  test.for<[HookProvider, Headers]>([
    ["github", { "x-hub-signature": sha1 }],
    ["github", { "x-hub-signature-256": sha1 }],
    ["hmac", { "x-signature": sha1 }],
    ["hmac", { "x-signature": "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" }],
    [
      "circleci",
      { "circleci-signature": "v0=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
    ],
    [
      "circleci",
      {
        "circleci-signature": `v1=${"0".repeat(64)},v1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17`,
      },
    ],
    [
      "gitea",
      { "x-gitea-signature": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
    ],
    ["gitea", { "x-hub-signature-256": "sha256=", "x-gitea-signature": "" }],
  ])("must be refused by %s: %o", ([provider, headers]) => {
    expect(verify(provider, headers, body, [secret]).ok).toBe(false);
  });
});

test("must look at the strongest signature of CircleCI that is known, and at no other", () => {
  const body = bytes("hello world");
  const right = "734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a";
  const wrong = "0".repeat(64);
  const judge = (value: string) => verify("circleci", { "circleci-signature": value }, body, ["secret"]).ok;
  expect([`v0=${wrong},v1=${right}`, `v1=${right}, v2=${wrong}`].map(judge)).toEqual([true, true]);
  expect([`v0=${right},v1=${wrong}`, `v1=${right},v1=${right}`, `v2=${right}`].map(judge)).not.toContain(
    true,
  );
});

describe("hooks with one bit flipped", () => {
  /** Each bit of the signed bytes and of the proof, over all examples, until so many were tried. */
  function* mutations(): Generator<{ provider: HookProvider; headers: Headers; body: Uint8Array }> {
    for (const example of examples.filter(({ provider }) => signing.includes(provider))) {
      const { provider } = example;
      const headers = headersOf(example);
      const body = bytesOf(example.body);
      for (const [name, value] of proofOf(provider)) {
        for (let bit = 0; bit < value.length * 8; bit++) {
          const changed = flip(Buffer.from(value, "latin1"), bit).toString("latin1");
          yield { provider, headers: { ...headers, [name]: changed }, body };
        }
      }
      const isSigned = hookProviderFacts[provider].proof === "signature";
      for (let bit = 0; isSigned && bit < body.length * 8; bit++)
        yield { provider, headers, body: flip(Buffer.from(body), bit) };
    }
  }

  test("must be refused, more than 10,000 of them", () => {
    let tried = 0;
    const accepted: unknown[] = [];
    for (const { provider, headers, body } of mutations()) {
      tried++;
      if (verify(provider, headers, body).ok) accepted.push({ provider, headers });
    }
    process.stderr.write(`hooks with one bit flipped: ${tried} tried, ${accepted.length} accepted\n`);
    expect(accepted).toEqual([]);
    expect(tried).toBeGreaterThan(10_000);
  });

  function flip(buffer: Buffer, bit: number): Buffer {
    const index = bit >> 3;
    buffer[index] = (buffer[index] ?? 0) ^ (1 << (bit & 7));
    return buffer;
  }
});

describe("keys of Standard Webhooks", () => {
  test.for([
    ["whsec_", "is no key: write whsec_ and base64"],
    ["whsec_!!!!", "is no key: write whsec_ and base64"],
    ["plain words", "is no key: write whsec_ and base64"],
    ["whsec_c2hvcnQ=", "is a key of less than 24 bytes"],
    [whsec, undefined],
    [whsec.slice(6), undefined],
  ] as const)("must be told whether they are some: %s", ([value, reason]) => {
    expect(providers["standard-webhooks"].refuseSecret?.(value)).toBe(reason);
    expect(providers.gitlab.refuseSecret?.(value)).toBe(reason);
  });

  test("must verify what the package signs, of texts outside ASCII as well", () => {
    const body = bytes('{"branch":"größe-€-😀"}');
    const signature = new Webhook(whsec).sign("msg_1", now, body);
    const headers = {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(now.getTime() / 1000),
      "webhook-signature": signature,
    };
    expect(verify("standard-webhooks", headers, body)).toEqual({ ok: true, deliveryId: "msg_1" });
  });
});

describe("src/webhook", () => {
  test("must compare nothing secret with an operator", () => {
    const folder = join(import.meta.dirname, "../../../src/webhook");
    const files = readdirSync(folder).map((name) => ({
      name,
      text: readFileSync(join(folder, name), "utf8"),
    }));
    const operands = /([\w.]+) [!=]==? ([\w.]+|"[^"]*")/g;
    const telling = files.flatMap(({ name, text }) =>
      [...text.matchAll(operands)]
        .filter(([, left = "", right = ""]) =>
          /secret|token|signature|given|expected|proof|digest/i.test(left + right),
        )
        .filter(
          ([, left = "", right = ""]) =>
            !/^(?:undefined|""|"path"|0|.*\.length)$/.test(right) && !/\.length$/.test(left),
        )
        .map(([whole]) => `${name}: ${whole}`),
    );
    expect(telling).toEqual([]);
    expect(files.filter(({ text }) => text.includes("timingSafeEqual")).map(({ name }) => name)).toEqual([
      "compare.ts",
    ]);
  });
});
