/** What services share: files and secrets of the repository, networks, and what others own. */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import type { AnsweredSpec, StoredAnswer } from "../../../src/docker/swarm/answers.ts";
import { canaries, tracesIn } from "../../support/canaries.ts";
import { engineClient } from "../../support/engine-client.ts";
import { compose } from "../../support/texts.ts";
import { type ClusterSystem, swarmSettings, type Told } from "../cluster-system.ts";
import { expectConverged, expectExit, outcomeOf, writeStack } from "./config.ts";
import { applyRecorded, expectNothingLeft, patience, runWith } from "./observing.ts";

/** What a task of the service finds in a file. */
async function readInTask(system: ClusterSystem, name: string, path: string): Promise<string> {
  const [task] = await system.running(name);
  const node = system.cluster.nodes.find(({ nodeId }) => nodeId === task?.NodeID);
  const container = task?.Status?.ContainerStatus?.ContainerID;
  if (node === undefined || container === undefined) throw new Error(`no task of "${name}" runs`);
  return (await engineClient(node.socket).exec(container, ["cat", path])).output.trimEnd();
}

type Kind = "configs" | "secrets";

const namesIn = (spec: AnsweredSpec | null | undefined, kind: Kind): readonly string[] => {
  const { Configs, Secrets } = spec?.TaskTemplate.ContainerSpec ?? {};
  const found =
    kind === "configs" ? Configs?.map((one) => one.ConfigName) : Secrets?.map((one) => one.SecretName);
  return [...(found ?? [])];
};

/** Exactly what the service's spec and the one before it name is in the cluster. */
async function expectKept(system: ClusterSystem, kind: Kind, count: number): Promise<readonly string[]> {
  const stored = (await system.stored(kind)).map(({ Spec }) => Spec.Name);
  const { Spec, PreviousSpec } = await system.service("app");
  const named = new Set([...namesIn(Spec, kind), ...namesIn(PreviousSpec, kind)]);
  expect(stored.toSorted()).toEqual([...named].toSorted());
  expect(stored).toHaveLength(count);
  return stored;
}

/** The versions of a file, or of a secret, one after the other; then none. */
interface Versions {
  readonly kind: Kind;
  /** Where its content is in the container. */
  readonly path: string;
  readonly contents: readonly [string, string, string];
  /** Has the service run with this content; none: without it. */
  readonly write: (content: string | undefined, label: string) => Promise<void>;
  readonly environment: () => Readonly<Record<string, string>>;
}

async function followVersions(system: ClusterSystem, versions: Versions): Promise<readonly string[]> {
  const { kind, path, contents, write, environment } = versions;
  const texts: string[] = [];
  const seen = new Set<string>();
  const stage = async (content: string | undefined, label: string, count: number) => {
    await write(content, label);
    const told = await runWith(system, environment(), "apply", "--json");
    expectConverged(told);
    texts.push(`${told.stdout}${told.stderr}`);
    for (const name of await expectKept(system, kind, count)) seen.add(name);
    if (content !== undefined) expect(await readInTask(system, "app", path)).toBe(content);
    await expectNothingLeft(system, environment());
  };
  const [first, second, third] = contents;
  await stage(first, "a", 1);
  await stage(second, "a", 2);
  await stage(third, "a", 2);
  // The spec before it has the same content.
  await stage(third, "b", 1);
  await stage(undefined, "b", 1);
  await stage(undefined, "c", 0);
  expect(seen.size).toBe(3);
  return [...seen, ...texts];
}

const app = (label: string, rest: Readonly<Record<string, unknown>> = {}) => ({
  app: { image: "lab/idle:1", environment: { LABEL: label }, ...rest },
  other: { image: "lab/idle:1" },
});

export async function changedFile(system: ClusterSystem): Promise<void> {
  const file = `units/${system.stack}.conf`;
  await followVersions(system, {
    kind: "configs",
    path: "/etc/app.conf",
    contents: ["greeting one", "greeting two", "greeting three"],
    environment: () => ({}),
    async write(content, label) {
      await system.write({ [file]: content === undefined ? undefined : `${content}\n` });
      const used = { configs: [{ source: "app", target: "/etc/app.conf" }] };
      await writeStack(
        system,
        app(label, content === undefined ? {} : used),
        content === undefined ? {} : { configs: { app: { file: `./${system.stack}.conf` } } },
      );
    },
  });
}

