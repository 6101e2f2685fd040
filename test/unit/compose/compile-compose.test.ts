import { describe, expect, test } from "vitest";
import { compile, errors, findings, manifestOf, serviceFile, workloadOf } from "./support.ts";

describe("a compose file", () => {
  test("must become workloads, networks and volumes with Compose's own names", () => {
    const manifest = manifestOf(`
services:
  db:
    image: mariadb:10
    volumes: [data:/var/lib/mysql]
  api:
    image: myrepo/api:58-develop
    depends_on: {db: {condition: service_healthy}}
volumes:
  data:
`);
    expect(manifest.workloads.map(({ key, containerNames }) => [key, containerNames])).toEqual([
      ["shop/db", ["shop-db-1"]],
      ["shop/api", ["shop-api-1"]],
    ]);
    expect(manifest.networks.map(({ name }) => name)).toEqual(["shop_default"]);
    expect(manifest.volumes.map(({ name }) => name)).toEqual(["shop_data"]);
  });

  test("must report all mistakes at once, in the order of the file", () => {
    const list = errors(`
name: other
services:
  web:
    imagee: a
    ports: [x]
    depends_on: [databse]
  database:
    image: UPPER
    restart: sometimes
    mem_limit: lots
    networks: [fornt]
    volumes: [dta:/x, ./nope:/y]
    environment: ["A=\${NOPE}"]
networks: {front: {drver: x}}
volumes: {data: }
`);
    expect(
      list.map((line) => line.replace(/:.*/, "").concat(line.slice(line.indexOf(" "), line.indexOf(": ")))),
    ).toEqual([
      "2 error stack-name",
      "4 error no-image",
      "5 error unknown-key",
      "6 error bad-port",
      "7 error undefined-service",
      "9 error bad-image",
      "10 error unknown-value",
      "11 error bad-size",
      "12 error undefined-network",
      "13 error undefined-volume",
      "13 error missing-file",
      "14 error unset-variable",
      "15 error unknown-key",
    ]);
  });

  test.for([
    ["", "1:1 error empty-file"],
    ["# nothing", "1:1 error empty-file"],
    ["services: {}", "1:1 error empty-file"],
    ["x-a: 1", "1:1 error empty-file"],
    ["[a]", "1:1 error wrong-type"],
    ["services: [a]", "1:11 error wrong-type"],
    ["services:\n  web: [a]", "2:8 error wrong-type"],
    ["services:\n  web:", "2:3 error no-image"],
    ["services:\n  web: {image: a:1, image: b:1}", "2:21 error yaml"],
    ["services:\n  web: {image: [}", "2:17 error yaml"],
    ["a: 1\n---\nb: 2", "2:1 error yaml"],
    ["services: {-x: {image: a:1}}", "1:12 error bad-name"],
    ["services: {a: {image: !other b}}", "1:23 error yaml"],
    ["services: {a: {image: !reset b}}", "1:12 error no-image"],
    ["include: [a.yaml]\nservices: {a: {image: b:1}}", "1:11 error missing-file"],
    ["servces: {a: {image: b:1}}", "1:1 error unknown-key"],
  ] as const)("must refuse %j at its place", ([text, start]) => {
    expect(errors(text).some((line) => line.startsWith(start))).toBe(true);
  });

  test("must give no value when there are errors", () => {
    expect(compile("services: {web: {imag: a}}").value).toBeUndefined();
  });

  test("must accept the stack's own name and refuse another", () => {
    expect(findings("name: shop\nservices: {a: {image: b:1}}")).toEqual([]);
    expect(errors("name: shop2\nservices: {a: {image: b:1}}")).toEqual([
      '1:7 error stack-name: name "shop2" differs from the stack\'s name "shop" | remove name, or rename the file to shop2.compose.yaml',
    ]);
    expect(errors("services: {a: {image: b:1}}", { stack: "My Shop" })[0]).toMatch(
      /^1:1 error bad-stack-name/,
    );
  });

  test("must accept the obsolete version with a warning", () => {
    expect(findings('version: "3.8"\nservices: {a: {image: b:1}}')).toEqual([
      "1:10 warning obsolete: version is obsolete and has no meaning | remove it",
    ]);
  });

  test("must resolve anchors, merge keys and extensions", () => {
    const { workloads } = manifestOf(`
x-common: &common
  restart: always
  environment: &env {A: "1"}
services:
  a: {<<: *common, image: b:1}
  c:
    <<: *common
    image: b:1
    environment: {<<: *env, B: "2"}
`);
    expect(workloads.map(({ container }) => [container.restart.name, container.environment])).toEqual([
      ["always", { A: "1" }],
      ["always", { A: "1", B: "2" }],
    ]);
  });
});

