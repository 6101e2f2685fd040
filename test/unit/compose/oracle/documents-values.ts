import { type ComposeCase, over, overKey, web, whole } from "./oracle-case.ts";

const nets = "networks: {front: {}, back: {}}\n";
const asTexts = { differs: "numbers are texts" } as const;
const asNothing = { differs: "an empty value says nothing" } as const;
const twice = { differs: "the same twice" } as const;
const notUsed = { differs: "what is not used is not checked" } as const;
const inPairs = { differs: "pairs in both forms" } as const;

/** Values as nobody should write them, but people do. */
export const valueDocuments: readonly ComposeCase[] = [
  // Numbers of YAML 1.1, and what becomes of them where a text is wanted.
  web(
    "environment: {A: 1.10, B: 0440, C: 0o17, D: 0x10, E: 1_000, F: 1e3, G: +5, H: -0, I: .5, J: .inf, K: .nan, L: 1234567.0}",
  ),
  web(
    "environment: {A: True, B: FALSE, C: yes, D: 08, E: 0b11, F: 1e-7, G: 1e21, H: 12345678901234567890, I: -0x10, J: 1:30}",
  ),
  web(
    "environment: {A: 685_230.15, B: 5., C: 123456789.5, D: -0.0, E: 0_7, F: 1e5, G: 3.0e+5, H: -.5, I: 9223372036854775808}",
  ),
  web(
    "labels: {a: 1.0, b: 0x1F}\nsysctls: {c: 1_0}\nannotations: {d: 2.50}\nlogging: {driver: x, options: {e: 5.0}}",
  ),
  web("environment: ['A=1.10', 'B=0440']"),
  web("mem_limit: 0x10\nshm_size: 0o1000\nmem_reservation: 1_0"),
  web("shm_size: 1e3", { differs: "parts of bytes" }),
  web("mem_limit: 0440\nmemswap_limit: 0o1000"),
  web("mem_limit: '0440'"),
  web("mem_limit: 1.5", { differs: "parts of bytes" }),
  web("mem_limit: '1.5'"),
  web("mem_limit: 0\ncpu_shares: 0\npids_limit: 0\nshm_size: '0'"),
  web("ports: [0440]\nexpose: [0450, 1_000]\ngroup_add: [0440, 0x10, 5]"),
  web("ports: [{target: 0120, published: 0440}]"),
  web("ports: ['0440:80']"),
  web("blkio_config: {device_read_bps: [{path: /dev/a, rate: 0440}]}"),
  web("volumes: [{type: tmpfs, target: /x, tmpfs: {size: 0440, mode: 0440}}]"),
  web("ulimits: {nofile: 0440, nproc: {soft: 0x10, hard: 99999}, core: 0}"),
  web("hostname: 5", asTexts),
  web("image: 1.5", asTexts),
  web("user: 1000", asTexts),
  web("command: [sleep, 5]", asTexts),
  web("environment: [5]", asTexts),
  web("networks: {default: {priority: '5'}}", asTexts),
  web("stop_grace_period: 0", asTexts),
  web("profiles: [5]", asTexts),

  // Words for true and false.
  web(
    "volumes:\n  - {type: bind, source: /a, target: /a, read_only: yes}\n  - {type: volume, source: v, target: /b, volume: {nocopy: on}}\n  - {type: bind, source: /c, target: /c, bind: {create_host_path: 'no'}}",
    { rest: "volumes: {v: {}}\n" },
  ),
  web("init: 'yes'\ntty: off\nread_only: on\nprivileged: n"),
  web("init: '1'"),

  // Time spans.
  web("stop_grace_period: 1d\nhealthcheck: {test: a, interval: 1w2d3h, timeout: 12h1d}"),
  web("deploy: {update_config: {delay: 1.5d}, restart_policy: {condition: any, delay: 1d12h}}"),
  web("stop_grace_period: '1 d'"),
  web("stop_grace_period: 1y"),
  web("stop_grace_period: ''"),
  web("stop_grace_period: 1500ms"),
  web("stop_grace_period: .5s"),

  // Texts of nothing, of a variable maybe.
  web("uts: ''\nuserns_mode: ''\nisolation: ''\nipc: ''\npid: ''\nruntime: ''\nplatform: ''\nuser: ''"),
  web("userns_mode: '${EMPTY}'\nworking_dir: ${EMPTY}\nrestart: ${EMPTY}", { variables: { EMPTY: "" } }),
  web("network_mode: ''", { differs: "an empty network_mode" }),
  web("network_mode: ${EMPTY}", { variables: { EMPTY: "" }, differs: "an empty network_mode" }),
  web("dns: ''\ndns_search: ''"),
  web("dns_search: ['']"),
  web("container_name: ''"),
  web("container_name: a"),
  web("ports: [{target: 80, published: 80, host_ip: ''}]"),
  web("ports: [{target: 80, published: ''}]"),
  web("cgroup: ''"),
  web("entrypoint: ['']"),
  web("entrypoint: ''"),
  web("profiles: ['']"),
  web("environment: ['A =1']"),
  web("environment: ['A ']"),

  // Nothing at all.
  web("volumes:", asNothing),
  web("healthcheck:", asNothing),
  web("cap_drop: ~", asNothing),
  web("deploy:\ndevelop:"),
  web("command:\nentrypoint:\nhostname: h"),
  web("environment: {A: }\nlabels: {B: }"),
  web("gpus: [null]"),
  web("ports: [null]"),
  web("volumes: [null]"),
  web("deploy: {placement: {preferences: [null]}}"),
  web("deploy: {placement: {preferences: [{}]}}", { differs: "words that no Engine knows" }),
  whole("services:\n  web: {image: a:1}\nnetworks:\n", asNothing),
  whole("services:\n  web:\n"),

  // The same twice.
  web("networks: [front, front]", { rest: nets, ...twice }),
  web("external_links: [a, a]", twice),
  web("group_add: [a, a]", twice),
  web("security_opt: ['label=a', 'label=a']", twice),
  web(
    "dns: [192.0.2.1, 192.0.2.2, 192.0.2.1]\ndns_search: [a, b, a]\ndns_opt: [x, x]\ncap_add: [A, A]\ntmpfs: [/a]",
  ),
  web("gpus: [{device_ids: []}]"),
  overKey("devices", "['/dev/a:/dev/b', '/dev/a:/dev/b']", "['/dev/c:/dev/b', /dev/d]"),
  overKey("ports", "['80:80', '80:80']", "['0.0.0.0:80:80', {target: 81, published: '81'}]"),
  overKey("expose", "['80', '81']", "['81', 80, '82']"),
  overKey("dns_search", "[a, a]", "b"),

  // Other forms than expected.
  web("storage_opt: [size=1g]", inPairs),
  web("logging: {driver: x, options: [a=b]}", inPairs),
  web("build: {context: ., args: {A: [1]}}\nimage: a:1", notUsed),
  web("develop: 5", notUsed),
  overKey("init", "'0440'", "false", notUsed),
  whole("include: [[part.yaml]]\n", { files: { "part.yaml": "services: {x: {image: x:1}}\n" } }),
  whole("include: [part.yaml]\n", { files: { "part.yaml": "services: {x: {image: x:1}}\nnetworks: 5\n" } }),
  whole("include: [part.yaml]\n", { files: { "part.yaml": "services: {x: {image: x:1}}\nconfigs: [a]\n" } }),
  over("services: {web: {image: a:1}}\n", "networks: 5\n"),
  web("pull_policy: every_x"),
  web("pull_policy: every_1d12h"),

  // Declared, and used by nobody.
  whole(
    "services: {web: {image: a:1}}\nnetworks: {n: {driver: bridge}, e: {external: true}}\nvolumes: {v: {labels: {a: b}}}\n",
  ),
  whole(
    "services: {web: {image: a:1, networks: [n]}, off: {image: b:1, profiles: [x], networks: [m], volumes: ['v:/v']}}\nnetworks: {n: {}, m: {}}\nvolumes: {v: {}}\n",
  ),
  // What is removed from an extended service is removed from the files below as well.
  over(
    "services: {web: {image: a:1, environment: {A: 1, B: 1}, ports: ['1:1'], hostname: h}}\n",
    "services:\n  base: {image: b:1, environment: {A: 2}, ports: ['2:2'], hostname: i}\n  web: {extends: base, environment: {A: !reset x}, ports: !reset [], hostname: !reset h}\n",
  ),
  over(
    "services: {web: {image: a:1, labels: {a: b}}}\n",
    "services:\n  base: {image: b:1, labels: !reset [x=y], init: true}\n  mid: {extends: base, labels: [c=d]}\n  web: {extends: mid, init: !reset true}\n",
  ),

  // The same file twice.
  web("env_file: [a.env, ./b.env, a.env]"),
  web("env_file: [{path: b.env, format: raw}, a.env, {path: b.env}]"),
  web("label_file: [a.env, b.env, a.env]"),
  web("env_file: [a.env, b.env]", { variables: { A: "given" } }),
  web("env_file: [a.env, b.env]\nenvironment: {A: own}", { variables: { A: "given" } }),
  web("env_file: [b.env]\nenvironment: {A: own}"),
  web("env_file: [self.env]", {
    files: { "self.env": "A=1\nB=${A}\nC\n" },
    variables: { A: "given", C: "c" },
  }),
  web("label_file: [a.env, b.env]", { variables: { A: "given" } }),
  overKey("depends_on", "{db: {condition: service_completed_successfully, required: false}}", "[db]"),
  overKey("depends_on", "[db]", "{db: {condition: service_healthy, required: false}}"),
  web("networks: {front: {aliases: [a, b, a], link_local_ips: [169.254.1.2, 169.254.1.3, 169.254.1.2]}}", {
    rest: nets,
  }),
  web("env_file: [{path: ../../../none.env, required: false}]", {
    differs: "nothing outside of the repository",
  }),

  // Forms of YAML.
  web("environment: {A: , B: 1}", { variables: { A: "given" } }),
  web("environment: {A:, B: 1}", { variables: { A: "given" }, differs: "colons without a blank" }),
  web('environment: {"A":, B: 1}', { variables: { A: "given" } }),
  web('environment: {"A":1, B:1, C}'),
  web("command: [a, b:c, http://a:80/b, 'c#d', -x, d, ]"),
  web("command: ['a:', b]"),
  web("command: |-\n  x\n  y"),
  web("command: >\n  x\n  y\n"),
  web("? hostname\n: h"),
  web("environment: {? A : 1}"),
  web("hostname: !!str 5\ninit: !!bool 'true'\nenvironment: {A: !!str 0440, B: 'x''y'}"),
  web("environment: {A: !!binary aGVsbG8=}", { differs: "no values of other types" }),
  web("environment: {5: a}", { differs: "names are texts" }),
  web("<<: {init: true}\nhostname: h"),
  web('"<<": {init: true}'),
  web("command: a: b"),
  web("command: @x"),
  web("image: a:1\nhostname: &h x\ndomainname: *h"),
  web("environment: &e {A: *e}"),
  whole("services: {web: {image: a:1}}\n---\nservices: {db: {image: b:1}}\n", {
    differs: "one document in a file",
  }),
  whole("%YAML 1.1\n---\nservices: {web: {image: a:1, init: yes}}\n"),
  whole("\uFEFFservices: {web: {image: a:1}}\n"),
  whole("services:\r\n  web:\r\n    image: a:1\r\n    command: |\r\n      x\r\n      y\r\n"),
  whole("services:\n\tweb: {image: a:1}\n"),

  // Pools of addresses.
  over(
    "services: {web: {image: a:1, networks: [n]}}\nnetworks: {n: {ipam: {config: [{subnet: 172.28.0.0/16, gateway: 172.28.0.1}]}}}\n",
    "networks: {n: {ipam: {config: [{subnet: 172.28.0.0/16, ip_range: 172.28.5.0/24}]}}}\n",
  ),
  over(
    "services: {web: {image: a:1, networks: [n]}}\nnetworks: {n: {ipam: {driver: d, config: [{subnet: 172.28.0.0/16}]}}}\n",
    "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}\n",
  ),

  // External as in version 2 of the file format.
  whole(
    "services: {web: {image: a:1, networks: [n, o], volumes: ['vv:/v']}}\nnetworks: {n: {external: {name: x}}, o: {external: {}}}\nvolumes: {vv: {external: {name: y}}}\n",
  ),
  whole(
    "services: {web: {image: a:1, configs: [c], secrets: [s]}}\nconfigs: {c: {external: {name: x}}}\nsecrets: {s: {external: {name: y}}}\n",
    { differs: "no store on an Engine" },
  ),
  whole(
    "services: {web: {image: a:1, configs: [c], secrets: [s]}}\nconfigs: {c: {external: {name: z}}}\nsecrets: {s: {external: {name: z}}}\n",
    { differs: "no store on an Engine" },
  ),
  web("cpu_period: 50000\ncpu_rt_period: 500000"),
];
