import { describe, expect, test } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import type { Target } from "../../../src/model/actual-state.ts";
import { describeDiagnostic, treeOf } from "../render/support.ts";

const nothing: ReadonlyMap<string, string> = new Map();

function compile(files: Readonly<Record<string, string>>, target?: Target) {
  const compiled = compileDesiredState(
    treeOf(files),
    { id: "3f2c1ab" },
    { variables: nothing, mountedValues: nothing, secrets: nothing },
    { allowMissingSecrets: false, hostName: "prod-1", ...(target === undefined ? {} : { target }) },
  );
  return { ...compiled, said: compiled.diagnostics.map(describeDiagnostic) };
}

const settings = (target?: string) =>
  `environments: { production: ${target === undefined ? "{}" : `{ target: ${target} }`} }\n`;

/** One repository with what only a Swarm can do, in a compose file, in a unit and in a template of one. */
const repository = {
  "units/shop.compose.yaml": `services:
  api:
    image: busybox:1
    deploy:
      replicas: 2
      placement: { constraints: [node.role==worker], max_replicas_per_node: 1 }
      update_config: { failure_action: pause }
  agent: { image: "busybox:1", deploy: { mode: global } }
`,
  "units/web@.service.hbs": `[Service]
ExecStart=/usr/bin/docker run -e SLOT={{.Task.Slot}} -e NODE={{quote "{{.Node.Hostname}}"}} busybox:1
[X-Fleet]
Conflicts=%p@*.service
MachineMetadata=disk=ssd
`,
};

describe("the target", () => {
  test.for([
    { chosen: undefined, found: undefined, target: "engine" },
    { chosen: undefined, found: "engine", target: "engine" },
    { chosen: undefined, found: "swarm", target: "swarm" },
    { chosen: "auto", found: "swarm", target: "swarm" },
    { chosen: "engine", found: "swarm", target: "engine" },
    { chosen: "swarm", found: "engine", target: "swarm" },
    { chosen: "swarm", found: undefined, target: "swarm" },
  ] as const)(
    "must be $target when the environment says $chosen and $found was found",
    ({ chosen, found, target }) => {
      const { value } = compile({ "mysysconfig.yaml": settings(chosen), "units/README.md": "" }, found);
      expect(value?.target).toBe(target);
    },
  );
});

describe("one repository", () => {
  const files = { ...repository, "mysysconfig.yaml": `${settings()}instances: { web: [1] }\n` };

  test("must compile for a Swarm without a word", () => {
    const { value, said } = compile(files, "swarm");
    expect(said).toEqual([]);
    expect(value?.workloads.map(({ key, cluster }) => [key, cluster])).toEqual([
      ["shop/agent", { mode: "global" }],
      [
        "shop/api",
        {
          placement: { constraints: ["node.role==worker"], spread: [], maxReplicasPerNode: 1 },
          update: { failureAction: "pause" },
        },
      ],
      [
        "web",
        {
          placement: {
            constraints: ["node.labels.disk==ssd"],
            spread: [],
            maxReplicasPerNode: 1,
            keepsApart: true,
          },
          conflicts: ["web@*.service"],
        },
      ],
    ]);
  });

  test("must compile for an Engine, which says what has no effect there", () => {
    const { value, diagnostics, said } = compile(files, "engine");
    expect(said).toEqual([
      "units/shop.compose.yaml:6:7 swarm-only services.api.deploy.placement has a meaning only on a Swarm",
      'units/shop.compose.yaml:7:40 swarm-only services.api.deploy.update_config.failure_action "pause" has a meaning only on a Swarm',
      "units/web@.service.hbs:5:1 fleet-unchecked MachineMetadata= is not checked on an Engine: the unit runs here whatever the machine is",
    ]);
    expect(diagnostics.map(({ severity }) => severity)).toEqual(["warning", "warning", "warning"]);
    const onSwarm = compile(files, "swarm").value?.workloads;
    expect(value?.workloads.map(({ key }) => key)).toEqual(["shop/agent", "shop/api", "web@1"]);
    expect(value?.workloads.map(({ container }) => container)).toEqual(
      onSwarm?.map(({ container }) => container),
    );
    expect(value?.workloads.map(({ cluster }) => cluster)).toEqual(onSwarm?.map(({ cluster }) => cluster));
  });

  test("must pass Swarm's own expressions on", () => {
    const { value } = compile(files, "swarm");
    const web = value?.workloads.find(({ origin }) => origin.file === "units/web@.service.hbs");
    expect(web?.container.environment).toEqual({ SLOT: "{{.Task.Slot}}", NODE: "{{.Node.Hostname}}" });
  });

  test("must tell of conflicts at their place in the template", () => {
    const two = { ...files, "mysysconfig.yaml": `${settings()}instances: { web: [1, 2] }\n` };
    expect(compile(two, "engine").said).toContainEqual(
      expect.stringMatching(
        /^units\/web@\.service\.hbs:4:11 unit-conflict "web@1\.service" must not run beside/,
      ),
    );
    expect(compile(two, "swarm").said).toEqual([]);
  });
});
