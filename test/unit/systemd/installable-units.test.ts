import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { installableUnits } from "../../../src/desired/installable-units.ts";
import { treeOf } from "../render/support.ts";
import { acceptedLines, unitEnvironment } from "../unit/shell-lines.ts";
import { askSystemd, complaintsOf } from "./oracle.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const nothing: ReadonlyMap<string, string> = new Map();

function unitsOf(files: Readonly<Record<string, string>>) {
  const { value, rendered, diagnostics } = compileDesiredState(
    treeOf(files),
    { id: "3f2c1ab", branch: "develop" },
    { variables: nothing, mountedValues: nothing, secrets: nothing },
    { allowMissingSecrets: true, hostName: "prod-1" },
  );
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (value === undefined) throw new Error("does not compile");
  const units = installableUnits(value.workloads, value, rendered);
  return Object.fromEntries(units.map(({ name, text }) => [name, text]));
}

function ownConfiguration(): Readonly<Record<string, string>> {
  const folders = ["units", "templates", "templates/partials"];
  const paths = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [`${folder}/${entry.name}`] : [],
    ),
  );
  return Object.fromEntries(
    ["mysysconfig.yaml", ...paths].map((path) => [path, readFileSync(join(root, path), "utf8")]),
  );
}

describe("units to install", () => {
  test("must be accepted by systemd without a word: those of this repository", () => {
    const units = unitsOf(ownConfiguration());
    expect(Object.keys(units)).toContain("worker@1.service");
    expect(Object.keys(units)).toContain("shop-api-1.service");
    expect(complaintsOf(units, Object.keys(units))).toBe("");
  });

  test("must be accepted by systemd with drop-ins, instances, files and every kind of value", () => {
    const units = unitsOf({
      "mysysconfig.yaml": "instances: {worker: [a, b-c]}\nvalues: {level: debug}\n",
      "units/worker@.service.hbs":
        "[Unit]\nDescription=%i\nAfter=front.service\n[Service]\nEnvironmentFile=./a.env\nExecStart=/usr/bin/docker run -e A -e LEVEL={{level}} busybox:1\n[X-Update]\nOrder=stop-first\n",
      "units/worker@b-c.service.d/a.conf": "[Service]\nRestart=always\nTimeoutStopSec=5\n",
      "units/front.service": "[Service]\nType=oneshot\nExecStart=/usr/bin/docker run busybox:1\n",
      "units/a.env": "A='x \"y\" $Z 5%'\n",
      "units/s.compose.yaml": `services:
  web:
    image: busybox:1
    command: ["sh", "-c", "echo \\"$$HOME\\" 100% \\\\ 'x'"]
    environment: { A: "x y", B: "5%", C: "a$$b", D: "" }
    labels: { a.b: "c \\"d\\"" }
    volumes: [data:/data, ./a.env:/a.env:ro]
    healthcheck: { test: ["CMD", "test", "-e", "a b"], interval: 5s }
    deploy: { replicas: 2 }
    restart: on-failure:3
volumes: { data: {} }
`,
    });
    expect(Object.keys(units)).toEqual([
      "front.service",
      "s-web-1.service",
      "s-web-2.service",
      "worker@a.service",
      "worker@b-c.service",
    ]);
    expect(complaintsOf(units, Object.keys(units))).toBe("");
    const loaded = askSystemd(units, Object.keys(units));
    expect(loaded.get("worker@b-c.service")?.facts.get("Restart")).toEqual(["always"]);
    expect(loaded.get("worker@a.service")?.facts.get("Environment")).toEqual(['A=x "y" $Z 5%']);
    const words = loaded.get("s-web-2.service")?.commands.get("ExecStart")?.[0]?.slice(-3);
    // What stands for a dollar sign is resolved when the command is started.
    expect(words).toEqual(["sh", "-c", "echo \"$$HOME\" 100% \\ 'x'"]);
  });

  test("must be complained about when something is wrong with them", () => {
    expect(complaintsOf({ "a.service": "[Service]\nExecStrat=/usr/bin/docker\n" }, ["a.service"])).toContain(
      "ExecStrat",
    );
  });
});

test("lines of the shell that are read must be good lines of systemd", () => {
  const files = Object.fromEntries(
    acceptedLines.map(({ line }, index) => {
      const text = `[Service]\n${unitEnvironment}ExecStart=${line}\n`;
      return [`web@${index}.service`, text] as const;
    }),
  );
  const names = Object.keys(files);
  const loaded = askSystemd(files, names);
  for (const name of names) {
    expect([name, loaded.get(name)?.commands.get("ExecStart")?.length]).toEqual([name, 1]);
  }
});
