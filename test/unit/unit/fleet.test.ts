import { describe, expect, test } from "vitest";
import { compileTimer } from "../../../src/unit/compile-timer.ts";
import { fleetDirectives } from "../../../src/unit/fleet-directives.ts";
import { findingsOf, makeContext, type TestInput, underlinedIn, unitWith, workloadOf } from "./support.ts";

const swarm: TestInput = { target: "swarm" };
const instance: TestInput = { path: "units/web@.service", instance: "1" };
const swarmInstance: TestInput = { ...instance, ...swarm };

/** A unit whose [X-Fleet] begins in line 4. */
function unit(fleet: string, service = ""): string {
  return `${unitWith("-e A=1", service)}[X-Fleet]\n${fleet}\n`;
}

describe("machines", () => {
  test.for([
    ["MachineMetadata=disk=ssd", ["node.labels.disk==ssd"]],
    ["X-ConditionMachineMetadata=disk=ssd", ["node.labels.disk==ssd"]],
    [
      'MachineMetadata="disk=ssd" "region=us-east-1"',
      ["node.labels.disk==ssd", "node.labels.region==us-east-1"],
    ],
    ["MachineMetadata=disk=ssd region=eu", ["node.labels.disk==ssd", "node.labels.region==eu"]],
    [
      "MachineMetadata=disk=ssd\nMachineMetadata=region=eu",
      ["node.labels.disk==ssd", "node.labels.region==eu"],
    ],
    ["MachineMetadata=disk=ssd\nMachineMetadata=disk=ssd", ["node.labels.disk==ssd"]],
    ["MachineMetadata=disk=hdd\nMachineMetadata=\nMachineMetadata=disk=ssd", ["node.labels.disk==ssd"]],
    ["MachineMetadata=unit=%p", ["node.labels.unit==web"]],
    ["MachineID=w7xu2ql4s5lvufq8xzdsb4i6m", ["node.id==w7xu2ql4s5lvufq8xzdsb4i6m"]],
    ["X-ConditionMachineID=w7xu2ql4s5lvufq8xzdsb4i6m", ["node.id==w7xu2ql4s5lvufq8xzdsb4i6m"]],
  ] as const)("must be chosen by the nodes' labels: %s", ([fleet, constraints]) => {
    const text = unit(fleet);
    const placement = { constraints, spread: [] };
    expect(findingsOf(text, swarm)).toEqual([]);
    expect(workloadOf(text, swarm).cluster).toEqual({ placement });
    expect(workloadOf(text, swarm).positions["cluster.placement"]?.line).toBeGreaterThan(3);
    expect(workloadOf(text).cluster).toEqual({ placement });
    expect(findingsOf(text)).toEqual([
      expect.stringMatching(/^warning [46]:1 \S+= is not checked on an Engine: the unit runs here whatever/),
    ]);
  });

  test("must not be one or another on a Swarm, whose constraints must all hold", () => {
    const text = unit("MachineMetadata=disk=ssd\nMachineMetadata=region=us-east-1 region=us-west-1");
    expect(findingsOf(text, swarm)).toEqual([
      'error 5:34 MachineMetadata= means region=us-east-1 or region=us-west-1, but a Swarm has no "or": all constraints must hold | give those nodes a label of their own (docker node update --label-add region-any=true NODE) and write MachineMetadata=region-any=true',
    ]);
    expect(underlinedIn(text, swarm)).toEqual(["region=us-west-1"]);
    expect(workloadOf(text).cluster).toEqual({
      placement: { constraints: ["node.labels.disk==ssd"], spread: [] },
    });
  });

  test.for([
    [
      "MachineID=148a18ff6e95471a8a9cd9af7f1d2f4e",
      "4:11",
      "is the ID of a machine",
      "MachineMetadata=NAME=VALUE",
    ],
    ["X-ConditionMachineBootID=x", "4:26", "is the ID of a boot", "MachineMetadata=NAME=VALUE"],
    [
      "MachineOf=%p-data.service",
      "4:11",
      "MachineOf=web-data.service has no counterpart on a Swarm",
      "in both units",
    ],
    ["X-ConditionMachineOf=db.service", "4:22", "has no counterpart on a Swarm", "in both units"],
    ["MachineMetadata=disk=a,b", "4:17", "cannot be a label of a node", "use letters"],
  ] as const)("must be known to the Swarm: %s", ([fleet, place, message, hint]) => {
    const [finding, ...others] = findingsOf(unit(fleet), swarm);
    expect(others).toEqual([]);
    expect(finding).toMatch(new RegExp(`^error ${place} `));
    expect(finding).toContain(message);
    expect(finding?.split(" | ")[1]).toContain(hint);
  });

  test("must be any on an Engine, which is where everything is", () => {
    expect(findingsOf(unit("MachineOf=db.service\nGlobal=false\nConflicts=db@*"))).toEqual([]);
  });

  test.for([
    ["MachineMetadata=ssd", 'error 4:17 MachineMetadata= cannot be "ssd" | write key=value'],
    ["MachineMetadata=a=b=c", 'error 4:17 MachineMetadata= cannot be "a=b=c" | write key=value'],
    [
      "MachineID=a\nMachineID=b",
      "error 5:11 MachineID= is given twice, and a machine has one ID | write one of them",
    ],
    [
      "MachineMetadat=a=b",
      'error 4:1 unknown directive "MachineMetadat=" in [X-Fleet] | did you mean "MachineMetadata"?',
    ],
    ["Global=perhaps", 'error 4:8 Global= cannot be "perhaps" | write true or false'],
    ["Conflicts=db[", "error 4:11 Conflicts=db[ is no pattern | close the [ of it"],
    ["Conflicts=%q", 'error 4:11 specifier "%q" is not supported'],
  ] as const)("must be written as fleet reads them: %s", ([fleet, finding]) => {
    expect(findingsOf(unit(fleet))).toContainEqual(expect.stringContaining(finding));
  });
});

