import { describe, expect, test } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { apiUses } from "../../../src/model/api-uses.ts";
import { type ApiFeature, apiFeatures, engineOfApi } from "../../../src/model/engine-api.ts";
import { describeDiagnostic, treeOf } from "../render/support.ts";

const nothing: ReadonlyMap<string, string> = new Map();

function mistakes(files: Readonly<Record<string, string>>, apiVersion?: string): readonly string[] {
  const { diagnostics, value } = compileDesiredState(
    treeOf({ "mysysconfig.yaml": "environments: { production: {} }\n", ...files }),
    { id: "3f2c1ab" },
    { variables: nothing, mountedValues: nothing, secrets: nothing },
    {
      ...{ allowMissingSecrets: false, hostName: "prod-1" },
      ...(apiVersion === undefined ? {} : { apiVersion }),
    },
  );
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(value === undefined).toBe(errors.length > 0);
  return errors.map(describeDiagnostic);
}

const front = "networks: { front: { name: front } }\n";
const unit = (flags: string) => ({
  "units/networks.compose.yaml": front,
  "units/web.service": `[Service]\nExecStart=/usr/bin/docker run ${flags} busybox:1\n`,
});
const service = (key: string) => ({
  "units/shop.compose.yaml": `services:\n  web:\n    image: busybox:1\n${key}\n${front}volumes: { data: }\n`,
});

/** How each feature is asked for, with the column of the flag's value and the line of the key. */
const asked: Readonly<
  Record<string, { readonly flag?: readonly [string, number]; readonly key: readonly [string, number] }>
> = {
  createMountpoint: {
    key: [
      "    volumes: [{ type: bind, source: /a, target: /a, bind: { create_host_path: true, recursive: disabled } }]",
      4,
    ],
  },
  annotations: { flag: ["--annotation a=b", 44], key: ["    annotations: { a: b }", 4] },
  cdiDevices: {
    flag: ["--device nvidia.com/gpu=all", 40],
    key: ["    devices: [nvidia.com/gpu=all]", 4],
  },
  endpointMacAddress: {
    flag: ["--network back --network name=front,mac-address=02:42:ac:11:00:02", 56],
    key: ["    networks: { default: { priority: 9 }, front: { mac_address: 02:42:ac:11:00:02 } }", 4],
  },
  healthStartInterval: {
    flag: ["--health-cmd true --health-start-interval 5s", 73],
    key: ["    healthcheck: { test: [CMD, 'true'], start_interval: 5s }", 4],
  },
  readOnlyRecursion: {
    flag: ["--mount type=bind,src=/a,dst=/a,ro,bind-recursive=writable", 39],
    key: [
      "    volumes: [{ type: bind, source: /a, target: /a, read_only: true, bind: { recursive: writable, create_host_path: false } }]",
      4,
    ],
  },
  volumeSubpath: {
    flag: ["--mount type=volume,src=data,dst=/data,volume-subpath=www", 39],
    key: ["    volumes: [{ type: volume, source: data, target: /data, volume: { subpath: www } }]", 4],
  },
  endpointSysctls: {
    flag: [
      "--network name=front,driver-opt=com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1",
      41,
    ],
    key: [
      "    networks: { front: { driver_opts: { com.docker.network.endpoint.sysctls: net.ipv4.conf.IFNAME.log_martians=1 } } }",
      4,
    ],
  },
  imageMounts: {
    flag: ["--mount type=image,src=busybox:1,dst=/tools", 39],
    key: ["    volumes: [{ type: image, source: 'busybox:1', target: /tools }]", 4],
  },
  gatewayPriority: {
    flag: ["--network name=front,gw-priority=2", 41],
    key: ["    networks: { front: { gw_priority: 2 } }", 4],
  },
  interfaceName: {
    flag: ["--network name=front,driver-opt=com.docker.network.endpoint.ifname=lan0", 41],
    key: ["    networks: { front: { interface_name: lan0 } }", 4],
  },
};

function olderThan(feature: ApiFeature): string {
  return `1.${Number(apiFeatures[feature].split(".")[1]) - 1}`;
}

