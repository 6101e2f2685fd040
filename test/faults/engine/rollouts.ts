/** The rollouts on an Engine that are repeated with faults: what is there before, what is wanted, what must be there at the end. */
import type { RepositoryFiles } from "../../support/temp-repository.ts";
import { compose, jobUnit, unit } from "../../support/texts.ts";
import type { CaseNames, Rollout, WatchedService } from "../rollout.ts";

export interface EngineService extends WatchedService {
  /** Clients find it by this alias on this network (without the prefix). */
  readonly alias?: { readonly network: string; readonly name: string };
}

/** The Engine's objects at the end, by name without the prefix; anything else of the project is an orphan. */
export interface Outcome {
  /** Container (`web.prev`: the one that was replaced) → its image, and whether it runs or has ended well. */
  readonly containers: Readonly<
    Record<string, { readonly image: string; readonly is: "running" | "finished" }>
  >;
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /** How many volumes hold files of the repository. */
  readonly fileVolumes: number;
}

export interface EngineRollout extends Rollout {
  readonly services: readonly EngineService[];
  readonly outcome: Outcome;
}

const networks = (p: string) => ({
  [`units/${p}networks.compose.yaml`]: compose({ networks: { front: { name: `${p}front` } } }),
});
const image = (build: number) => `lab/plain:${build}-develop`;
const healthcheck =
  '--health-cmd "wget -q -O- http://127.0.0.1/" --health-interval 500ms --health-retries 20';
const onFront = (p: string, alias: string) => `--network ${p}front --network-alias ${alias}`;
const frontWeb = { network: "front", name: "web" } as const;

/** Two services on a network, one of them with data and a file of the repository. */
const shop = ({ p }: CaseNames): RepositoryFiles => ({
  ...networks(p),
  [`units/${p}volumes.compose.yaml`]: compose({ volumes: { data: { name: `${p}data` } } }),
  "units/app.conf": `project ${p}\n`,
  [`units/${p}web.service`]: unit(
    `${onFront(p, "web")} -v ${p}data:/data -v ./app.conf:/etc/app.conf:ro ${image(58)}`,
  ),
  [`units/${p}api.service`]: unit(`${onFront(p, "api")} ${image(58)}`),
});

const create: EngineRollout = {
  name: "create",
  before: [],
  wanted: shop,
  exitCode: 0,
  services: [
    { name: "web", floor: "none", hasHealthcheck: false, alias: frontWeb },
    { name: "api", floor: "none", hasHealthcheck: false, alias: { network: "front", name: "api" } },
  ],
  outcome: {
    containers: { web: { image: image(58), is: "running" }, api: { image: image(58), is: "running" } },
    networks: ["front"],
    volumes: ["data"],
    fileVolumes: 1,
  },
};

const firstUse: EngineRollout = { ...create, name: "first-use", firstUseOf: create };

const remove: EngineRollout = {
  name: "remove",
  before: [(names) => ({ ...shop(names), [`units/${names.p}other.service`]: unit(image(58)) })],
  wanted: ({ p }) => ({
    [`units/${p}networks.compose.yaml`]: undefined,
    [`units/${p}volumes.compose.yaml`]: undefined,
    "units/app.conf": undefined,
    [`units/${p}web.service`]: undefined,
    [`units/${p}api.service`]: undefined,
  }),
  exitCode: 0,
  services: [{ name: "other", floor: "always", hasHealthcheck: false }],
  outcome: {
    containers: { other: { image: image(58), is: "running" } },
    networks: [],
    volumes: ["data"],
    fileVolumes: 0,
  },
};

const behindAlias =
  (build: number) =>
  ({ p }: CaseNames): RepositoryFiles => ({
    ...networks(p),
    [`units/${p}web.service`]: unit(`${onFront(p, "web")} ${healthcheck} ${image(build)}`),
  });

const startFirst: EngineRollout = {
  name: "start-first",
  before: [behindAlias(58)],
  wanted: behindAlias(59),
  retention: "1h",
  exitCode: 0,
  services: [{ name: "web", floor: "always", hasHealthcheck: true, alias: frontWeb }],
  outcome: {
    containers: {
      web: { image: image(59), is: "running" },
      "web.prev": { image: image(58), is: "finished" },
    },
    networks: ["front"],
    volumes: [],
    fileVolumes: 0,
  },
};

/** The container that was kept takes over again. */
const rollback: EngineRollout = {
  ...startFirst,
  name: "rollback",
  before: [behindAlias(58), behindAlias(59)],
  command: ({ p }) => ["rollback", `${p}web`],
  outcome: {
    ...startFirst.outcome,
    containers: {
      web: { image: image(58), is: "running" },
      "web.prev": { image: image(59), is: "finished" },
    },
  },
};

/** Nothing was kept but the memory of what was there: the earlier build is made anew. */
const rollbackAnew: EngineRollout = {
  ...rollback,
  name: "rollback-anew",
  retention: "0s",
  outcome: { ...startFirst.outcome, containers: { web: { image: image(58), is: "running" } } },
};

const onPort =
  (reference: string) =>
  ({ p, port }: CaseNames): RepositoryFiles => ({
    [`units/${p}web.service`]: unit(`-p ${port}:80 -v ${p}data:/data ${reference}`),
  });

const stopFirst: EngineRollout = {
  name: "stop-first",
  before: [onPort(image(58))],
  wanted: onPort(image(59)),
  exitCode: 0,
  services: [{ name: "web", floor: "stop-first", hasHealthcheck: false }],
  outcome: {
    containers: { web: { image: image(59), is: "running" } },
    networks: [],
    volumes: ["data"],
    fileVolumes: 0,
  },
};

const migration =
  (build: number) =>
  ({ p }: CaseNames): RepositoryFiles => ({
    [`units/${p}migrate.service`]: jobUnit(`lab/migrate:${build}`),
  });

const job: EngineRollout = {
  name: "job",
  before: [migration(41)],
  wanted: migration(42),
  exitCode: 0,
  services: [],
  outcome: {
    containers: { migrate: { image: "lab/migrate:42", is: "finished" } },
    networks: [],
    volumes: [],
    fileVolumes: 0,
  },
};

const badBuild = "lab/web:60-exits";

const badBuildStartFirst: EngineRollout = {
  ...startFirst,
  name: "bad-build",
  wanted: ({ p }) => ({ [`units/${p}web.service`]: unit(`${onFront(p, "web")} ${badBuild}`) }),
  exitCode: 1,
  reportsFailureOf: "web",
  outcome: { ...startFirst.outcome, containers: { web: { image: image(58), is: "running" } } },
};

const badBuildStopFirst: EngineRollout = {
  ...stopFirst,
  name: "bad-build-stop-first",
  wanted: onPort(badBuild),
  exitCode: 1,
  reportsFailureOf: "web",
  outcome: { ...stopFirst.outcome, containers: { web: { image: image(58), is: "running" } } },
};

/** A rollout is added here, and is then repeated with every fault at each of its calls. */
export const rollouts: readonly EngineRollout[] = [
  firstUse,
  create,
  startFirst,
  stopFirst,
  remove,
  job,
  badBuildStartFirst,
  badBuildStopFirst,
  rollback,
  rollbackAnew,
];
