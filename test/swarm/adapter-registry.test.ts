/** Images of a cluster: their digests are asked of registries once, and nodes pull them with our credentials. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pushImage, type RunningRegistry, startRegistry } from "../../deploy/lab/registry.ts";
import { makeWorkloadImage } from "../../deploy/lab/workload-image.ts";
import { type ConnectedEngine, connectEngine } from "../../src/docker/engine-backend.ts";
import { labelKeys } from "../../src/model/ownership.ts";
import type { ServiceSpec } from "../../src/model/service-spec.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { never, openSwarmLab, type SwarmLab } from "./adapter-lab.ts";
import { releases } from "./releases.ts";

const credentials = { username: "ci", password: "s3cret-of-the-registry" };

describe.for(releases)("images of a Swarm on Docker Engine %s", (release) => {
  let lab: SwarmLab;
  let dir: string;
  let open: RunningRegistry;
  let locked: RunningRegistry;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "mysysconfig-digests-"));
    lab = await openSwarmLab(release);
    const engine = lab.cluster.manager();
    open = await startRegistry({ dir: join(dir, "open"), engine });
    locked = await startRegistry({ dir: join(dir, "locked"), engine, credentials });
  });
  afterAll(async () => {
    await open?.stop();
    await locked?.stop();
    await lab?.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** Another image each time, in the registry and not on the node. */
  async function published(registry: RunningRegistry, tag: string, content = tag): Promise<string> {
    const { api } = lab.cluster.manager();
    const local = `lab/published:${tag}`;
    await makeWorkloadImage(api, { reference: local, files: { "build.txt": content } });
    const reference = await pushImage(api, local, registry, registry === locked ? credentials : undefined);
    for (const name of [reference, local]) await api.call("DELETE", `/images/${name}`);
    return reference;
  }

  async function connectWith(auths: object): Promise<ConnectedEngine> {
    const configDir = await mkdtemp(join(dir, "config-"));
    await writeFile(join(configDir, "config.json"), JSON.stringify({ auths }));
    return await connectEngine({ host: `unix://${lab.socket}`, configDir }, never);
  }

  const serviceOf = (name: string, reference: string, digest: string | undefined): ServiceSpec =>
    lab.spec(name, {
      labels: { [labelKeys.image]: reference },
      container: { Image: digest === undefined ? reference : `${reference}@${digest}` },
    });
  const askedOf = (proxy: Awaited<ReturnType<typeof startRecordingProxy>>) =>
    proxy.calls().filter(({ path }) => path.startsWith("/distribution/")).length;

  test("case 124 must have a digest of the registry that stays with its service, whatever the tag names by now", async () => {
    const reference = await published(open, "1-develop");
    const proxy = await startRecordingProxy(lab.socket, "/tmp");
    const backend = await connectEngine({ host: proxy.host }, never);
    const images = new Set([reference, `${reference}@sha256:${"a".repeat(64)}`]);
    const { digests, digestProblems } = await lab.observe({ images }, backend);
    const digest = digests.get(reference);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect([digests.size, digestProblems.size, askedOf(proxy)]).toEqual([1, 0, 1]);

    const { id } = await lab.create(serviceOf("pinned", reference, digest));
    await lab.lookUntil(id, (look) => look.service?.tasks[0]?.state === "running");
    await published(open, "1-develop", "another build");
    proxy.forget();
    expect((await lab.observe({ images }, backend)).digests).toEqual(new Map([[reference, digest]]));
    expect(askedOf(proxy)).toBe(0);
    await backend.close();
    await proxy[Symbol.asyncDispose]();
  });

  test("case 124 must say why there is no digest, and go on: unknown, refused, away", async () => {
    const secret = await published(locked, "2-develop");
    const unknown = `${open.address}/lab/published:never`;
    const away = [1, 2, 3].map((number) => `127.0.0.1:1/lab/away-${number}:1`);
    const started = performance.now();
    const { digests, digestProblems } = await lab.observe({ images: new Set([secret, unknown, ...away]) });
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(digests.size).toBe(0);
    expect([...digestProblems.keys()]).toEqual([secret, unknown, ...away].sort());
    expect(digestProblems.get(secret)).toMatch(
      /^no digest of ".*": ask "127\.0\.0\.1:\d+": .*(unauthorized|no basic auth|denied)/,
    );
    expect(digestProblems.get(unknown)).toMatch(/manifest unknown|not found/);
    expect(digestProblems.get(away[2] ?? "")).toMatch(/connection refused/);
  });

  test("case 124 must not ask again for an image that its service runs without a digest", async () => {
    const reference = `${open.address}/lab/published:never`;
    await lab.create({ ...serviceOf("tagged", reference, undefined), Mode: { Replicated: { Replicas: 0 } } });
    const { digests, digestProblems } = await lab.observe({ images: new Set([reference]) });
    expect([digests.size, digestProblems.size]).toEqual([0, 0]);
  });

  test("case 123 must give the nodes our credentials, and leave them those when we have none", async () => {
    const [first, second] = [await published(locked, "3-develop"), await published(locked, "4-develop")];
    const backend = await connectWith({ [locked.address]: { ...credentials } });
    const { digests } = await lab.observe({ images: new Set([first, second]) }, backend);
    expect([...digests.keys()]).toEqual([first, second]);
    const spec = serviceOf("private", first, digests.get(first));
    const { serviceId = "" } = await lab.execute("create-service", { spec, image: first }, backend);
    await lab.lookUntil(serviceId, (look) => look.service?.tasks[0]?.state === "running");

    const next = serviceOf("private", second, digests.get(second));
    const service = { kind: "actual", id: serviceId, name: "private" } as const;
    const image = second;
    await lab.execute("update-service", { service, spec: next, previous: spec, image });
    const updated = await lab.lookUntil(
      serviceId,
      ({ service: seen }) =>
        seen?.tasks.some(
          (task) => task.state === "running" && task.spec.ContainerSpec.Image.includes("4-develop"),
        ) === true,
    );
    expect(updated.service?.spec.TaskTemplate.ContainerSpec.Image).toBe(`${second}@${digests.get(second)}`);
    await backend.close();
  });

  test("case 123 must say what is missing when the nodes have no credentials", async () => {
    const reference = await published(locked, "5-develop");
    const { id } = await lab.create(serviceOf("denied", reference, undefined));
    await lab.lookUntil(id, (look) => look.service?.tasks.some(({ state }) => state === "rejected") === true);
    expect((await lab.backend.describeService(id, never))[0]).toMatch(
      /task on manager-1 rejected: (No such image|.*(unauthorized|no basic auth|denied))/,
    );
  });
});
