import { defineConfig } from "vitest/config";

/** A tier with a private Engine of its own, started before its first test and ended after its last one. */
function engineProject(
  name: string,
  include: readonly string[],
  globalSetup: readonly string[],
  workers: number,
) {
  return {
    extends: true as const,
    test: {
      name,
      include: [...include],
      globalSetup: ["test/lab/global-setup.ts", ...globalSetup],
      // Real containers take their time, several times as long when the machine is busy.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      // Tests wait for containers more than they compute, so there are more workers than cores.
      maxWorkers: workers,
    },
  };
}

const integration = (name: string) =>
  engineProject(name, ["test/integration/**/*.test.ts"], ["test/support/scenario-images.ts"], 3);

function swarmProject(name: string, include: string) {
  return {
    extends: true as const,
    test: {
      name,
      include: [include],
      // A Swarm takes half a minute to agree on a leader, and tests lose it more than once.
      testTimeout: 600_000,
      hookTimeout: 300_000,
      // One file at a time: each has an Engine for every node.
      maxWorkers: 1,
    },
  };
}

export default defineConfig({
  test: {
    expect: { requireAssertions: true },
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          setupFiles: ["test/support/seed.ts"],
          // Property tests compute for seconds; on a busy machine for many.
          testTimeout: 60_000,
          include: ["test/unit/**/*.test.ts", "test/golden/*.test.ts", "test/architecture.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "integration-registry",
          include: ["test/registry/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "integration-git",
          include: ["test/integration-git/**/*.test.ts"],
          globalSetup: ["test/integration-git/setup.ts"],
          // Real servers and fifty contenders on a busy machine.
          testTimeout: 600_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
        },
      },
      integration("integration-20"),
      integration("integration-28"),
      engineProject(
        "e2e",
        ["test/e2e/**/*.test.ts"],
        ["test/support/scenario-images.ts", "test/e2e/project-image.ts"],
        2,
      ),
      engineProject("docker-client", ["test/docker-client/**/*.test.ts"], [], 1),
      swarmProject("swarm", "test/swarm/**/*.test.ts"),
      swarmProject("swarm-short", "test/swarm-short/**/*.test.ts"),
    ],
  },
});