/** What somebody who sees names alone would try, for each password that comes to mind. */
function guesses(system: ClusterSystem, value: string): readonly string[] {
  const texts = [value, `${system.project}${value}`, `${system.project}\0default\0${value}`];
  const hashes = ["md5", "sha1", "sha256", "sha512"].flatMap((name) =>
    texts.map((text) => createHash(name).update(text).digest("hex").slice(0, 8)),
  );
  return [...hashes, Buffer.from(value).toString("base64").slice(0, 8)];
}

/** Everything that the cluster tells, packed content unpacked. */
async function clusterTexts(system: ClusterSystem): Promise<string> {
  const configs = await system.ask<StoredAnswer[]>("GET", "/configs");
  const contents = configs.map(({ Spec }) => {
    const data = Buffer.from(Spec.Data ?? "", "base64");
    return (data[0] === 0x1f ? gunzipSync(data) : data).toString("utf8");
  });
  const others = ["/services", "/secrets", "/tasks", "/networks"];
  const told = await Promise.all(others.map((path) => system.ask<unknown>("GET", path)));
  return [...contents, ...[configs, ...told].map((one) => JSON.stringify(one))].join("\n");
}

export async function changedSecret(system: ClusterSystem): Promise<void> {
  const [first = "", second = "", third = ""] = canaries.filter((canary) => /^plain-/.test(canary));
  const cluster: string[] = [];
  let present = first;
  await system.write({
    "mysysconfig.yaml": `${swarmSettings(system.project, patience)}secrets: [PASSWORD]\n`,
  });
  const environment = () => ({ MYSYSCONFIG_SECRET_PASSWORD: present });
  const texts = await followVersions(system, {
    kind: "secrets",
    path: "/run/secrets/password",
    contents: [first, second, third],
    environment,
    async write(content, label) {
      cluster.push(await clusterTexts(system));
      present = content ?? present;
      const declared = { secrets: { password: { environment: "PASSWORD" } } };
      const isUsed = content !== undefined;
      await writeStack(system, app(label, isUsed ? { secrets: ["password"] } : {}), isUsed ? declared : {});
    },
  });
  const said: string[] = [];
  const key = `${system.stack}/app`;
  for (const line of [
    ...[["plan"], ["plan", "--json"], ["plan", "--show-values"], ["status"], ["history", "--json"]],
    ...[["explain", key], ["show", "--as", "swarm", key], ["show", key], ["apply"]],
  ]) {
    const [command = "", ...args] = line;
    const { stdout, stderr } = await runWith(system, environment(), command, ...args);
    said.push(stdout, stderr);
  }
  const all = [...texts, ...said, ...cluster].join("\n");
  expect(tracesIn(all)).toEqual([]);
  const guessed = [first, second, third].flatMap((value) => guesses(system, value));
  expect(guessed.filter((guess) => all.includes(guess))).toEqual([]);
}

/** Services as they would be without ours: the mesh needs an address of the service as a whole. */
const published = (port: number | undefined, rest: Readonly<Record<string, unknown>> = {}) => ({
  image: "lab/idle:1",
  ...rest,
  deploy: { endpoint_mode: "vip" },
  ...(port === undefined ? {} : { ports: [`${port}:80`] }),
});

const portsOf = async (system: ClusterSystem, name: string) =>
  ((await system.service(name)).Spec.EndpointSpec?.Ports ?? []).map(({ PublishedPort }) => PublishedPort);

/** The calls about services, with names in the place of ids. */
async function serviceCalls(system: ClusterSystem, mutations: readonly string[]): Promise<readonly string[]> {
  const names = new Map([...(await system.services())].map(([name, { ID }]) => [ID, name]));
  return mutations.flatMap((call) => {
    const [, method, id = "", rest = ""] = /^(\S+) \/services\/([^/?]+)(\/update)?/.exec(call) ?? [];
    return method === undefined ? [] : [`${method} ${names.get(id) ?? id}${rest}`];
  });
}

