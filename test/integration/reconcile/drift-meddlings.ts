/** How each kind of drift is made on a real Engine, each to a workload of its own. */
import type { System } from "../../support/scenario.ts";
import { compose, jobUnit, unit } from "../../support/texts.ts";
import type { DriftName } from "./drift-rows.ts";

export interface Meddling {
  /** Its part of the configuration; a service in the network `front` with a limit, a variable and a label unless given. */
  readonly files?: (p: string) => Readonly<Record<string, string>>;
  /** Its container, without the prefix; named like the row unless given. */
  readonly container?: string;
  /** The key of its change in plan and report; the workload's unless given. */
  readonly change?: (p: string) => string;
  readonly meddle: (system: System, id: string) => Promise<unknown>;
}

const by = (path: string, body?: unknown) => (system: System, id: string) =>
  system.engine.post(`/containers/${id}/${path}`, body);

const onFront = (p: string, colour = "blue") =>
  unit(
    `--network ${p}front --network-alias web -m 64m -e COLOUR=${colour} --label team=shop lab/plain:58-develop`,
  );

/** The unit of a row with another docker run line. */
const running = (name: string, line: (p: string) => string) => (p: string) => ({
  [`units/${p}${name}.service`]: unit(line(p)),
});

const twice = {
  image: "lab/plain:58-develop",
  restart: "always",
  stop_grace_period: "2s",
  deploy: { replicas: 2 },
};

/** One stack for both rows about replicas: an Engine has addresses for some thirty networks only. */
const replicas = (p: string) => ({
  [`units/${p}replicas.compose.yaml`]: compose({ services: { removed: twice, added: twice } }),
});

/** A declared network or volume with options, and a service that uses it. */
const object =
  (name: string, kind: "networks" | "volumes", settings: object, line: (p: string) => string) =>
  (p: string) => ({
    [`units/${p}${name}-objects.compose.yaml`]: compose({
      [kind]: { own: { name: `${p}${name}`, ...settings } },
    }),
    [`units/${p}${name}.service`]: unit(line(p)),
  });

const network = (internal: boolean) =>
  object("network-options", "networks", { internal }, (p) => `--network ${p}network-options lab/idle:1`);
const sizedVolume = (size: string) =>
  object(
    "volume-options",
    "volumes",
    { driver_opts: { type: "tmpfs", device: "tmpfs", o: `size=${size}` } },
    (p) => `-v ${p}volume-options:/data lab/idle:1`,
  );
const labelledVolume = (team: string) =>
  object("volume-labels", "volumes", { labels: { team } }, (p) => `-v ${p}volume-labels:/data lab/idle:1`);
const fileOf = (content: string) => (p: string) => ({
  "units/drift.conf": content,
  ...running("file-content", () => "-v ./drift.conf:/etc/drift.conf:ro lab/idle:1")(p),
});

/** A subnet of this test's own, by its random prefix. */
export const subnetOf = (p: string) =>
  `10.${200 + (Number.parseInt(p.slice(1, 3), 16) % 50)}.${Number.parseInt(p.slice(3, 5), 16)}`;

/** What makes a derived image serve, and tells it from another one. */
export const servesAs = (build: string) => ['CMD ["serve","80"]', `LABEL build=${build}`];

export const movedImage = (p: string) => `lab/${p}moved`;

const rewrite = (files: (p: string) => Readonly<Record<string, string>>) => (system: System) =>
  system.write(files(system.p));

const detach = ({ p, engine }: System, id: string, from = "front") =>
  engine.post(`/networks/${p}${from}/disconnect`, { Container: id });

