import { formatDuration } from "../lib/duration.ts";
import { alignColumns, type Paint } from "../lib/paint.ts";
import type { TagPolicy } from "../model/tag-policy.ts";
import type { ImageBuilds, ListedBuild } from "../release/list-builds.ts";
import { countOf, harmless } from "./output.ts";

/** A block for each image: what its policy says, its newest builds, and what runs where. */
export function formatBuilds(all: readonly ImageBuilds[], now: Date, paint: Paint): string {
  if (all.length === 0) return "no image of this environment has such a name\n";
  return all.map((builds) => `${block(builds, now, paint).join("\n")}\n`).join("\n");
}

function block(builds: ImageBuilds, now: Date, paint: Paint): readonly string[] {
  const { image, policy, places, listed, otherBranches } = builds;
  const chosen = new Set(places.flatMap(({ choice }) => choice.chosen ?? []));
  const rows = listed.map((build) => [
    ` ${chosen.has(build.tag) ? paint("good", "→") : " "}`,
    build.tag,
    shortDigest(build),
    age(build, now),
    commit(build),
    [...build.runs, ...(build.failed ? [paint("bad", "failed here")] : [])].join("; "),
  ]);
  const choices = places.map(
    ({ label, current, choice }) =>
      `  ${label}: ${choice.chosen === undefined ? `stays at ${current ?? "no tag"}` : `${current ?? "no tag"} → ${choice.chosen}`}, ${choice.why}${skippedText(choice.skipped)}`,
  );
  const others = otherBranches.map(
    ({ branch, builds: count, newest }) => `${branch} (${countOf(count, "build")}, newest ${newest})`,
  );
  return [
    `${paint("bold", image)}  ${paint("dim", policyText(policy))}`,
    ...alignColumns(rows),
    ...choices,
    ...(others.length === 0 ? [] : [paint("dim", `  other branches: ${others.join(", ")}`)]),
  ];
}

function skippedText(skipped: readonly { readonly tag: string; readonly reason: string }[]): string {
  return skipped.map(({ tag, reason }) => `; ${tag} is skipped: ${reason}`).join("");
}

export function policyText(policy: TagPolicy): string {
  if (policy.kind === "pinned") return `pinned to ${policy.tag}`;
  if (policy.kind === "semver") return `newest version in ${policy.text}`;
  const texts = { "newest-build": "newest build", "newest-date": "newest date", fixed: "fixed" } as const;
  return texts[policy.kind];
}

const shortDigest = ({ facts }: ListedBuild) => facts?.digest.slice(0, "sha256:".length + 7) ?? "";

function age({ facts }: ListedBuild, now: Date): string {
  if (facts?.created === undefined) return "";
  const ms = now.getTime() - Date.parse(facts.created);
  const days = Math.floor(ms / 86_400_000);
  if (ms < 0) return "just now";
  return days > 1 ? `${days} days ago` : `${formatDuration(ms)} ago`;
}

const commit = ({ facts }: ListedBuild) =>
  facts?.revision === undefined ? "" : harmless(facts.revision.slice(0, 7));