describe("what an older Engine would drop without a word", () => {
  test("is tried for each feature", () => {
    expect(Object.keys(asked).sort()).toEqual(apiUses.map(({ feature }) => feature).sort());
  });

  test.for(apiUses.filter(({ flag }) => flag !== ""))(
    "is refused at its flag, and at no newer Engine: $subject",
    ({ feature, subject }) => {
      const [flags = "", column] = asked[feature]?.flag ?? [];
      const files = { ...unit(flags) };
      if (feature === "endpointMacAddress")
        files["units/networks.compose.yaml"] = "networks: { front: { name: front }, back: { name: back } }\n";
      const since = apiFeatures[feature];
      const older = olderThan(feature);
      expect(mistakes(files, older)).toEqual([
        `units/web.service:2:${column} engine-unsupported ${subject} needs Engine API ${since}, this Engine speaks ${older}`,
      ]);
      expect(mistakes(files, since)).toEqual([]);
      expect(mistakes(files)).toEqual([]);
    },
  );

  test.for(apiUses)(
    "is refused at its key, and at no newer Engine: $subject",
    ({ feature, subject, key: name }) => {
      expect(name).not.toBe("");
      const [key = "", line] = asked[feature]?.key ?? [];
      const since = apiFeatures[feature];
      const older = olderThan(feature);
      const [found = "", ...more] = mistakes(service(key), older);
      expect(more).toEqual([]);
      expect(found).toMatch(new RegExp(`^units/shop\\.compose\\.yaml:${line}:\\d+ engine-unsupported `));
      expect(found).toContain(`${subject} needs Engine API ${since}, this Engine speaks ${older}`);
      expect(mistakes(service(key), since)).toEqual([]);
      expect(mistakes(service(key))).toEqual([]);
    },
  );

  test("tells which Engine knows it", () => {
    expect(["1.41", "1.42", "1.44", "1.47", "1.51", "1.60"].map(engineOfApi)).toEqual([
      "20.10",
      "23.0",
      "25.0",
      "27.2",
      "28.3",
      "28.3",
    ]);
  });
});

test("each of several mounts and networks is pointed at", () => {
  const part = (target: string) => `--mount type=volume,src=data,dst=${target},volume-subpath=www`;
  const flags = [
    "-v /srv:/srv",
    part("/a"),
    part("/b"),
    "--network front",
    "--network name=back,gw-priority=1",
  ];
  const files = unit(flags.join(" \\\n"));
  files["units/networks.compose.yaml"] = "networks: { front: { name: front }, back: { name: back } }\n";
  expect(mistakes(files, "1.41").map((text) => text.split(" this ")[0])).toEqual([
    "units/web.service:3:9 engine-unsupported mounting a part of a volume needs Engine API 1.45,",
    "units/web.service:4:9 engine-unsupported mounting a part of a volume needs Engine API 1.45,",
    "units/web.service:6:11 engine-unsupported a network's priority for the gateway needs Engine API 1.48,",
  ]);
});

test("each of several items of a stack is pointed at", () => {
  const part = (target: string) =>
    `      - { type: volume, source: data, target: ${target}, volume: { subpath: www } }`;
  const key = ["    volumes:", "      - /srv:/srv", part("/a"), part("/b")].join("\n");
  expect(
    mistakes(service(`${key}\n    networks: { default: {}, front: { gw_priority: 1 } }`), "1.41"),
  ).toEqual([
    expect.stringMatching(/^units\/shop\.compose\.yaml:6:\d+ engine-unsupported mounting a part/),
    expect.stringMatching(/^units\/shop\.compose\.yaml:7:\d+ engine-unsupported mounting a part/),
    expect.stringMatching(/^units\/shop\.compose\.yaml:8:30 engine-unsupported a network's priority/),
  ]);
});

describe("what no Engine can do", () => {
  test("is refused where it is declared", () => {
    const mount = "type: bind, source: '/a:b', target: /a, bind: { create_host_path: true }";
    expect(mistakes(service(`    volumes: [{ ${mount} }]`))).toEqual([
      expect.stringMatching(
        /^units\/shop\.compose\.yaml:4:\d+ engine-unsupported host path "\/a:b" on "\/a": a path with a colon/,
      ),
    ]);
  });
});
