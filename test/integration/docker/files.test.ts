import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connectEngine } from "../../../src/docker/engine-backend.ts";
import type { FileSet } from "../../../src/model/file-set.ts";
import { labelKeys } from "../../../src/model/ownership.ts";
import { makeFileSet } from "../../../src/model/repository-files.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { type Lab, never, openLab, origin } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab("fi");
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  for (const volume of await lab.behind.volumes("mysysconfig-fi-"))
    await lab.behind.api.call("DELETE", `/volumes/${volume}`);
});

function fileSet(content: string): FileSet {
  const bytes = new TextEncoder().encode(content);
  return makeFileSet(lab.owner, [
    { path: "prometheus.yml", mode: 0o444, uid: 0, gid: 0, content: bytes },
    {
      path: "bin/run.sh",
      mode: 0o555,
      uid: 0,
      gid: 0,
      content: new TextEncoder().encode("#!/bin/sh\necho ran\n"),
    },
    { path: "deep/er/secret.txt", mode: 0o400, uid: 1000, gid: 1000, content: bytes },
    { path: "empty", mode: 0o444, uid: 0, gid: 0, content: new Uint8Array() },
    { path: "binary", mode: 0o444, uid: 0, gid: 0, content: new Uint8Array([0, 255, 10, 13, 0]) },
  ]);
}

const deliver = (set: FileSet, backend = lab.backend) =>
  lab.execute(
    "create-files",
    { fileSet: set, labels: { ...lab.objectLabels(), [labelKeys.content]: "files" } },
    never,
    backend,
  );

async function run(name: string, set: FileSet, command: string, user?: string): Promise<string> {
  const id = await lab.create(name, {
    ...(user === undefined ? {} : { user }),
    command: ["/bin/sh", "-c", command],
    readOnlyRootfs: true,
    mounts: [
      { kind: "files", fileSet: set.name, target: "/conf" },
      { kind: "files", fileSet: set.name, path: "prometheus.yml", target: "/etc/prometheus.yml" },
      { kind: "files", fileSet: set.name, path: "deep/er/secret.txt", target: "/etc/secret" },
    ],
  });
  await lab.start(id);
  await lab.behind.waitForExit(id);
  return await lab.behind.logs(id);
}

