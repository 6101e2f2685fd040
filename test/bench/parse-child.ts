/** Reads and compiles N units, or a stack of N lines, in a process of its own and prints what it took, as JSON. */
import { parseDocument } from "yaml";
import { compileDesiredState } from "../../src/desired/compile-desired-state.ts";
import type { ManifestTree } from "../../src/model/manifest-tree.ts";
import { settings } from "./settings.ts";

export interface ParseResult {
  readonly compileMs: number;
  /** What the plainest reading of the same text takes. */
  readonly floorMs: number;
}

const [kind = "units", size = "0"] = process.argv.slice(2);
const total = Number(size);

const unit = (n: number): string => `[Unit]
Description=Service number ${n} of the shop
Documentation=https://example.com/docs/${n}
After=docker.service
Requires=docker.service
Wants=network-online.target
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
# What the service may be told.
Type=simple
Restart=always
RestartSec=5
TimeoutStartSec=120
TimeoutStopSec=20
KillSignal=SIGTERM
Environment=LOG_LEVEL=info NUMBER=${n} "GREETING=hello world"
ExecStartPre=-/usr/bin/docker kill u${n}x
ExecStartPre=-/usr/bin/docker rm u${n}x
ExecStartPre=/usr/bin/docker pull lab/web:58-develop
ExecStart=/usr/bin/docker run --rm --name u${n}x \\
  --network front --network-alias u${n}y -m 64m \\
  -e LOG_LEVEL=\${LOG_LEVEL} -e NUMBER=\${NUMBER} -e GREETING \\
  -v u${n}data:/data:ro --label team=%p \\
  lab/web:58-develop serve --port 80
ExecStop=/usr/bin/docker stop -t 15 u${n}x

[Install]
WantedBy=multi-user.target
`;

const service = (n: number): string => `  web${n}:
    image: lab/web:58-develop
    restart: always
    command: ["serve", "--port", "80"]
    environment:
      NUMBER: "${n}"
      LOG_LEVEL: \${LOG_LEVEL:-info}
      GREETING: hello world
    networks:
      front:
        aliases: [s${n}]
    volumes:
      - data${n % 10}:/data:ro
    healthcheck:
      test: ["CMD", "true"]
      interval: 10s
      timeout: 3s
    deploy:
      resources:
        limits:
          memory: 64m
    labels:
      team: shop
      number: "${n}"
    logging:
      driver: json-file
      options:
        max-size: 10m
`;

/** One stack of so many lines. */
function stack(lines: number): string {
  const count = Math.round((lines - 14) / (service(0).split("\n").length - 1));
  const services = Array.from({ length: count }, (_, n) => service(n)).join("");
  const volumes = Array.from({ length: 10 }, (_, n) => `  data${n}: {}\n`).join("");
  return `services:\n${services}networks:\n  front: {}\nvolumes:\n${volumes}`;
}

function treeOf(texts: ReadonlyMap<string, string>): ManifestTree {
  const entry = ([path, text]: readonly [string, string]) =>
    [path, { path, content: Buffer.from(text), executable: false }] as const;
  return new Map([...texts].map(entry));
}

/** CPU time of this thread: what waiting for a busy machine does not lengthen. Its helpers have the other core. */
function cost(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

const manifests: [string, string][] =
  kind === "stack"
    ? [["units/shop.compose.yaml", stack(total)]]
    : Array.from({ length: total }, (_, n): [string, string] => [`units/u${n}x.service`, unit(n)]);
const tree = treeOf(new Map([["mysysconfig.yaml", settings("parse")], ...manifests]));
const nothing = new Map<string, string>();
let workloads = 0;
const compileMs = cost(() => {
  const inputs = { variables: nothing, mountedValues: nothing, secrets: nothing };
  const options = { hostName: "bench", target: "engine", allowMissingSecrets: false } as const;
  const { value, diagnostics } = compileDesiredState(tree, { id: "bench" }, inputs, options);
  if (value === undefined) throw new Error(JSON.stringify(diagnostics.slice(0, 3)));
  workloads = value.workloads.length;
});
if (workloads === 0) throw new Error("nothing was compiled");
const floorMs = cost(() => {
  for (const [, text] of manifests) {
    if (kind === "stack") parseDocument(text).toJS();
    else for (const line of text.split("\n")) line.split(/\s+/);
  }
});
const result: ParseResult = { compileMs, floorMs };
process.stdout.write(`${JSON.stringify(result)}\n`);