describe("a global unit", () => {
  test("must be on every node, a job as well", () => {
    for (const target of ["engine", "swarm"] as const) {
      expect(findingsOf(unit("Global=true"), { target })).toEqual([]);
      expect(workloadOf(unit("Global=true"), { target })).toMatchObject({
        cluster: { mode: "global" },
        containerNames: ["web"],
        positions: { "cluster.mode": { line: 4, column: 8 } },
      });
      const job = workloadOf(unit("Global=yes", "Type=oneshot\n"), { target });
      expect(job).toMatchObject({ kind: "job", cluster: { mode: "global-job" } });
    }
    expect(workloadOf(unit("Global=true\nGlobal=no"))).not.toHaveProperty("cluster");
  });

  test("must be on the nodes that fit, without a limit that Swarm refuses", () => {
    const text = unit("Global=true\nMachineMetadata=disk=ssd\nConflicts=web@*.service");
    expect(workloadOf(text, swarmInstance).cluster).toEqual({
      mode: "global",
      placement: { constraints: ["node.labels.disk==ssd"], spread: [] },
      conflicts: ["web@*.service"],
    });
  });
});

describe("what fleet refuses", () => {
  test.for([
    ["Global=true\nMachineID=x", "5:1", "MachineID= cannot stand beside Global="],
    [
      "Global=true\nX-ConditionMachineBootID=x",
      "5:1",
      "X-ConditionMachineBootID= cannot stand beside Global=",
    ],
    ["MachineOf=db.service\nGlobal=true", "4:1", "MachineOf= cannot stand beside Global="],
    ["Global=true\nReplaces=db.service", "5:1", "Replaces= cannot stand beside Global="],
    ["MachineID=x\nMachineOf=db.service", "5:1", "MachineOf= cannot stand beside MachineID="],
    ["MachineID=x\nX-Conflicts=db.service", "5:1", "X-Conflicts= cannot stand beside MachineID="],
    ["Conflicts=a.service\nReplaces=db.service", "5:1", "Replaces= cannot stand beside Conflicts="],
    [
      "Conflicts=db*\nMachineOf=db.service",
      "5:11",
      "MachineOf=db.service asks for what Conflicts=db* rules out",
    ],
  ] as const)("must be an error on both targets: %s", ([fleet, place, message]) => {
    for (const target of ["engine", "swarm"] as const) {
      const found = findingsOf(unit(fleet), { target });
      expect(found).toContainEqual(expect.stringMatching(new RegExp(`^error ${place} `)));
      expect(found.join("\n")).toContain(message);
    }
  });

  test("must not be refused when it is not global", () => {
    expect(findingsOf(unit("Global=false\nMachineOf=db.service"))).toEqual([]);
  });
});

