import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type OracleAnswer, readRecorded } from "../../swarm/oracle-recorder.ts";
import type { OracleCase } from "./oracle-case.ts";
import { commandCases } from "./oracle-commands.ts";
import { comparableAnswers, type OurAnswer, ourCommand, ourStack } from "./oracle-compare.ts";
import { permittedDifferences, permittedOutcomes } from "./oracle-permitted.ts";
import { allStackCases, commandId, oracleRequests, stackId } from "./oracle-requests.ts";

/**
 * What our services are made of is compared with what the docker client 28.5 sends for the same declaration. Its answers
 * are recorded; `test/swarm/oracle-live.test.ts` tells whether it still says the same, and records it anew.
 */
const recorded = readRecorded(readFileSync(join(import.meta.dirname, "recorded.jsonl"), "utf8"));

const counts = { same: 0, refused: 0, permitted: 0, tried: 0 };
const used = new Set<string>();
const outcomes = new Set<string>();

function check(oracle: OracleCase, docker: OracleAnswer | undefined, ours: OurAnswer): void {
  counts.tried += 1;
  expect(docker, "not recorded: see test/swarm/oracle-live.test.ts").toBeDefined();
  if (docker === undefined) return;
  if (oracle.differs !== undefined) {
    const expected = permittedOutcomes[oracle.differs]?.expected;
    outcomes.add(oracle.differs);
    const isOurs = ours.refused !== undefined;
    const said = isOurs ? "we refuse" : docker.refused === undefined ? "both take it" : "docker refuses";
    expect(said, ours.refused ?? docker.refused).toBe(expected);
    if (said === "both take it") {
      const sides = comparableAnswers(docker, ours, used);
      expect(sides.ours, "no difference is left: remove it from the table").not.toEqual(sides.docker);
    }
    counts.permitted += 1;
    return;
  }
  if (docker.refused !== undefined || ours.refused !== undefined) {
    expect({ ours: ours.refused ?? "taken", docker: docker.refused ?? "taken" }).toEqual({
      ours: expect.not.stringMatching(/^taken$/),
      docker: expect.not.stringMatching(/^taken$/),
    });
    counts.refused += 1;
    return;
  }
  const sides = comparableAnswers(docker, ours, used);
  expect(sides.ours).toEqual(sides.docker);
  counts.same += 1;
}

describe("a stack becomes the services that docker stack deploy makes of it", () => {
  test.each(allStackCases)("$name", (stack) => {
    check(stack, recorded.get(stackId(stack.name)), ourStack(stack));
  });
});

describe("a unit becomes the service that docker service create makes of the same flags", () => {
  test.each(commandCases)("$name", (command) => {
    check(command, recorded.get(commandId(command.name)), ourCommand(command));
  });
});

test("every permitted difference is met, and each case is recorded once", () => {
  expect(permittedDifferences.filter(({ id }) => !used.has(id)).map(({ id }) => id)).toEqual([]);
  expect(Object.keys(permittedOutcomes).filter((key) => !outcomes.has(key))).toEqual([]);
  expect([...recorded.keys()].sort()).toEqual(oracleRequests.map(({ name }) => name).sort());
});

afterAll(() => {
  const { same, refused, permitted, tried } = counts;
  const passed = same + refused + permitted;
  const rate = ((passed / Math.max(tried, 1)) * 100).toFixed(1);
  console.log(
    `docker client as oracle: ${passed} of ${tried} cases pass (${rate} %): ${same} bodies equal, ${refused} refused by both, ${permitted} different for a reason`,
  );
});