export const meddlings: Readonly<Record<Exclude<DriftName, "tag-in-registry">, Meddling>> = {
  // First, because the Engine's pauses between restarts grow while the others are made.
  "crash-loop": {
    files: running(
      "crash-loop",
      () => "lab/plain:58-develop sh -c 'while test ! -e /crash; do sleep 0.1; done; exit 3'",
    ),
    meddle: ({ engine }, id) => engine.exec(id, ["touch", "/crash"]),
  },
  stopped: { meddle: by("stop") },
  killed: { meddle: by("kill") },
  paused: { meddle: by("pause") },
  renamed: { meddle: ({ p, engine }, id) => engine.post(`/containers/${id}/rename?name=${p}other`) },
  removed: { meddle: ({ engine }, id) => engine.remove(id) },
  "same-labels": { meddle: (system, id) => makeAgain(system, id, { Env: ["COLOUR=red"] }) },
  "user-label": { meddle: (system, id) => makeAgain(system, id, { Labels: { team: "nobody" } }) },
  "memory-limit": { meddle: by("update", { Memory: 96 * 2 ** 20, MemorySwap: 192 * 2 ** 20 }) },
  "restart-policy": { meddle: by("update", { RestartPolicy: { Name: "no" } }) },
  "undeclared-limit": { meddle: by("update", { CpuShares: 512 }) },
  detached: { meddle: detach },
  "detached-stopped": {
    meddle: async (system, id) => {
      await system.engine.post(`/containers/${id}/stop`);
      await detach(system, id);
    },
  },
  "without-alias": {
    meddle: async (system, id) => {
      await detach(system, id);
      await system.engine.post(`/networks/${system.p}front/connect`, { Container: id });
    },
  },
  "other-address": {
    files: running("other-address", (p) => `--network ${p}fixed --ip ${subnetOf(p)}.10 lab/plain:58-develop`),
    meddle: async (system, id) => {
      await detach(system, id, "fixed");
      await system.engine.post(`/networks/${system.p}fixed/connect`, {
        Container: id,
        EndpointConfig: { IPAMConfig: { IPv4Address: `${subnetOf(system.p)}.11` } },
      });
    },
  },
  "further-network": {
    meddle: async ({ p, engine }, id) => {
      await engine.post("/networks/create", { Name: `${p}further` });
      await engine.post(`/networks/${p}further/connect`, { Container: id });
    },
  },
  "network-renewed": {
    files: object("network-renewed", "networks", {}, (p) => `--network ${p}network-renewed lab/idle:1`),
    meddle: async (system, id) => {
      const { p, engine } = system;
      await detach(system, id, "network-renewed");
      await engine.api.call("DELETE", `/networks/${p}network-renewed`);
      await engine.post("/networks/create", { Name: `${p}network-renewed`, Internal: true });
    },
  },
  "network-options": {
    files: network(false),
    change: (p) => `network ${p}network-options`,
    meddle: rewrite(network(true)),
  },
  "volume-options": {
    files: sizedVolume("1m"),
    change: (p) => `volume ${p}volume-options`,
    meddle: rewrite(sizedVolume("2m")),
  },
  "volume-labels": { files: labelledVolume("shop"), meddle: rewrite(labelledVolume("nobody")) },
  setting: {
    meddle: ({ p, write }) => write({ [`units/${p}setting.service`]: onFront(p, "green") }),
  },
  "file-content": { files: fileOf("colour blue\n"), meddle: rewrite(fileOf("colour red\n")) },
  "tag-moved": {
    files: running("tag-moved", (p) => `${movedImage(p)}:1-develop`),
    meddle: ({ p, engine }) =>
      engine.deriveImage("lab/plain:59-develop", movedImage(p), "1-develop", servesAs("second")),
  },
  unhealthy: {
    files: running(
      "unhealthy",
      () => "--health-cmd 'test ! -e /sick' --health-interval 300ms --health-retries 1 lab/plain:58-develop",
    ),
    meddle: async ({ engine }, id) => {
      await engine.exec(id, ["touch", "/sick"]);
      await engine.waitFor(id, "unhealthy", ({ State }) => State.Health?.Status === "unhealthy");
    },
  },
  "finished-job": {
    files: (p) => ({ [`units/${p}finished-job.service`]: jobUnit("lab/migrate:41") }),
    meddle: ({ engine }, id) => engine.waitForExit(id),
  },
  "removed-job": {
    files: (p) => ({ [`units/${p}removed-job.service`]: jobUnit("lab/migrate:41") }),
    meddle: ({ engine }, id) => engine.remove(id),
  },
  "replica-removed": {
    files: replicas,
    container: "replicas-removed-1",
    change: (p) => `${p}replicas/removed#1`,
    meddle: ({ engine }, id) => engine.remove(id),
  },
  "replica-added": {
    files: replicas,
    container: "replicas-added-3",
    meddle: async ({ p, engine }) => {
      const first = await engine.inspect(`${p}replicas-added-1`);
      const labels = { ...first?.Config.Labels, "mysysconfig.replica": "3" };
      await engine.run({ name: `${p}replicas-added-3`, image: "lab/plain:58-develop", labels });
    },
  },
  undeclared: {
    files: () => ({}),
    meddle: ({ p, engine }) => {
      const labels = { ...ours(p), "mysysconfig.workload": `${p}undeclared`, "mysysconfig.kind": "service" };
      return engine.run({ name: `${p}undeclared`, image: "lab/idle:1", labels });
    },
  },
};

const ours = (p: string) => ({
  "mysysconfig.project": `${p}project`,
  "mysysconfig.environment": "default",
});

/** Right after a crash the Engine waits for many seconds before it starts the container again. */
export async function justCrashed({ p, engine }: System): Promise<void> {
  await engine.waitFor(
    `${p}crash-loop`,
    "restarting",
    ({ RestartCount, State }) =>
      RestartCount > 6 && State.Status === "restarting" && Date.now() - Date.parse(State.FinishedAt) < 2_000,
    120_000,
  );
}

/** The networks that several rows share, and the workload of every row. */
export function driftConfiguration(p: string): Readonly<Record<string, string>> {
  const parts = Object.entries(meddlings).map(
    ([name, { files }]) => files?.(p) ?? { [`units/${p}${name}.service`]: onFront(p) },
  );
  const networks = {
    front: { name: `${p}front` },
    fixed: { name: `${p}fixed`, ipam: { config: [{ subnet: `${subnetOf(p)}.0/24` }] } },
  };
  return Object.assign({ [`units/${p}networks.compose.yaml`]: compose({ networks }) }, ...parts);
}

/** What a tool that updates containers by itself does: remove, and create with nearly the same settings. */
async function makeAgain(
  { engine, p }: System,
  id: string,
  other: { Env?: string[]; Labels?: object },
): Promise<void> {
  const path = `/containers/${id}/json`;
  const { Config, HostConfig, Name } = await engine.api.call<Record<string, Record<string, object>>>(
    "GET",
    path,
  );
  await engine.remove(id);
  const body = {
    ...Config,
    HostConfig,
    ...other,
    Labels: { ...Config?.["Labels"], ...other.Labels },
    NetworkingConfig: { EndpointsConfig: { [`${p}front`]: { Aliases: ["web"] } } },
  };
  const name = String(Name).slice(1);
  await engine.post("/containers/create", body, { name });
  await engine.post(`/containers/${name}/start`);
}

/** Whether a row's container is what its part of the configuration says. */
export function isOnFront(name: DriftName): boolean {
  return name !== "tag-in-registry" && meddlings[name].files === undefined;
}
