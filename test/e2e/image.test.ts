/** The image of this repository, built by its own Dockerfile and run as on a server. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject } from "vitest";
import { ensureExampleImages } from "../../deploy/lab/example-images.ts";
import { buildProjectImage } from "../../deploy/lab/project-image.ts";
import { test } from "../support/scenario.ts";
import { createTempRepository } from "../support/temp-repository.ts";
import { compose, unit } from "../support/texts.ts";
import { closeSocket, endOfImage, runImage, socketGroup, startImage } from "./run-image.ts";

test("the image must bring the example system up, and then have nothing to do", async ({ system }) => {
  const { step, engine, proxy } = system;
  const { image } = inject("project");
  await closeSocket(system);
  await ensureExampleImages(engine.api, () => {});
  try {
    const validated = await step("validate needs no Engine", () =>
      runImage(system, image, ["validate"], { socket: null }),
    );
    expect(validated).toMatchObject({ exitCode: 0, stderr: "" });
    const planned = await step("plan says what is pending", () => runImage(system, image, ["plan"]));
    expect(planned.exitCode).toBe(2);
    expect(planned.stdout).toMatch(/^develop @ 0123456 "A change" {2}→ {2}Engine \d+\.\d+/);
    const applied = await step("a run without arguments applies", () => runImage(system, image, []));
    const owned = await engine.inspectAll("mysysconfig.project=example");
    expect(owned.map(({ Name, State }) => `${Name} ${State.Status}`)).toEqual([
      // Armed: it waits for its time.
      "/backup created",
      "/myservice running",
      "/mysysconfig-state-example-develop created",
      "/proxy running",
      "/shop-api-1 running",
      "/shop-db-1 running",
      "/shop-migrate-1 exited",
      "/web running",
      "/worker-1 running",
      "/worker-2 running",
    ]);
    expect(applied.exitCode).toBe(0);
    expect(applied.stdout).toMatch(/^Converged: /m);
    expect(await system.request("http://127.0.0.1:3000/")).toContain("myservice 58-develop");
    await step("the proxy reads its file of the repository and reaches its neighbours", async () => {
      const [{ NetworkSettings } = {}] = owned.filter(({ Name }) => Name === "/proxy");
      const address = NetworkSettings?.Networks["front"]?.IPAddress;
      expect(await system.request(`http://${address}/`)).toContain(
        "hello from develop: Example system: web 58-develop",
      );
    });
    proxy.forget();
    const again = await step("a second run does nothing", () => runImage(system, image, []));
    expect(proxy.mutations()).toEqual([]);
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toMatch(/^Nothing to do/m);
    const shown = await runImage(system, image, ["show", "myservice", "--as", "engine"], { socket: null });
    expect(JSON.parse(shown.stdout)).toMatchObject({ myservice: { Image: "myrepo/myservice:58-develop" } });
  } finally {
    for (const { Id } of await engine.inspectAll("mysysconfig.project=example")) await engine.remove(Id);
  }
});

test("the program must run without privileges, with the socket's group alone", async ({ system }) => {
  const { step, engine, proxy } = system;
  const { image } = inject("project");
  await closeSocket(system);
  const asked = proxy.seen(/_ping|version/);
  const release = proxy.hold(/_ping|version/);
  const id = await step("a run waits for the Engine's first answer", () =>
    startImage(system, image, ["plan"]),
  );
  await asked;
  const { output } = await engine.exec(id, ["cat", "/proc/1/status"]);
  release();
  await endOfImage(engine, id);
  const status = Object.fromEntries(
    output.split("\n").map((line) => [line.replace(/:.*/, ""), line.replace(/^\w+:\s*/, "").trim()]),
  );
  expect(status["Name"]).toMatch(/^node|^MainThread/);
  expect(status["Uid"]).toBe("65534\t65534\t65534\t65534");
  expect(status["Gid"]).toBe("65534\t65534\t65534\t65534");
  expect(status["Groups"]).toBe(String(socketGroup));
  expect(status["NoNewPrivs"]).toBe("1");
  for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
    expect(`${set} ${status[set]}`).toBe(`${set} 0000000000000000`);
  }
});