describe("images", () => {
  test("must be judged by the policy, at the value", () => {
    expect(findings("services:\n  web:\n    image: redis\n")).toEqual([
      '3:12 warning image-policy: image "redis" has no tag and runs as "latest" | pin it: redis:<version>',
    ]);
    expect(errors("services:\n  web:\n    image: myrepo/web\n", { own: ["myrepo/*"] })[0]).toMatch(
      /^3:12 error bad-image: own image "myrepo\/web" has no build tag \| write myrepo\/web:<build number>-develop/,
    );
  });

  test("must be named when a service has only build", () => {
    expect(errors("services:\n  web:\n    build: ./web\n")).toEqual([
      '3:12 error build: service "web" has only "build", but images are built in CI, not here | build and push it in CI, then write image: myrepo/web:<build number>-develop',
    ]);
  });

  test("must win over build, with a warning", () => {
    expect(findings(serviceFile("image: a:1\nbuild: {context: ., anything: goes}"))).toEqual([
      '4:12 warning build: service "web": building is CI\'s business, the image is pulled | remove build, or leave it for docker compose build in CI',
    ]);
  });
});

describe("references between services", () => {
  test("must name the nearest service", () => {
    expect(
      errors("services:\n  api:\n    image: a:1\n    depends_on: [databse]\n  database: {image: b:1}\n"),
    ).toEqual([
      '4:18 error undefined-service: service "api" depends on "databse", which is not defined | did you mean "database"?',
    ]);
  });

  test.for([
    ["depends_on: {x: {condition: service_started}}", "undefined-service"],
    ["depends_on: {x: {condition: service_started, required: false}}", "undefined-service"],
    ["depends_on: {db: {}}", "missing-key"],
    ["depends_on: {db: {condition: service_helthy}}", "unknown-value"],
    ["network_mode: service:x", "undefined-service"],
    ["ipc: service:x", "undefined-service"],
    ["volumes_from: [x]", "undefined-service"],
    ["links: [x]", "undefined-service"],
    ["depends_on: [off]", "disabled-service"],
    ["network_mode: front", "unknown-value"],
  ] as const)("must refuse %s", ([yaml, code]) => {
    const list = errors(serviceFile(yaml, "  db: {image: b:1}\n  off: {image: b:1, profiles: [x]}\n"));
    expect(list).toHaveLength(1);
    expect(list[0]).toMatch(new RegExp(`^4:\\d+ error ${code}: .+ \\| `));
  });

  test("must leave out services with profiles and say so", () => {
    const text = serviceFile(
      "depends_on: {debug: {condition: service_started, required: false}}",
      "  debug: {build: ., profiles: [debug, dev]}\n",
    );
    expect(findings(text)).toEqual([
      '4:18 warning optional-dependency: service "web" does without "debug", whose profiles are not enabled | enable a profile of it, or remove the dependency',
      '5:31 warning disabled-service: service "debug" is left out: its profiles ("debug", "dev") are not enabled | name one under values in mysysconfig.yaml: COMPOSE_PROFILES: debug',
    ]);
    expect(manifestOf(text).workloads.map(({ key }) => key)).toEqual(["shop/web"]);
  });

  test("must keep the declared condition and the restart that a shared namespace implies", () => {
    const web = workloadOf("network_mode: service:db\ndepends_on: {db: {condition: service_healthy}}", {
      rest: "  db: {image: b:1}\n",
    });
    const other = workloadOf("depends_on: {db: {condition: service_healthy}}\nnetwork_mode: service:db", {
      rest: "  db: {image: b:1}\n",
    });
    const expected = [{ workload: "shop/db", condition: "healthy", required: true, restart: true }];
    expect([web.dependsOn, other.dependsOn]).toEqual([expected, expected]);
    expect(web.positions["dependsOn.shop/db"]).toMatchObject({ line: 4, column: 19 });
    expect(other.positions["dependsOn.shop/db"]).toMatchObject({ line: 4, column: 18 });
  });
});