export async function movedPort(system: ClusterSystem): Promise<void> {
  await writeStack(system, { a: published(30_080), b: published(undefined), c: published(30_082) });
  expectConverged(await system.apply());
  await writeStack(system, { a: published(undefined), b: published(30_080), c: published(30_082) });
  const moved = await applyRecorded(system);
  expectConverged(moved);
  expect(await serviceCalls(system, moved.mutations)).toEqual(["POST a/update", "POST b/update"]);
  expect([await portsOf(system, "a"), await portsOf(system, "b")]).toEqual([[], [30_080]]);
  await expectNothingLeft(system);

  await writeStack(system, { a: published(undefined), b: published(30_082), c: published(30_080) });
  const refused = await applyRecorded(system);
  expectExit(refused, 1, /would have to exchange ports at once, which Swarm cannot do/);
  expect(refused.mutations).toEqual([]);
  for (const name of ["b", "c"]) expect(outcomeOf(refused, name).outcome).toBe("blocked");

  // As the sentence says: one of them goes to another port first.
  await writeStack(system, { a: published(undefined), b: published(30_083), c: published(30_080) });
  const half = await applyRecorded(system);
  expectConverged(half);
  expect(await serviceCalls(system, half.mutations)).toEqual(["POST b/update", "POST c/update"]);

  // The holder goes in the same commit, and a service comes that takes its port.
  await writeStack(system, { a: published(undefined), b: published(30_083), d: published(30_080) });
  const handed = await applyRecorded(system);
  expectConverged(handed);
  expect(await portsOf(system, "d")).toEqual([30_080]);
  await expectNothingLeft(system);

  await writeStack(system, { a: published(30_083), b: published(30_083), d: published(30_080) });
  const twice = await applyRecorded(system);
  expect({ exitCode: twice.exitCode, mutations: twice.mutations }).toEqual({ exitCode: 4, mutations: [] });
}

const blockedWith = (told: Told & { readonly mutations: readonly string[] }, words: RegExp) => {
  expectExit(told, 1, words);
  expect(told.mutations).toEqual([]);
};

export async function unusedNetwork(system: ClusterSystem): Promise<void> {
  const idle = (...networks: readonly string[]) => ({ image: "lab/idle:1", networks });
  const both = { front: {}, back: {} };
  await writeStack(
    system,
    { a: idle("front", "back"), b: idle("back"), c: idle("front") },
    { networks: both },
  );
  expectConverged(await system.apply());
  await expectNothingLeft(system);
  const names = async () => (await system.networks()).map(({ Name }) => Name).toSorted();
  expect(await names()).toEqual([`${system.stack}_back`, `${system.stack}_front`]);
  await writeStack(system, { a: idle("front"), c: idle("front") }, { networks: { front: {} } });
  const removed = await applyRecorded(system);
  expectConverged(removed);
  const calls = removed.mutations.filter((call) => /\/(services|networks)\//.test(call));
  expect(calls.map((call) => call.replace(/\/[^/]*$/, ""))).toContain("DELETE /networks");
  expect(calls.findIndex((call) => call.startsWith("DELETE /networks"))).toBeGreaterThanOrEqual(2);
  expect(calls.slice(2).every((call) => call.startsWith("DELETE /networks"))).toBe(true);
  expect(await names()).toEqual([`${system.stack}_front`]);
  await expectNothingLeft(system);
}

export async function objectsOfOthers(system: ClusterSystem): Promise<void> {
  const name = `${system.stack}-theirs`;
  const post = (path: string, json: unknown) => system.ask<{ Id?: string; ID?: string }>("POST", path, json);
  const networks = { ext: { external: true, name } };
  const used = {
    image: "lab/idle:1",
    networks: ["ext"],
    configs: [{ source: "theirs", target: "/etc/theirs" }],
  };
  const declared = { networks, configs: { theirs: { external: true, name } } };
  await writeStack(system, { app: used }, declared);
  blockedWith(await applyRecorded(system), /does not exist/);

  const { Id: network } = await post("/networks/create", { Name: name, Driver: "overlay" });
  const { ID: config } = await post("/configs/create", {
    Name: name,
    Data: Buffer.from("theirs").toString("base64"),
  });
  try {
    // Of a network each node tells more as soon as it has a task on it.
    const look = async () => {
      const { Id, Name, Labels } = await system.ask<Record<string, unknown>>("GET", `/networks/${network}`);
      return [{ Id, Name, Labels: Labels ?? {} }, await system.ask("GET", `/configs/${config}`)];
    };
    const before = await look();
    const second = { ...used, environment: { STACK: "second" }, deploy: { endpoint_mode: "dnsrr" } };
    const path = `units/${system.stack}b.compose.yaml`;
    await system.write({ [path]: compose({ services: { app: second }, ...declared }) });
    expectConverged(await system.apply());
    expect(await readInTask(system, "app", "/etc/theirs")).toBe("theirs");
    await expectNothingLeft(system);
    await system.write({ [path]: undefined });
    await writeStack(system, { app: { image: "lab/idle:2" } });
    expectConverged(await system.apply());
    await expectNothingLeft(system);
    expect(await look()).toEqual(before);
  } finally {
    await system.ask("DELETE", `/configs/${config}`).catch(() => {});
    await system.ask("DELETE", `/networks/${network}`).catch(() => {});
  }
}
