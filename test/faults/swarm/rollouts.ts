/** The rollouts of services of a Swarm that are repeated with faults. */
import type { RepositoryFiles } from "../../support/temp-repository.ts";
import { compose, jobUnit, unit } from "../../support/texts.ts";
import type { CaseNames, Rollout } from "../rollout.ts";

/** The Swarm's objects at the end, by name without the prefix; anything else of the project is an orphan. */
export interface SwarmOutcome {
  /** Service → its image and how many tasks of it run; of a job, which has run: none. */
  readonly services: Readonly<Record<string, { readonly image: string; readonly tasks: number }>>;
  readonly networks: readonly string[];
  /** How many configs hold files of the repository: what a rollback would need stays. */
  readonly fileConfigs: number;
  /** Volumes of the nodes: none is ever removed. */
  readonly volumes: readonly string[];
}

export interface SwarmRollout extends Rollout {
  readonly outcome: SwarmOutcome;
  /** Jobs (names without the prefix) → the image of which each must have run exactly once, and no other. */
  readonly jobs?: Readonly<Record<string, string>>;
}

const image = (build: number) => `lab/plain:${build}-develop`;
/** Each check is a process in the container: many cases at a time would have the machine do nothing else. */
const healthcheck = '--health-cmd "wget -q -O- http://127.0.0.1/" --health-interval 2s --health-retries 20';

const web =
  (line: string) =>
  ({ p }: CaseNames): RepositoryFiles => ({ [`units/${p}web.service`]: unit(line) });

/**
 * With a subnet that no other case has: a node that still removes the network of another case refuses tasks of one that
 * got the same subnet meanwhile ("Pool overlaps with other one on this address space").
 */
function front({ p, port }: CaseNames) {
  const subnet = `100.${64 + ((port >> 8) & 63)}.${port & 255}.0/24`;
  return { front: { name: `${p}front`, ipam: { config: [{ subnet }] } } };
}

/** A service with a file of the repository on a network, and one beside it. */
const shop = ({ p, port }: CaseNames): RepositoryFiles => ({
  // The kernel may have no IPVS, and a virtual address would then lead nowhere.
  [`units/${p}shop.compose.yaml`]: compose({
    networks: front({ p, port }),
    services: {
      web: {
        image: image(58),
        networks: ["front"],
        stop_grace_period: "1s",
        volumes: ["./app.conf:/etc/app.conf:ro"],
        deploy: { endpoint_mode: "dnsrr" },
      },
      api: {
        image: image(58),
        networks: ["front"],
        stop_grace_period: "1s",
        deploy: { endpoint_mode: "dnsrr" },
      },
    },
  }),
  "units/app.conf": `project ${p}\n`,
});

const one = (reference: string) => ({ image: reference, tasks: 1 });
const nothing = { networks: [], fileConfigs: 0, volumes: [] } as const;

const create: SwarmRollout = {
  name: "create",
  before: [],
  wanted: shop,
  exitCode: 0,
  services: [
    { name: "shop_web", floor: "none", hasHealthcheck: false },
    { name: "shop_api", floor: "none", hasHealthcheck: false },
  ],
  outcome: {
    services: { shop_web: one(image(58)), shop_api: one(image(58)) },
    networks: ["front"],
    fileConfigs: 1,
    volumes: [],
  },
};

const remove: SwarmRollout = {
  name: "remove",
  before: [(names) => ({ ...shop(names), [`units/${names.p}other.service`]: unit(image(58)) })],
  wanted: ({ p }) => ({ [`units/${p}shop.compose.yaml`]: undefined, "units/app.conf": undefined }),
  exitCode: 0,
  services: [{ name: "other", floor: "always", hasHealthcheck: false }],
  outcome: { ...nothing, services: { other: one(image(58)) } },
};

const startFirst: SwarmRollout = {
  name: "start-first",
  before: [web(`${healthcheck} ${image(58)}`)],
  wanted: web(`${healthcheck} ${image(59)}`),
  exitCode: 0,
  services: [{ name: "web", floor: "always", hasHealthcheck: true }],
  outcome: { ...nothing, services: { web: one(image(59)) } },
};