describe("jobs", () => {
  const file = (keys: string) =>
    serviceFile(
      "depends_on: {migrate: {condition: service_completed_successfully}}",
      `  migrate: {image: m:1, ${keys}}\n`,
    );

  test("must be the services that others wait for to complete, and those that say so", () => {
    const { workloads } = manifestOf(file(""));
    expect(workloads.map(({ key, kind }) => [key, kind])).toEqual([
      ["shop/web", "service"],
      ["shop/migrate", "job"],
    ]);
    expect(workloadOf("x-job: true").kind).toBe("job");
    expect(workloadOf("x-job: false").kind).toBe("service");
    expect(workloadOf('restart: "no"').kind).toBe("service");
    expect(errors(serviceFile("x-job: perhaps"))[0]).toMatch(/^4:12 error wrong-type/);
  });

  test("must be able to end and run once", () => {
    expect(errors(file("restart: always"))[0]).toMatch(/error endless-job: job "migrate" would never end/);
    expect(errors(file("scale: 2"))[0]).toMatch(/error bad-replicas: .* it is a job/);
    expect(errors(file("restart: on-failure"))).toEqual([]);
  });
});

describe("replicas", () => {
  test.for([
    ["container_name: mine", /container_name/],
    ['ports: ["80:80"]', /host port 80/],
    ['ports: ["8000-8001:80"]', /host port 8000-8001/],
    ['mac_address: "02:42:ac:11:65:43"', /mac_address/],
    ["networks: {n: {ipv4_address: 10.1.0.5}}", /fixed address/],
  ] as const)("must not be more than one can have with %s", ([yaml, why]) => {
    const list = errors(serviceFile(`scale: 3\n${yaml}`, "networks: {n: {external: true}}"));
    expect(list).toHaveLength(1);
    expect(list[0]).toMatch(/^4:12 error bad-replicas/);
    expect(list[0]).toMatch(why);
  });

  test("must be possible where everyone finds a place", () => {
    const web = workloadOf('scale: 3\nports: ["80", "8000-8002:81"]');
    expect(web.containerNames).toEqual(["shop-web-1", "shop-web-2", "shop-web-3"]);
  });
});

describe("numbers without quotes", () => {
  test("must be read as Compose reads them, with a warning where that is not what is written", () => {
    const text = serviceFile(
      'environment: {V: 1.10, B: True, O: 0644, T: !!str 0644, I: 12, Q: "1.10", S: yes}',
    );
    expect(manifestOf(text).workloads[0]?.container.environment).toEqual({
      V: "1.1",
      B: "true",
      O: "420",
      T: "0644",
      I: "12",
      Q: "1.10",
      S: "yes",
    });
    expect(findings(text).map((line) => line.split(":").slice(0, 3).join(":"))).toEqual([
      '4:22 warning unquoted-value: services.web.environment.V is 1.10, which Compose and other readers of YAML 1.1 take for 1.1 | write 1.1, or "1.10" in quotes',
      '4:31 warning unquoted-value: services.web.environment.B is True, which Compose and other readers of YAML 1.1 take for true | write true, or "True" in quotes',
      '4:40 warning unquoted-value: services.web.environment.O is 0644, which Compose and other readers of YAML 1.1 take for 420 | write 420, or "0644" in quotes',
    ]);
  });
});