test("the image must also run as any given user", async ({ system }) => {
  const { step } = system;
  const { image } = inject("project");
  await closeSocket(system);
  const groups = [String(socketGroup)];
  const allowed = await step("a user in the socket's group may plan", () =>
    runImage(system, image, ["plan"], { user: "12345:12345", groups }),
  );
  expect({ exitCode: allowed.exitCode, stderr: allowed.stderr }).toEqual({ exitCode: 2, stderr: "" });
  const denied = await step("a user outside of it is told why not", () =>
    runImage(system, image, ["plan"], { user: "12345:12345" }),
  );
  expect(denied.exitCode).toBe(5);
  expect(denied.stderr).toMatch(/permission denied|EACCES/);
  expect(denied.stderr).toMatch(/group/);
});

test("credentials of Git that only root can read must reach the program", async ({ system }) => {
  const { image } = inject("project");
  const path = join(system.options.sharedDir, `${system.p}token`);
  await writeFile(path, "tok3n\n", { mode: 0o400 });
  const options = {
    socket: null,
    volumes: [`${path}:/run/git-token:ro`],
    environment: { MYSYSCONFIG_GIT_TOKEN_FILE: "/run/git-token" },
  };
  // Nobody listens there: what counts is that the token could be read before anybody was asked.
  const args = ["validate", "--repo", "https://127.0.0.1:1/config.git", "--branch", "develop"];
  const run = await runImage(system, image, args, options);
  expect(run.stderr).not.toContain("tok3n");
  expect(run.stderr).toContain("https://127.0.0.1:1/config.git");
  expect(run.exitCode).toBe(5);
  const asUser = await runImage(system, image, args, { ...options, user: "12345:12345" });
  expect(asUser.exitCode).toBe(64);
  expect(asUser.stderr).toContain("MYSYSCONFIG_GIT_TOKEN_FILE=/run/git-token: EACCES");
});

test("a run without a socket must exit 5 and say how to mount it", async ({ system }) => {
  const run = await runImage(system, inject("project").image, [], { socket: null });
  expect(run.exitCode).toBe(5);
  expect(run.stderr).toContain("-v /var/run/docker.sock:/var/run/docker.sock");
});

test("another repository must need no more than FROM and three COPY lines", async ({ system }) => {
  const { step, p, engine } = system;
  const { tool } = inject("project");
  await closeSocket(system);
  await using other = await createTempRepository({
    Dockerfile: [
      `FROM ${tool}`,
      "COPY units units",
      "COPY templates templates",
      "COPY mysysconfig.yaml mysysconfig.yaml",
      "",
    ].join("\n"),
    "mysysconfig.yaml": `project: ${p}project\npolicy: {stability: 300ms, retention: 0s}\nvalues: {colour: blue}\n`,
    "templates/common.hbs": "Restart=always\nTimeoutStopSec=2\n",
    [`units/${p}web.service.hbs`]:
      "[Service]\n{{> common}}\nExecStart=/usr/bin/docker run -v ./app.conf:/etc/app.conf:ro lab/idle:1\n",
    "units/app.conf.hbs": "colour {{colour}} on {{environment}}\n",
    [`units/${p}api.service`]: unit("--read-only -u 1000:1000 -v ./static:/srv/static:ro lab/idle:1"),
    "units/static/index.html": "<p>hello</p>\n",
    [`units/${p}shop.compose.yaml`]: compose({
      services: { db: { image: "lab/db:12", configs: ["settings"], volumes: ["data:/var/lib/db"] } },
      configs: { settings: { file: "./app.conf" } },
      volumes: { data: {} },
    }),
  });
  const image = `${p}other:112-develop`;
  const buildArgs = { BRANCH: "develop", REVISION: "fedcba9876543210" };
  await step("it is built from its own folder", () =>
    buildProjectImage(engine.api, { reference: image, baseImage: tool, contextDir: other.dir, buildArgs }),
  );
  const applied = await step("its image is run", () => runImage(system, image, []));
  const read = async (name: string, path: string) => (await engine.exec(`${p}${name}`, ["cat", path])).output;
  expect(await read("web", "/etc/app.conf")).toBe("colour blue on develop\n");
  expect(await read("api", "/srv/static/index.html")).toBe("<p>hello</p>\n");
  expect(await read("shop-db-1", "/settings")).toBe("colour blue on develop\n");
  expect((await system.container("web")).Config.Labels["mysysconfig.revision"]).toContain("fedcba9");
  expect(applied.exitCode).toBe(0);
  const again = await step("a second run does nothing", () => runImage(system, image, []));
  expect(again.stdout).toMatch(/^Nothing to do/m);
  await engine.api.call("DELETE", `/images/${image}`, { query: { force: "1" } });
});
