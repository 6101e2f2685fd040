import type { CanonicalStack } from "./canonical.ts";
import type { Json } from "./compose-answer.ts";

/** Where what we make of a stack may differ from Compose's model, and why. Everything else is a mistake of ours. */

export interface Sides {
  readonly compose: CanonicalStack;
  readonly ours: CanonicalStack;
}

interface PermittedDifference {
  readonly id: string;
  readonly reason: string;
  readonly apply: (sides: Sides) => Sides;
}

export const permittedDifferences: readonly PermittedDifference[] = [
  {
    id: "off is off",
    reason:
      "Compose drops most flags that are false, we pass on what is declared; the Engine takes both for off",
    apply: both((value, key) => (value === false && key !== "init" ? undefined : value)),
  },
  {
    id: "zero is a number",
    reason: "Compose drops a zero where Go cannot tell it from nothing; it is passed on as declared",
    apply: both((value) => (value === 0 ? undefined : value)),
  },
  {
    id: "whole seconds",
    reason: "the Engine counts stop_grace_period in seconds; what is less is rounded up",
    apply: both((value, key) => (key === "stop_grace_period" ? Math.ceil(value) : value)),
  },
  {
    id: "declared is declared",
    reason:
      "Compose leaves out networks and volumes that no service uses; they are made, because units and other stacks may use them",
    apply: ({ compose, ours }) => ({ compose, ours: withoutUnused(ours, compose) }),
  },
  {
    id: "links restart nothing",
    reason:
      "Compose makes a container anew when the one that it links to is; names are looked up each time, so that nothing has to be",
    apply: ({ compose, ours }) => ({ compose: withoutRestarts(compose, ours), ours }),
  },
  {
    id: "options of the address management",
    reason:
      "Compose checks networks.*.ipam.options and then forgets them; we pass them on, as the specification says",
    apply: ({ compose, ours }) => ({
      compose,
      ours: change(ours, (value, key, path) =>
        key === "options" && path.includes("ipam") ? undefined : value,
      ),
    }),
  },
];

function withoutUnused(ours: CanonicalStack, compose: CanonicalStack): CanonicalStack {
  const text = JSON.stringify(ours.services);
  const used = (section: Json, theirs: Json) =>
    Object.fromEntries(
      Object.entries(section ?? {}).filter(
        ([name]) => theirs?.[name] !== undefined || text.includes(JSON.stringify(name)),
      ),
    );
  return {
    ...ours,
    networks: used(ours.networks, compose.networks),
    volumes: used(ours.volumes, compose.volumes),
  };
}

type Change = (value: Json, key: string, path: readonly string[]) => Json;

function both(edit: Change): PermittedDifference["apply"] {
  return ({ compose, ours }) => ({ compose: change(compose, edit), ours: change(ours, edit) });
}

function change(stack: CanonicalStack, edit: Change): CanonicalStack {
  const walk = (value: Json, path: readonly string[]): Json => {
    const edited = edit(value, path.at(-1) ?? "", path);
    if (Array.isArray(edited) || edited === null || typeof edited !== "object") return edited;
    const entries = Object.entries(edited).map(([key, item]) => [key, walk(item, [...path, key])] as const);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined && !isEmpty(item)));
  };
  return walk(stack, []);
}

function isEmpty(value: Json): boolean {
  return (
    value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

/** Only where we say nothing: what is declared has to be the same. */
function withoutRestarts(compose: CanonicalStack, ours: CanonicalStack): CanonicalStack {
  const services = Object.entries(compose.services).map(([name, service]: [string, Json]) => {
    const own = (ours.services[name] as Json)?.depends_on ?? {};
    const links = Object.entries(service.depends_on ?? {}).map(([other, dependency]: [string, Json]) => {
      const { restart, ...rest } = dependency;
      return [other, own[other]?.restart === undefined && restart === true ? rest : dependency];
    });
    return [name, links.length === 0 ? service : { ...service, depends_on: Object.fromEntries(links) }];
  });
  return { ...compose, services: Object.fromEntries(services) };
}

type Said = "we refuse" | "Compose refuses";

/** Why one of the two refuses what the other takes. */
export const permittedOutcomes: Readonly<
  Record<string, { readonly expected: Said; readonly reason: string }>
> = {
  "colons without a blank": weRefuse("Compose reads {A:, B: 1} as a name A:, which nobody means"),
  "names are texts": composeRefuses("it refuses numbers as names; they stand for what is written"),
  "no values of other types": weRefuse("values are texts, numbers, true and false"),
  "one document in a file": weRefuse("Compose lays them over one another; files are there for that"),
  "an empty network_mode": weRefuse("Compose then takes any network of the stack, or none"),
  "an empty value says nothing": composeRefuses(
    "it wants an empty list or mapping instead; either says nothing",
  ),
  "numbers are texts": composeRefuses("it wants quotes; a number stands for what is written"),
  "pairs in both forms": composeRefuses("it takes lists of NAME=value for some mappings only"),
  "parts of bytes": weRefuse("Compose drops the limit without a word"),
  "what is not used is not checked": composeRefuses(
    "what is for building, and what a later file replaces, is not looked at",
  ),
  Windows: weRefuse("Engines of Linux have no such thing, and Compose says nothing"),
  "an empty stack": weRefuse("a file without any declaration is a mistake: everything would be removed"),
  "an include without a path": weRefuse("Compose reads nothing, without a word"),
  "external is not declared": weRefuse("what is said about somebody else's network would have no effect"),
  "files must be there": weRefuse(
    "files come from the repository; Compose would make an empty folder on the host",
  ),
  "images are built elsewhere": weRefuse("building is CI's business"),
  "modes are octal": weRefuse("Compose takes a decimal 256 for 0400"),
  "network_mode names no network": weRefuse(
    "networks stand under networks:, where their addresses are checked",
  ),
  "networks have IPv4": weRefuse("the model of a network has no switch for it"),
  "no cluster volumes": weRefuse("volumes of a cluster's storage are made and released by hand"),
  "no credentials in containers": weRefuse("use_api_socket hands out registry credentials"),
  "no drivers of secrets": weRefuse("Compose ignores them on an Engine; a change could not be seen"),
  "no hooks": weRefuse("hooks run with docker compose only, not when the Engine restarts a container"),
  "no models": weRefuse("Docker Model Runner is no part of an Engine"),
  "no other pull policy": weRefuse("images are pulled when they are missing"),
  "no providers": weRefuse("a plan could not show what a program outside does"),
  "no store on an Engine": weRefuse("an Engine has no configs and secrets; docker compose up fails as well"),
  "nobody's home": weRefuse("the home folder of whoever runs this is not the host's"),
  "nothing of the repository on the host": weRefuse("paths of the repository mean nothing to the Engine"),
  "nothing outside of the repository": weRefuse("files stay inside the repository"),
  "one thing in one place": weRefuse("Compose mounts the second over the first, without a word"),
  "the file names the stack": weRefuse("the stack has the name of its file"),
  "the same twice": composeRefuses("what two files ask for once each is asked for once"),
  "time spans of the scheduler": composeRefuses(
    "the specification has them, Compose 2.40 takes numbers only",
  ),
  "two restart policies": weRefuse("Compose takes one of the two, without a word"),
  "unset variables": weRefuse("Compose puts nothing there"),
  "words that no Engine knows": weRefuse(
    "Compose leaves the mistake to the Engine, in the middle of a deployment",
  ),
};

function weRefuse(reason: string): { expected: Said; reason: string } {
  return { expected: "we refuse", reason };
}

function composeRefuses(reason: string): { expected: Said; reason: string } {
  return { expected: "Compose refuses", reason };
}