describe("files of the repository", () => {
  test("must arrive with content, modes and owners, as a folder and as single files, read-only", async () => {
    const set = fileSet("scrape: äöü\n");
    await deliver(set);
    const said = await run(
      "fi-reads",
      set,
      "cat /conf/prometheus.yml /etc/prometheus.yml; /conf/bin/run.sh; stat -c '%a %u:%g %n' /conf /conf/bin /conf/prometheus.yml /etc/secret; wc -c < /conf/empty; wc -c < /conf/binary; echo x > /conf/new || echo refused; echo x > /etc/prometheus.yml || echo refused",
    );
    expect(said.replace(/\/bin\/sh: .*\n/g, "")).toBe(
      "scrape: äöü\nscrape: äöü\nran\n755 0:0 /conf\n755 0:0 /conf/bin\n444 0:0 /conf/prometheus.yml\n400 1000:1000 /etc/secret\n0\n5\nrefused\nrefused\n",
    );
  });

  test("must be readable for an unprivileged user exactly as their modes say", async () => {
    const set = fileSet("private");
    await deliver(set);
    expect(await run("fi-user", set, "cat /etc/secret; cat /conf/prometheus.yml", "1000:1000")).toBe(
      "privateprivate",
    );
    const denied = await run("fi-nobody", set, "cat /etc/secret || echo denied", "65534:65534");
    expect(denied).toContain("denied");
  });

  test("must come back from the Engine as what was declared", async () => {
    const set = fileSet("seen again");
    await deliver(set);
    const mounts = [
      { kind: "files", fileSet: set.name, target: "/conf" },
      { kind: "files", fileSet: set.name, path: "deep/er/secret.txt", target: "/etc/secret" },
    ] as const;
    const id = await lab.create("fi-seen", { mounts });
    expect((await lab.observed(id)).spec.mounts).toEqual(mounts);
  });

  test("must be delivered once, and leave no helper behind", async () => {
    const set = fileSet("once");
    await deliver(set);
    const [first] = await createdAt(set);
    await deliver(set);
    expect(await createdAt(set)).toEqual([first]);
    expect(await lab.behind.inspect(`${set.name}-fill`)).toBeUndefined();
    const { volumes, containers } = await lab.backend.observe(lab.scope(), never);
    expect(volumes.find((volume) => volume.name === set.name)).toMatchObject({
      holdsFiles: true,
      ownership: { kind: "owned" },
    });
    expect(containers.filter((container) => container.name.includes(set.name))).toEqual([]);
  });

  test("must be delivered again when an earlier delivery was interrupted before it was complete", async () => {
    const set = fileSet("interrupted");
    await using proxy = await startCuttingProxy(lab.provided.socket, `/tmp/fi-${process.pid}.sock`);
    proxy.cut(/^PUT /, "reset");
    const backend = await connectEngine({ host: proxy.host }, never);
    await expect(deliver(set, backend)).rejects.toMatchObject({ code: "engine-unreachable" });
    await backend.close();
    expect(await lab.behind.inspect(`${set.name}-fill`)).toBeDefined();
    const { containers } = await lab.backend.observe(lab.scope(), never);
    expect(containers.map((container) => container.name)).not.toContain(`${set.name}-fill`);
    await deliver(set);
    expect(await lab.behind.inspect(`${set.name}-fill`)).toBeUndefined();
    expect(await run("fi-healed", set, "cat /conf/prometheus.yml")).toBe("interrupted");
  });

  test("must fill a volume of that name which somebody else made empty", async () => {
    const set = fileSet("stolen name");
    await lab.behind.api.call("POST", "/volumes/create", { json: { Name: set.name } });
    await deliver(set);
    expect(await run("fi-stolen", set, "cat /conf/prometheus.yml")).toBe("stolen name");
  });

  test("must be removable with a helper that was left, refused while in use, and gone is gone", async () => {
    const set = fileSet("removed");
    await deliver(set);
    const id = await lab.create("fi-holds", {
      mounts: [{ kind: "files", fileSet: set.name, target: "/conf" }],
    });
    await expect(lab.execute("remove-files", { volume: set.name })).rejects.toMatchObject({
      code: "engine-conflict",
    });
    await lab.behind.remove(id);
    await lab.execute("remove-files", { volume: set.name });
    await lab.execute("remove-files", { volume: set.name });
    expect(await lab.behind.volumes(set.name)).toEqual([]);
  });

  async function createdAt(set: FileSet): Promise<string[]> {
    return [(await lab.inspect<{ CreatedAt: string }>(`/volumes/${set.name}`)).CreatedAt];
  }
});

describe("volumes", () => {
  const volume = {
    name: "fi-data",
    external: false,
    driverOptions: {},
    labels: { "org.example": "1" },
    origin,
  };

  test("must be created once, with labels, and never be taken for another's", async () => {
    const labels = lab.objectLabels();
    await lab.execute("create-volume", { volume, labels });
    await lab.execute("create-volume", { volume, labels });
    const { volumes } = await lab.backend.observe(lab.scope(), never);
    expect(volumes.find((live) => live.name === "fi-data")).toMatchObject({
      ownership: { kind: "owned" },
      driver: "local",
      driverOptions: {},
      labels: { "org.example": "1" },
      holdsFiles: false,
    });
    const other = { ...volume, driverOptions: { type: "tmpfs", device: "tmpfs" } };
    await expect(lab.execute("create-volume", { volume: other, labels })).rejects.toMatchObject({
      code: "engine-conflict",
    });
    await lab.behind.api.call("DELETE", "/volumes/fi-data");
  });

  test("must refuse a part of a volume where the Engine would mount all of it", async () => {
    const mounts = [
      { kind: "volume", volume: "fi-part", target: "/x", readOnly: true, subpath: "a" },
    ] as const;
    const minor = Number(inject("engine").apiVersion.split(".")[1]);
    const outcome = await lab.create("fi-part", { mounts }).catch((error: unknown) => error);
    if (minor >= 45) expect(typeof outcome).toBe("string");
    else expect(outcome).toMatchObject({ code: "engine-unsupported" });
  });
});
