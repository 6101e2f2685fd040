import fc from "fast-check";
import type { ComposeCase } from "./oracle-case.ts";
import { over, whole } from "./oracle-case.ts";

/** Seeded, so that what is recorded of Compose belongs to what the tests ask. */
const seed = 20261122;

const word = fc.constantFrom("a", "b", "c", "d");
const flow = (value: unknown): string => JSON.stringify(value);

/** Values of one key, each as a text in flow style. */
const pairs = fc.oneof(
  fc.dictionary(word, fc.constantFrom("1", "two words", ""), { maxKeys: 3 }).map(flow),
  fc
    .uniqueArray(fc.tuple(word, word), { selector: ([name]) => name, maxLength: 3 })
    .map((list) => flow(list.map(([a, b]) => `${a}=${b}`))),
);
const words = fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map(flow);
const port = fc
  .record({
    ip: fc.constantFrom("", "127.0.0.1:"),
    host: fc.integer({ min: 80, max: 83 }),
    inside: fc.integer({ min: 80, max: 81 }),
    protocol: fc.constantFrom("", "/udp"),
  })
  .map(({ ip, host, inside, protocol }) => `${ip}${host}:${inside}${protocol}`);
const longPort = fc
  .record({
    target: fc.integer({ min: 80, max: 81 }),
    published: fc.integer({ min: 80, max: 83 }).map(String),
  })
  .map((long) => long as unknown);
const mount = fc.oneof(
  fc
    .tuple(word, word, fc.constantFrom("", ":ro"))
    .map(([source, target, mode]): unknown => `/h/${source}:/t/${target}${mode}`),
  fc
    .tuple(word, word)
    .map(([source, target]): unknown => ({ type: "bind", source: `/h/${source}`, target: `/t/${target}` })),
);
const endpoint = fc.oneof(fc.constant(null), fc.record({ aliases: fc.uniqueArray(word, { maxLength: 2 }) }));
const keys: Readonly<Record<string, fc.Arbitrary<string>>> = {
  image: fc.constantFrom("a:1", "b:2"),
  command: fc.oneof(words, fc.constantFrom('"a b"', "null")),
  entrypoint: words,
  environment: pairs,
  labels: pairs,
  sysctls: pairs,
  annotations: pairs,
  hostname: word,
  init: fc.constantFrom("true", "false"),
  cap_add: words,
  cap_drop: words,
  dns_search: fc.oneof(words, word),
  dns_opt: words,
  ports: fc.uniqueArray(fc.oneof(port, longPort), { selector: flow, minLength: 1, maxLength: 3 }).map(flow),
  volumes: fc
    .uniqueArray(mount, { selector: (item) => /\/t\/./.exec(flow(item))?.[0], minLength: 1, maxLength: 3 })
    .map(flow),
  expose: fc.uniqueArray(fc.constantFrom("80", "81", "82"), { minLength: 1, maxLength: 2 }).map(flow),
  networks: fc.oneof(
    fc.uniqueArray(fc.constantFrom("n1", "n2"), { minLength: 1, maxLength: 2 }).map(flow),
    fc.dictionary(fc.constantFrom("n1", "n2"), endpoint, { minKeys: 1, maxKeys: 2 }).map(flow),
  ),
  depends_on: fc.oneof(
    fc.constant('["db"]'),
    fc.constantFrom("service_started", "service_healthy").map((condition) => flow({ db: { condition } })),
  ),
  logging: fc
    .record({ driver: word, options: fc.dictionary(word, word, { maxKeys: 2 }) }, { requiredKeys: [] })
    .map(flow),
  healthcheck: fc
    .record(
      {
        test: fc.constantFrom<unknown>("x", ["CMD", "y"]),
        interval: fc.constantFrom("1s", "2s"),
        retries: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ["test"] },
    )
    .map(flow),
  extra_hosts: fc.oneof(
    fc.dictionary(word, fc.constantFrom("192.0.2.1", "192.0.2.2"), { minKeys: 1, maxKeys: 2 }).map(flow),
    fc
      .uniqueArray(word, { minLength: 1, maxLength: 2 })
      .map((hosts) => flow(hosts.map((host) => `${host}:192.0.2.3`))),
  ),
  ulimits: fc
    .dictionary(fc.constantFrom("nofile", "nproc"), fc.constantFrom<unknown>(5, { soft: 1, hard: 2 }), {
      minKeys: 1,
      maxKeys: 2,
    })
    .map(flow),
  deploy: fc
    .record(
      { replicas: fc.constantFrom(0, 1), labels: fc.dictionary(word, word, { maxKeys: 2 }) },
      { requiredKeys: [] },
    )
    .map(flow),
  tmpfs: fc.oneof(
    word.map((name) => `/m/${name}`),
    fc
      .uniqueArray(word, { minLength: 1, maxLength: 2 })
      .map((list) => flow(list.map((name) => `/m/${name}`))),
  ),
};