/** The build before is known from the memory of what was there. */
const rollback: SwarmRollout = {
  ...startFirst,
  name: "rollback",
  before: [web(image(58)), web(image(59))],
  wanted: web(image(59)),
  services: [{ name: "web", floor: "always", hasHealthcheck: false }],
  command: ({ p }) => ["rollback", `${p}web`],
  outcome: { ...nothing, services: { web: one(image(58)) } },
};

const withData =
  (reference: string) =>
  ({ p }: CaseNames): RepositoryFiles =>
    web(`-v ${p}data:/data ${reference}`)({ p, port: 0 });

const stopFirst: SwarmRollout = {
  name: "stop-first",
  before: [withData(image(58))],
  wanted: withData(image(59)),
  exitCode: 0,
  services: [{ name: "web", floor: "stop-first", hasHealthcheck: false }],
  outcome: { ...nothing, services: { web: one(image(59)) }, volumes: ["data"] },
};

/**
 * Swarm itself rolls a build back that never gets healthy. It does not end in good order when it is stopped: of one that
 * does, Swarm now and then takes the exit code 0 for a start, and takes the build before away (moby issue 43081).
 */
const badBuild: SwarmRollout = {
  name: "bad-build",
  before: [web(`${healthcheck} ${image(58)}`)],
  wanted: web("lab/web:61-sick sleep 1000"),
  exitCode: 1,
  reportsFailureOf: "web",
  services: [{ name: "web", floor: "always", hasHealthcheck: true }],
  outcome: { ...nothing, services: { web: one(image(58)) } },
};

const badBuildStopFirst: SwarmRollout = {
  ...badBuild,
  name: "bad-build-stop-first",
  before: [withData(image(58))],
  wanted: withData("lab/web:61-sick"),
  services: [{ name: "web", floor: "stop-first", hasHealthcheck: true }],
  outcome: { ...badBuild.outcome, volumes: ["data"] },
};

const replicas =
  (count: number) =>
  ({ p, port }: CaseNames): RepositoryFiles => ({
    [`units/${p}shop.compose.yaml`]: compose({
      networks: front({ p, port }),
      services: {
        web: {
          image: image(58),
          networks: ["front"],
          stop_grace_period: "1s",
          deploy: { endpoint_mode: "dnsrr", replicas: count },
        },
      },
    }),
  });

const scale: SwarmRollout = {
  name: "scale",
  before: [replicas(1)],
  wanted: replicas(2),
  exitCode: 0,
  services: [{ name: "shop_web", floor: "always", hasHealthcheck: false }],
  outcome: { ...nothing, services: { shop_web: { image: image(58), tasks: 2 } }, networks: ["front"] },
};

const withConfig =
  (version: number) =>
  ({ p }: CaseNames): RepositoryFiles => ({
    ...web(`-v ./app.conf:/etc/app.conf:ro ${image(58)}`)({ p, port: 0 }),
    "units/app.conf": `version ${version} of ${p}\n`,
  });

/** The service is pointed to another config; the one before stays for a rollback, and the one before that goes. */
const config: SwarmRollout = {
  name: "config",
  before: [withConfig(1), withConfig(2)],
  wanted: withConfig(3),
  exitCode: 0,
  services: [{ name: "web", floor: "always", hasHealthcheck: false }],
  outcome: { ...nothing, services: { web: one(image(58)) }, fileConfigs: 2 },
};

const migration =
  (build: number) =>
  ({ p }: CaseNames): RepositoryFiles => ({
    [`units/${p}migrate.service`]: jobUnit(`lab/migrate:${build}`),
  });

const firstJob: SwarmRollout = {
  name: "job",
  before: [],
  wanted: migration(41),
  exitCode: 0,
  services: [],
  jobs: { migrate: "lab/migrate:41" },
  outcome: { ...nothing, services: { migrate: { image: "lab/migrate:41", tasks: 0 } } },
};

const jobAgain: SwarmRollout = {
  ...firstJob,
  name: "job-again",
  before: [migration(41)],
  wanted: migration(42),
  jobs: { migrate: "lab/migrate:42" },
  outcome: { ...nothing, services: { migrate: { image: "lab/migrate:42", tasks: 0 } } },
};

/** A rollout is added here, and is then repeated with every fault at each of its calls. */
export const rollouts: readonly SwarmRollout[] = [
  create,
  startFirst,
  stopFirst,
  badBuild,
  badBuildStopFirst,
  rollback,
  scale,
  remove,
  config,
  firstJob,
  jobAgain,
];
