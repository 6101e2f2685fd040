import { type ComposeCase, over, overKey, whole } from "./oracle-case.ts";

const base = "services:\n  base: {image: a:1, environment: {A: 1}, ports: ['1:1'], volumes: ['./data:/d']}\n";

/** Several files, `extends`, `include`, `.env`, interpolation. */
export const fileDocuments: readonly ComposeCase[] = [
  whole(`${base}  web: {extends: base, environment: [B=2], ports: ['2:2'], command: x}\n`),
  whole(
    `${base}  web: {extends: {service: base}, environment: {A: !reset null}, ports: !reset [], volumes: !override ['./data/sub:/d']}\n`,
  ),
  whole("services:\n  web: {extends: {service: base, file: part/c.yaml}, env_file: a.env}\n", {
    files: {
      "part/c.yaml":
        "services:\n  base: {extends: {service: root, file: ../root.yaml}, env_file: p.env, label_file: p.env, volumes: ['./d:/p']}\n  other: {image: '${NOT_SET_ELSEWHERE}'}\n",
      "part/p.env": "P=1\n",
      "part/d/f": "part\n",
      "root.yaml":
        "services:\n  root: {image: root:1, volumes: ['./data:/r', {type: bind, source: data/sub, target: /s}]}\n",
    },
  }),
  whole("services:\n  a: {extends: b, image: a:1}\n  b: {extends: a}\n"),
  whole("services:\n  a: {extends: a, image: a:1}\n"),
  whole("services:\n  a: {extends: nobody, image: a:1}\n"),
  whole("services:\n  a: {extends: {service: b, file: none.yaml}}\n"),
  whole("services:\n  a: {extends: {file: part.yaml}}\n", { files: { "part.yaml": base } }),
  whole("services:\n  a: {extends: {service: nobody, file: part.yaml}}\n", { files: { "part.yaml": base } }),
  whole("services:\n  a: {extends: {service: b, file: part.yaml}}\n", {
    files: { "part.yaml": "services:\n  b: {image: b:1, depends_on: [c], networks: [n]}\n" },
  }),
  whole(
    "services:\n  a: {extends: {service: b, file: part.yaml}, command: }\n  c: {image: c:1}\nnetworks: {n: {}}\n",
    {
      files: {
        "part.yaml":
          "services:\n  b: {image: b:1, command: [x], depends_on: [c], networks: [n], healthcheck: {test: a}}\n",
      },
    },
  ),
  whole("services:\n  a: {extends: {service: b, file: ../../../etc/x.yaml}}\n"),
  whole("include: [part.yaml]\nservices:\n  web: {image: a:1, depends_on: [x]}\n", {
    files: {
      "part.yaml":
        "services:\n  x: {image: x:1, networks: [n], volumes: [vv:/v]}\nnetworks: {n: {}}\nvolumes: {vv: {}}\n",
    },
  }),
  whole("include:\n  - path: part/c.yaml\nservices:\n  web: {image: a:1, configs: [c]}\n", {
    files: {
      "part/c.yaml":
        "services:\n  x: {image: 'x:${TAG}', env_file: p.env, volumes: ['./d:/d'], secrets: [s]}\nconfigs: {c: {file: ./d/f}}\nsecrets: {s: {file: p.env}}\n",
      "part/.env": "TAG=5\n",
      "part/p.env": "P=1\n",
      "part/d/f": "part\n",
    },
  }),
  whole(
    "include:\n  - {path: [part/c.yaml, part/o.yaml], project_directory: data, env_file: a.env}\nservices:\n  web: {image: 'w:${A-none}'}\n",
    {
      files: {
        "part/c.yaml": "services:\n  x: {image: 'x:${A}', volumes: ['./sub:/d']}\n",
        "part/o.yaml": "services:\n  x: {ports: ['1:1'], environment: {B: '${B}'}}\n",
      },
    },
  ),
  whole("include:\n  - {path: part/c.yaml, project_directory: ., env_file: [a.env, b.env]}\n", {
    files: { "part/c.yaml": "services:\n  x: {image: 'x:${A}-${C}', volumes: ['./data:/d']}\n" },
  }),
  whole("include: [one.yaml, two.yaml]\n", {
    files: {
      "one.yaml": "include: [three.yaml]\n",
      "two.yaml": "include: [three.yaml]\nservices:\n  y: {image: y:1}\n",
      "three.yaml": "services:\n  x: {image: x:1}\n",
    },
  }),
  whole("include: [one.yaml]\nservices:\n  x: {image: other:1}\n", {
    files: { "one.yaml": "services:\n  x: {image: x:1}\n" },
  }),
  whole("include: [one.yaml]\nnetworks: {n: {driver: bridge}}\n", {
    files: { "one.yaml": "services:\n  x: {image: x:1, networks: [n]}\nnetworks: {n: {driver: bridge}}\n" },
  }),
  whole("include: [one.yaml]\nservices:\n  y: {image: y:1}\n", {
    files: { "one.yaml": "include: [compose.yaml]\nservices:\n  x: {image: x:1}\n" },
  }),
  whole("include: [none.yaml]\nservices:\n  y: {image: y:1}\n"),
  whole("include: one.yaml\nservices:\n  y: {image: y:1}\n", {
    files: { "one.yaml": "services:\n  x: {image: x:1}\n" },
  }),
  whole("include: [{project_directory: .}]\nservices:\n  y: {image: y:1}\n", {
    differs: "an include without a path",
  }),
  whole("include: ['${PART}.yaml']\n", {
    files: { "one.yaml": "services:\n  x: {image: x:1}\n" },
    variables: { PART: "one" },
  }),
  whole("include: [one.yaml]\n", { files: { "one.yaml": "service:\n  x: {image: x:1}\n" } }),
  whole("include: [one.yaml]\n", {
    files: { "one.yaml": "name: n\nversion: '3'\nservices:\n  x: {image: x:1}\n" },
  }),
  over(
    "include: [one.yaml]\nservices:\n  y: {image: y:1}\n",
    "services:\n  x: {image: z:1, ports: !reset []}\n",
    {
      files: { "one.yaml": "services:\n  x: {image: x:1, ports: ['1:1']}\n" },
    },
  ),
  over(base, "services:\n  web: {extends: base}\n"),
  over(
    base,
    "services:\n  base: {image: b:1}\n  web: {image: c:1, depends_on: [base]}\nnetworks: {default: {driver: x}}\n",
  ),
  over(base, ""),
  over(
    "services:\n  web: {image: a:1, networks: [n]}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}]}, labels: [a=b]}}\n",
    "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8, gateway: 10.0.0.1}, {subnet: 172.16.0.0/12}]}, labels: {c: d}}}\n",
  ),
  over(
    "services:\n  web: {image: a:1, volumes: ['vv:/v']}\nvolumes: {vv: {labels: {a: b}, driver_opts: {x: 1}}}\n",
    "volumes: {vv: {labels: [a=c, d=e], driver_opts: {y: 2}}}\n",
  ),
  over(
    "services:\n  web: {image: a:1, networks: [n]}\nnetworks: {n: {driver: x}}\n",
    "networks: {n: !override {internal: true}}\n",
  ),
  over(
    "services:\n  web: {image: a:1, configs: [c]}\nconfigs: {c: {content: one}}\n",
    "configs: {c: {content: two}}\n",
  ),
  over(
    "services:\n  web: {image: a:1, configs: [c]}\nconfigs: {c: {content: one}}\n",
    "configs: {c: {file: app.conf}}\n",
  ),
  over("services:\n  web: {image: a:1}\n  db: {image: db:1}\n", "services:\n  db: !reset null\n"),
  over("services:\n  web: {image: a:1}\n", "services: []\n"),
  overKey("command", "[a]", "[b, c]"),
  overKey("command", "[a]", "null"),
  overKey("entrypoint", "[a]", "b c"),
  overKey("hostname", "h", "null"),
  overKey("hostname", "h", "!reset null"),
  overKey("environment", "{A: 1, B: 2}", "[A, C=3]"),
  overKey("environment", "[A=1]", "{A: , B: true}"),
  overKey("environment", "{A: 1}", "{A: !reset x, B: 1}"),
  overKey("environment", "{A: 1}", "!override {B: 1}"),
  overKey("labels", "[a=1]", "{a: 2, b: }"),
  overKey("ports", "['80:80', '8000-8002:8000-8002']", "['8001:8001', '81:81']"),
  overKey("ports", "['80:80']", "['0.0.0.0:80:80', {target: 81, published: '81'}]"),
  overKey("ports", "['80:80']", "{target: 80}"),
  overKey("expose", "['80']", "['80', '81']"),
  overKey("volumes", "['/x:/y:ro', './data:/z']", "[{type: bind, source: /q, target: /y}, '/w:/w']"),
  overKey("volumes", "['/x:/y:ro']", "!override ['/w:/w']"),
  overKey("tmpfs", "/a", "[/b, /a]"),
  overKey("devices", "['/dev/a:/dev/b']", "['/dev/c:/dev/b', /dev/d]"),
  overKey("networks", "[default]", "{default: {aliases: [q]}}"),
  overKey("networks", "{default: {aliases: [p], priority: 1}}", "{default: {aliases: [q, p]}}"),
  overKey("networks", "{default: {aliases: [p]}}", "[default, n]", { rest: "networks: {n: {}}\n" }),
  overKey("depends_on", "[db]", "{db: {condition: service_healthy}}"),
  overKey("depends_on", "{db: {condition: service_healthy, restart: true}}", "[db]"),
  overKey("depends_on", "{db: {condition: service_healthy}}", "{db: {restart: true}}"),
  overKey("dns", "192.0.2.1", "[192.0.2.2, 192.0.2.1]"),
  overKey("dns_search", "[a]", "b"),
  overKey("extra_hosts", "['a:192.0.2.1', 'b:192.0.2.2']", "{a: 192.0.2.3}"),
  overKey("logging", "{driver: d, options: {a: b}}", "{driver: e, options: {c: d}}"),
  overKey("logging", "{driver: d, options: {a: b}}", "{options: {c: d}}"),
  overKey(
    "ulimits",
    "{nofile: 5, nproc: {soft: 1, hard: 2}}",
    "{nofile: {soft: 1, hard: 2}, nproc: {soft: 3, hard: 4}}",
  ),
  overKey("sysctls", "{a: 1}", "['b=2', 'a=3']"),
  overKey("cap_add", "[A, B]", "[B, C]"),
  overKey("security_opt", "[a]", "[b]"),
  overKey("security_opt", "[a]", "[a, b]", { differs: "the same twice" }),
  overKey("group_add", "[a]", "[b]"),
  overKey("env_file", "a.env", "[b.env, a.env]"),
  overKey("env_file", "[a.env]", "[{path: a.env, format: raw}]"),
  overKey("healthcheck", "{test: [CMD, a], interval: 3s}", "{test: b, retries: 2}"),
  overKey("healthcheck", "{test: a}", "{disable: true}"),
  overKey(
    "deploy",
    "{placement: {constraints: [node.role==worker]}, labels: {a: b}, replicas: 2}",
    "{placement: {constraints: [node.id==x]}, labels: [a=c]}",
  ),
  overKey("deploy", "{resources: {limits: {memory: 1g, pids: 5}}}", "{resources: {limits: {memory: 2g}}}"),
  overKey(
    "blkio_config",
    "{weight: 10, device_read_bps: [{path: /dev/a, rate: 1}]}",
    "{weight: 20, device_read_bps: [{path: /dev/b, rate: 2}]}",
  ),
  overKey("gpus", "all", "[{count: 1}]"),
  overKey("gpus", "[{count: 1}]", "all"),
  overKey("build", "./data", "{dockerfile: x}"),
  overKey("scale", "2", "3"),
  overKey("configs", "[c]", "[{source: c, target: /x}, d]", {
    rest: "configs: {c: {content: c}, d: {content: d}}\n",
  }),
  overKey("configs", "[c]", "[{source: c, target: /c, mode: 0400}]", {
    rest: "configs: {c: {content: c}}\n",
  }),
  overKey("secrets", "[c]", "[{source: d, target: c}]", {
    rest: "secrets: {c: {file: a.env}, d: {file: b.env}}\n",
  }),
  overKey("profiles", "[a]", "[b]", { variables: { COMPOSE_PROFILES: "b" } }),
  overKey("annotations", "{a: b}", "[a=c, d=e]"),
  overKey("init", "true", "false"),
  overKey("restart", "always", '"no"'),
  overKey("storage_opt", "{size: 1g}", "{size: 2g}"),
  overKey("links", "[db]", "['db:x', db]"),
  overKey("mem_limit", "1g", "512m"),
  whole("services:\n  web: {image: 'a:${TAG}', environment: {X: '${Y}'}}\n", {
    files: { ".env": "TAG=7\nY='q r'\n" },
  }),
  whole("services:\n  web: {image: 'a:${TAG}'}\n", { files: { ".env": "TAG=7\n" }, variables: { TAG: "8" } }),
  whole("services:\n  web: {image: a:1, profiles: [x]}\n  b: {image: b:1, profiles: [y]}\n", {
    files: { ".env": "COMPOSE_PROFILES=y\n" },
  }),
  whole("services:\n  web: {image: 'a:${COMPOSE_PROJECT_NAME}'}\n"),
  whole("services:\n  web: {image: a:1, command: '${UNSET}'}\n", { differs: "unset variables" }),
  whole("services:\n  web: {image: a:1, command: ['${A:?is needed}']}\n"),
  whole("services:\n  web: {image: a:1, command: ['${A?is needed}', '${B:+x}', '$$A', '$A']}\n", {
    variables: { A: "" },
  }),
  whole("services:\n  web: {image: a:1, command: ['${']}\n"),
  whole("services:\n  web: {image: a:1, init: '${T}', scale: '${N}', mem_limit: '${M:-5m}'}\n", {
    variables: { T: "true", N: "2" },
  }),
];