const tag = fc.oneof(
  { weight: 8, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom("!reset ", "!override ") },
);

function service(isOver: boolean): fc.Arbitrary<string> {
  const names = fc.uniqueArray(
    fc.constantFrom(...Object.keys(keys).filter((key) => isOver || key !== "image")),
    { minLength: 2, maxLength: 7 },
  );
  return names.chain((chosen) => {
    const lines = chosen.map((key) =>
      fc
        .tuple(isOver && key !== "image" ? tag : fc.constant(""), keys[key] ?? fc.constant(""))
        .map(([mark, value]) => `    ${key}: ${mark}${value}\n`),
    );
    return fc.tuple(...lines).map((texts) => `${isOver ? "" : "    image: a:1\n"}${texts.join("")}`);
  });
}

const servicesInFile = 4;
const rest = "  db: {image: db:1}\nnetworks: {n1: {}, n2: {}}\n";

function section(isOver: boolean): fc.Arbitrary<string> {
  const all = Array.from({ length: servicesInFile }, () => service(isOver));
  return fc
    .tuple(...all)
    .map((texts) => `services:\n${texts.map((text, index) => `  s${index + 1}:\n${text}`).join("")}`);
}

/** Services in two files. */
const merges = fc
  .tuple(section(false), section(true))
  .map(([below, above]) => over(`${below}${rest}`, above));

/** Services that extend services. */
const extensions = fc.tuple(section(false), section(true)).map(([below, above]) => {
  const extending = above.slice("services:\n".length).replace(/^ {2}(s\d):\n/gm, "  e$1:\n    extends: $1\n");
  return whole(`${below}${extending}${rest}`);
});

/** Services of a file that extend others of it, laid over services of a file below. */
const layers = fc.tuple(section(false), section(false), section(true)).map(([below, bases, above]) => {
  const others = bases.slice("services:\n".length).replace(/^ {2}(s\d):\n/gm, "  b$1:\n");
  const extending = above.slice("services:\n".length).replace(/^ {2}(s\d):\n/gm, "  $1:\n    extends: b$1\n");
  return over(`${below}${rest}`, `services:\n  db: {image: db:1}\n${others}${extending}`);
});

const variable = fc.constantFrom("SET", "EMPTY", "UNSET");
const template: fc.Arbitrary<string> = fc.letrec<{ text: string; part: string }>((tie) => ({
  text: fc.array(tie("part"), { maxLength: 3 }).map((parts) => parts.join("")),
  part: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("x", " ", "$$", "-", ":", "a.b", "$SET.", "${SET}", "$EMPTY/", "?"),
    fc
      .tuple(variable, fc.constantFrom(":-", "-", ":+", "+"), tie("text"))
      .map(([name, operator, text]) => `\${${name}${operator}${text}}`),
  ),
})).text;

/** Many texts in one document. */
const interpolations = fc.array(template, { minLength: 20, maxLength: 20 }).map((texts) =>
  whole(
    `services:\n  web:\n    image: a:1\n    command:\n${texts.map((text) => `      - '${text}'\n`).join("")}`,
    {
      variables: { SET: "value", EMPTY: "" },
    },
  ),
);

const samples = (from: fc.Arbitrary<ComposeCase>, count: number, kind: string) =>
  fc.sample(from, { seed, numRuns: count }).map((one, index) => ({ ...one, name: `${kind} ${index + 1}` }));

export const generatedCounts = {
  merges: 40,
  extensions: 20,
  layers: 20,
  interpolations: 20,
  servicesInFile,
  textsInDocument: 20,
};

export const generatedCases: readonly ComposeCase[] = [
  ...samples(merges, generatedCounts.merges, "generated merge"),
  ...samples(extensions, generatedCounts.extensions, "generated extension"),
  ...samples(layers, generatedCounts.layers, "generated layer"),
  ...samples(interpolations, generatedCounts.interpolations, "generated interpolation"),
];