describe("units that keep apart", () => {
  const apart = { constraints: [], spread: [], maxReplicasPerNode: 1, keepsApart: true };

  test.for([
    "Conflicts=%p@*.service",
    "Conflicts=web@*",
    "X-Conflicts=web@*.service",
    "Conflicts=%p@.service",
    "Conflicts=%N*",
    "Conflicts=web@[0-9].service",
    "Conflicts=*",
    'Conflicts="web@?.service"',
  ])("must be one on each node of a Swarm: %s", (fleet) => {
    expect(findingsOf(unit(fleet), swarmInstance)).toEqual([]);
    expect(workloadOf(unit(fleet), swarmInstance)).toMatchObject({
      cluster: { placement: apart },
      positions: { "cluster.placement": { line: 4 } },
    });
    expect(findingsOf(unit(fleet), instance)).toEqual([]);
  });

  test("must be those of a plain unit, too", () => {
    const text = unit("X-Conflicts=apache.*.service");
    expect(workloadOf(text, { ...swarm, path: "units/apache.1.service" }).cluster).toEqual({
      placement: apart,
      conflicts: ["apache.*.service"],
    });
  });

  test.for([
    ["Conflicts=db@*", "4:11", "Conflicts=db@*"],
    ["Conflicts=web@*.service db@*", "4:25", "Conflicts=db@*"],
    ["Conflicts=web@2.service", "4:11", "Conflicts=web@2.service"],
    ["X-Conflicts=db.service", "4:13", "X-Conflicts=db.service"],
    ["Replaces=web@*", "4:10", "Replaces=web@*"],
  ] as const)("must be instances of one template on a Swarm: %s", ([fleet, place, what]) => {
    expect(findingsOf(unit(fleet), swarmInstance)).toEqual([
      `error ${place} ${what} has no counterpart on a Swarm, which keeps no two services apart | label the nodes (docker node update --label-add) and write MachineMetadata= with another value in each unit`,
    ]);
    expect(findingsOf(unit(fleet), instance)).toEqual([]);
  });

  test("must not be the unit itself", () => {
    expect(workloadOf(unit("Conflicts=%n web.service"), swarm)).not.toHaveProperty("cluster");
    expect(findingsOf(unit("Conflicts=%n"), swarmInstance)).toEqual([]);
  });

  test("must be told to the linker with the place of each pattern", () => {
    const { cluster, positions } = workloadOf(unit("Conflicts=%p@*.service db@*\nConflicts=cache"), instance);
    expect(cluster?.conflicts).toEqual(["web@*.service", "db@*", "cache"]);
    expect(positions).toMatchObject({
      "conflicts.web@*.service": { line: 4, column: 11, length: 12 },
      "conflicts.db@*": { line: 4, column: 24 },
      "conflicts.cache": { line: 5, column: 11 },
    });
    expect(workloadOf(unit("Replaces=db.service")).cluster).toEqual({ conflicts: ["db.service"] });
  });
});

describe("the section", () => {
  test("must be known with all spellings", () => {
    expect(Object.keys(fleetDirectives).sort()).toEqual([
      "Conflicts",
      "Global",
      "MachineID",
      "MachineMetadata",
      "MachineOf",
      "Replaces",
      "X-ConditionMachineBootID",
      "X-ConditionMachineID",
      "X-ConditionMachineMetadata",
      "X-ConditionMachineOf",
      "X-Conflicts",
    ]);
  });

  test("must have all its mistakes told with those of the rest of the unit", () => {
    const text = "[Service]\nExecStart=/usr/bin/x\n[X-Fleet]\nMachineMetadata=x\nGlobal=z\n";
    expect(findingsOf(text).map((finding) => finding.slice(0, 10))).toEqual([
      "error 2:11",
      "warning 4:",
      "error 4:17",
      "error 5:8 ",
    ]);
  });

  test("must be a warning in a timer, whose service says where it runs", () => {
    const text = "[Timer]\nOnCalendar=daily\n[X-Fleet]\nMachineOf=web.service\n";
    const { value, diagnostics } = compileTimer({ path: "units/web.timer", text }, makeContext(swarm));
    expect(value?.service).toBe("web");
    expect(diagnostics).toMatchObject([
      { severity: "warning", code: "fleet-section", position: { line: 3 } },
    ]);
  });

  test("must leave a unit alone that has none", () => {
    expect(workloadOf(unitWith("-e A=1"))).not.toHaveProperty("cluster");
  });
});

describe("FailureAction= of [X-Update]", () => {
  const text = (action: string) => `${unitWith("-e A=1")}[X-Update]\nFailureAction=${action}\n`;

  test.for(["rollback", "pause", "continue"] as const)("must be read for a Swarm: %s", (failureAction) => {
    expect(workloadOf(text(failureAction), swarm)).toMatchObject({
      cluster: { update: { failureAction } },
      positions: { "cluster.update": { line: 4, column: 15 } },
    });
    expect(findingsOf(text(failureAction), swarm)).toEqual([]);
  });

  test("must be a warning on an Engine unless it is what an Engine does", () => {
    expect(findingsOf(text("rollback"))).toEqual([]);
    expect(findingsOf(text("pause"))).toEqual([
      "warning 4:15 FailureAction=pause has a meaning only on a Swarm | on an Engine a failed replacement is rolled back",
    ]);
    expect(findingsOf(text("paus"))).toEqual([
      'error 4:15 FailureAction= cannot be "paus" | did you mean "pause"?',
    ]);
  });
});
