import { describe, expect, test } from "vitest";
import { errors, findings, manifestOf, workloadOf } from "./support.ts";

const service = "services: {a: {image: b:1}}\n";

describe("networks", () => {
  test("must carry what is declared", () => {
    const { networks } = manifestOf(`networks:
  front:
    name: web-front
    driver: bridge
    driver_opts: {com.docker.network.driver.mtu: 1450}
    internal: true
    attachable: true
    enable_ipv6: true
    labels: [a=b]
    ipam:
      driver: default
      options: {o: p}
      config: [{subnet: 172.28.0.0/16, ip_range: 172.28.5.0/24, gateway: 172.28.5.254, aux_addresses: {h: 172.28.1.5}}]
`);
    expect(networks).toEqual([
      {
        name: "web-front",
        external: false,
        driver: "bridge",
        options: { "com.docker.network.driver.mtu": "1450" },
        labels: { a: "b" },
        internal: true,
        attachable: true,
        enableIpv6: true,
        ipam: {
          driver: "default",
          options: { o: "p" },
          pools: [
            {
              subnet: "172.28.0.0/16",
              ipRange: "172.28.5.0/24",
              gateway: "172.28.5.254",
              auxAddresses: { h: "172.28.1.5" },
            },
          ],
        },
        origin: expect.objectContaining({ line: 2, column: 3 }),
      },
    ]);
  });

  test("must be declared alone, for units to share", () => {
    const { networks, volumes, workloads } = manifestOf("networks: {front: }\nvolumes: {data: }\n");
    expect([networks[0]?.name, volumes[0]?.name, workloads]).toEqual(["shop_front", "shop_data", []]);
  });

  test("must include the default one only when a service is on it", () => {
    const names = (text: string) => manifestOf(text).networks.map(({ name }) => name);
    expect(names(service)).toEqual(["shop_default"]);
    expect(names("services: {a: {image: b:1, network_mode: host}}")).toEqual([]);
    expect(names("services: {a: {image: b:1, networks: [n]}}\nnetworks: {n: }")).toEqual(["shop_n"]);
    expect(names("services: {a: {image: b:1, networks: [n]}}\nnetworks: {n: , default: {name: x}}")).toEqual([
      "shop_n",
    ]);
    expect(names(`${service}networks: {default: {name: x}}`)).toEqual(["x"]);
    expect(names("services: {a: {image: b:1, networks: [n, default]}}\nnetworks: {n: }")).toEqual([
      "shop_default",
      "shop_n",
    ]);
  });

  test("must be used by their own names when external", () => {
    const { networks, workloads } = manifestOf(
      "services: {a: {image: b:1, networks: [x, y]}}\nnetworks: {x: {external: true}, y: {external: true, name: z}}",
    );
    expect(networks.map(({ name, external }) => [name, external])).toEqual([
      ["x", true],
      ["z", true],
    ]);
    expect(workloads[0]?.container.network).toMatchObject({
      attachments: [{ network: "x" }, { network: "z" }],
    });
  });

  test("must accept the obsolete form of external with a warning", () => {
    const text = `${service}networks: {x: {external: {name: y}}}`;
    expect(findings(text)[0]).toMatch(/^2:26 warning obsolete/);
    expect(manifestOf(text).networks.map(({ name }) => name)).toContain("y");
  });

  test.for([
    ["networks: {x: {external: true, driver: bridge}}", "external-declared"],
    ["networks: {x: {external: perhaps}}", "wrong-type"],
    ["networks: {x: {name: a b}}", "bad-name"],
    ["networks: {x/y: }", "bad-name"],
    ["networks: {x: {external: true, name: host}}", "reserved-network"],
    ["networks: {x: {ipam: {config: [{subnet: 10.0.0.0}]}}}", "bad-address"],
    ["networks: {x: {ipam: {config: [{gateway: here}]}}}", "bad-address"],
    ["networks: {x: {ipam: {config: [{subnt: 10.0.0.0/8}]}}}", "unknown-key"],
    ["networks: {x: {ipam: {config: a}}}", "wrong-type"],
    ["networks: {x: {enable_ipv4: false}}", "unsupported-value"],
    ["networks: {x: {internal: 5}}", "wrong-type"],
    ["networks: [x]", "wrong-type"],
    ["networks: {x: [a]}", "wrong-type"],
    ["volumes: {x: {external: true, labels: {a: b}}}", "external-declared"],
    ["volumes: {x: {drivr: a}}", "unknown-key"],
  ] as const)("must refuse %s", ([section, code]) => {
    const list = errors(`${service}${section}\n`);
    expect(list).toHaveLength(1);
    expect(list[0]).toMatch(new RegExp(`^2:\\d+ error ${code}: `));
  });

  test("must name the nearest network of an undefined one", () => {
    expect(errors("services: {a: {image: b:1, networks: [frnt]}}\nnetworks: {front: }")).toEqual([
      '1:39 error undefined-network: service "a" uses network "frnt", which is not defined | did you mean "front"?',
    ]);
  });
});

describe("volumes", () => {
  test("must carry what is declared", () => {
    const { volumes } = manifestOf(
      `${service}volumes: {d: {driver: local, driver_opts: {type: nfs, o: "addr=1"}, labels: {a: b}}, e: {external: true}}`,
    );
    expect(volumes).toEqual([
      {
        name: "shop_d",
        external: false,
        driver: "local",
        driverOptions: { type: "nfs", o: "addr=1" },
        labels: { a: "b" },
        origin: expect.objectContaining({ line: 2, column: 11 }),
      },
      { name: "e", external: true, driverOptions: {}, labels: {}, origin: expect.anything() },
    ]);
  });

  test("must have the options of an endpoint on both", () => {
    const options = { "com.docker.network.endpoint.ifname": "eth1" };
    for (const yaml of [
      "{driver_opts: {com.docker.network.endpoint.ifname: eth1}}",
      "{interface_name: eth1}",
    ]) {
      const { cluster, container } = workloadOf(`networks: {default: ${yaml}}`);
      expect(cluster).toEqual({ networkOptions: { shop_default: options } });
      expect(container.network).toMatchObject({ attachments: [{ driverOptions: options }] });
    }
  });
});
