import type { CorpusCase } from "./corpus-case.ts";

/** Supported keys of a service that few need. */
export const furtherCorpus: Readonly<Record<string, readonly CorpusCase[]>> = {
  annotations: [
    { yaml: "annotations: {a.b/c: d}", container: { annotations: { "a.b/c": "d" } } },
    { yaml: "annotations: [a=b]", container: { annotations: { a: "b" } } },
  ],
  cpu_rt_period: [{ yaml: "cpu_rt_period: 1000000", container: { cpuRealtimePeriod: 1_000_000 } }],
  cpu_rt_runtime: [{ yaml: "cpu_rt_runtime: 950ms", container: { cpuRealtimeRuntime: 950_000 } }],
  develop: [{ yaml: "develop: {watch: [{path: ., action: sync}]}" }],
  extends: [
    {
      yaml: "extends: db\ninit: true",
      rest: "  db: {image: db:1, hostname: h}\n",
      container: { image: "busybox:1", hostname: "h", init: true },
    },
    {
      yaml: "extends: {service: base, file: parts/base.yaml}\nimage: a:1",
      files: {
        "units/parts/base.yaml":
          "services: {base: {image: b:1, init: true, env_file: e.env}, other: {image: $X}}\n",
        "units/parts/e.env": "E=1\n",
      },
      container: { image: "a:1", init: true, environment: { E: "1" } },
    },
  ],
  external_links: [{ yaml: "external_links: [a, 'b:c']", container: { links: ["a:a", "b:c"] } }],
  gpus: [
    {
      yaml: "gpus: all",
      container: { deviceRequests: [{ count: -1, capabilities: [["gpu"]], options: {} }] },
    },
    {
      yaml: "gpus: [{device_ids: ['1'], driver: nvidia, capabilities: [utility], options: {a: b}}]",
      container: {
        deviceRequests: [
          { ids: ["1"], driver: "nvidia", capabilities: [["gpu", "utility"]], options: { a: "b" } },
        ],
      },
    },
  ],
  isolation: [{ yaml: "isolation: default" }],
  label_file: [
    {
      yaml: "label_file: [l.env]\nlabels: {A: own}",
      files: { "units/l.env": "A=1\nB='x y'\n" },
      container: { labels: { A: "own", B: "x y" } },
    },
  ],
  pull_refresh_after: [{ yaml: "pull_refresh_after: 1d" }],
  storage_opt: [{ yaml: "storage_opt: {size: 10G}", container: { storageOptions: { size: "10G" } } }],
};
