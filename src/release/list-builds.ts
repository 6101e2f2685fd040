import { compareTags, type ParsedTag, parseTag } from "../model/build-tag.ts";
import type { ImageFacts } from "../model/image-facts.ts";
import { chooseTag, policyOf, type TagChoice, type TagPolicy } from "../model/tag-policy.ts";
import type { ExactPlace } from "./find-sites.ts";
import type { ImageSite } from "./image-site.ts";
import type { ReleaseView } from "./release-view.ts";
import type { ImageRequest } from "./set-images.ts";

/** What is known about the builds of one image, for one environment. */
export interface ImageBuilds {
  /** As people write it, without a tag. */
  readonly image: string;
  readonly policy: TagPolicy;
  /** What each place runs now and should run, by the label of the place. */
  readonly places: readonly PlacedChoice[];
  /** The newest tags that the policy is about, newest first; those in use are always among them. */
  readonly listed: readonly ListedBuild[];
  /** Builds of other branches, as a summary. */
  readonly otherBranches: readonly {
    readonly branch: string;
    readonly builds: number;
    readonly newest: string;
  }[];
}

export interface PlacedChoice {
  /** A unit and a template unit may have the same. */
  readonly label: string;
  readonly place: ExactPlace;
  readonly current?: string;
  readonly choice: TagChoice;
}

export interface ListedBuild {
  readonly tag: string;
  readonly facts?: ImageFacts;
  /** Environments and workloads that run it: `develop: web`. */
  readonly runs: readonly string[];
  readonly failed: boolean;
}

/** What runs elsewhere: environment → image → tag → labels of places. */
export type RunningTags = ReadonlyMap<string, readonly ImageSite[]>;

export interface BuildQuestion {
  readonly view: ReleaseView;
  readonly image: string;
  readonly tags: readonly string[];
  readonly running: RunningTags;
  /** Tags of this image that failed in this environment. */
  readonly failed: ReadonlySet<string>;
  /** How many builds to list. */
  readonly count: number;
}

/** The images of an environment that can be asked about, each once, sorted. */
export function imagesOf(view: ReleaseView, names: readonly string[]): readonly string[] {
  const isMeant = ({ names: images, keys, image: { label } }: ImageSite) =>
    names.length === 0 || names.some((name) => [...images, ...keys, label].includes(name));
  return [...new Set(view.sites.filter(isMeant).flatMap((site) => site.names))].sort();
}

/** Pure; the facts of single builds are added by the caller. */
export function listBuilds({ view, image, tags, running, failed, count }: BuildQuestion): ImageBuilds {
  const policy = policyOf(image, view.settings.images);
  const { branch } = view.environment;
  const places = view.sites.flatMap((site): PlacedChoice[] => {
    if (!site.names.includes(image)) return [];
    const current = site.tail.tag;
    const choice = chooseTag(policy, { current, tags, branch, failed });
    const { manifestPath } = site;
    const { key, label } = site.image;
    const place = { manifestPath, key };
    return [{ label, place, ...(current === undefined ? {} : { current }), choice }];
  });
  const inUse = new Set(places.flatMap(({ current }) => current ?? []));
  const parsed = tags.map((tag) => ({ tag, form: parseTag(tag) }));
  const about = parsed
    .filter(({ tag, form }) => inUse.has(tag) || isAbout(form, policy, branch))
    .sort(newestFirst);
  const listed = about
    .filter(({ tag }, index) => index < count || inUse.has(tag))
    .map(({ tag }) => ({ tag, runs: runsOf(image, tag, running), failed: failed.has(tag) }));
  return { image, policy, places, listed, otherBranches: otherBranches(parsed, branch) };
}

/** What brings every place to the build that its policy has chosen. */
export function updateRequests(all: readonly ImageBuilds[]): readonly ImageRequest[] {
  return all.flatMap(({ places }) =>
    places.flatMap(({ label, place, choice }) =>
      choice.chosen === undefined ? [] : [{ name: label, place, tag: choice.chosen }],
    ),
  );
}

function isAbout(form: ParsedTag, policy: TagPolicy, branch: string | undefined): boolean {
  if (policy.kind === "newest-date") return form.form === "date";
  if (policy.kind === "semver") return form.form === "version";
  return form.form === "build" && form.branch === branch;
}

interface Tagged {
  readonly tag: string;
  readonly form: ParsedTag;
}

function newestFirst(a: Tagged, b: Tagged): number {
  return compareTags(b.form, a.form) || (a.tag < b.tag ? -1 : 1);
}

function runsOf(image: string, tag: string, running: RunningTags): readonly string[] {
  return [...running].flatMap(([environment, sites]) => {
    const labels = sites.flatMap((site) =>
      site.names.includes(image) && site.tail.tag === tag ? [site.image.label] : [],
    );
    return labels.length === 0 ? [] : [`${environment}: ${[...new Set(labels)].sort().join(", ")}`];
  });
}

function otherBranches(tags: readonly Tagged[], own: string | undefined): ImageBuilds["otherBranches"] {
  const builds = tags.flatMap((tagged) =>
    tagged.form.form === "build" && tagged.form.branch !== own
      ? [{ ...tagged, branch: tagged.form.branch }]
      : [],
  );
  const groups = [...Map.groupBy(builds, ({ branch }) => branch)].sort(([a], [b]) => (a < b ? -1 : 1));
  return groups.map(([branch, group]) => ({
    branch,
    builds: group.length,
    newest: group.toSorted(newestFirst)[0]?.tag ?? "",
  }));
}
