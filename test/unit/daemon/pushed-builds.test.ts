import { expect, test } from "vitest";
import type { Configuration } from "../../../src/daemon/configuration-watch.ts";
import type { DaemonApp, Followed } from "../../../src/daemon/daemon-app.ts";
import { followPushes } from "../../../src/daemon/pushed-builds.ts";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";
import type { ManifestTree } from "../../../src/model/manifest-tree.ts";
import type { CommitEdit, ConfigRepository, ImageRegistry } from "../../../src/ports.ts";
import { unit } from "../../support/texts.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const idle = new AbortController().signal;
const branch: Followed = { kind: "branch", repository: "https://git.test/ops/config.git", branch: "develop" };
const folder: Followed = { kind: "folder" };
const revision = { id: "a".repeat(40), branch: "develop", source: "https://git.test/ops/config.git" };
const inputs = { variables: new Map(), mountedValues: new Map(), secrets: new Map() };

function configurationOf(newBuilds: string): Configuration {
  const files = {
    "mysysconfig.yaml": `project: shop\nenvironments:\n  develop: {branch: develop}\npolicy: {registry: ${newBuilds}}\nimages: {policies: {"myrepo/*": newest-build}}\n`,
    "units/web.service": unit("myrepo/web:5-develop"),
  };
  const tree: ManifestTree = new Map(
    Object.entries(files).map(([path, text]) => [
      path,
      { path, content: new TextEncoder().encode(text), executable: false },
    ]),
  );
  const options = { hostName: "host-1", allowMissingSecrets: false };
  const compiled = compileDesiredState(tree, revision, inputs, options);
  if (compiled.value === undefined) throw new Error(JSON.stringify(compiled.diagnostics));
  return { revision, tree, compiled, desired: compiled.value };
}

interface Case {
  readonly newBuilds: string;
  readonly tags: readonly string[];
  readonly followed?: Followed;
  readonly failed?: readonly string[];
  readonly image?: string;
  readonly denied?: boolean;
}

/** What a push of a tag led to, and the image that the commit put in place. */
async function push({ newBuilds, tags, followed = branch, failed = [], image = "myrepo/web", denied }: Case) {
  const configuration = configurationOf(newBuilds);
  let asked = 0;
  let written: string | undefined;
  const repository = {
    async commit(_branch: string, edit: CommitEdit) {
      if (denied === true) throw new ReconcilerError("git-access-denied", "read only");
      const draft = edit(configuration.tree, revision);
      written = draft && new TextDecoder().decode(draft.files.get("units/web.service"));
      return { revision, isNew: draft !== undefined, attempts: 1 };
    },
    async [Symbol.asyncDispose]() {},
  } as Partial<ConfigRepository> as ConfigRepository;
  const registry = {
    async listTags() {
      asked += 1;
      return tags;
    },
  } as Partial<ImageRegistry> as ImageRegistry;
  const app = {
    ...{ inputs, clock: new VirtualClock(), actor: "tester" },
    registry: async () => registry,
    repository: async () => repository,
  } as Partial<DaemonApp> as DaemonApp;
  const context = { app, followed, configuration, failed: new Set(failed), now: "2026-10-19T10:00:00Z" };
  const outcome = await followPushes([{ kind: "image", image, tag: "6-develop" }], context, idle);
  return { ...outcome, asked, image: /myrepo\/web:\S+/.exec(written ?? "")?.[0] };
}

const rows: readonly (readonly [
  what: string,
  given: Case,
  expected: Awaited<ReturnType<typeof push>> | object,
])[] = [
  [
    "commit",
    { newBuilds: "commit", tags: ["5-develop", "6-develop"] },
    { committed: true, image: "myrepo/web:6-develop" },
  ],
  [
    "the newest by number",
    { newBuilds: "commit", tags: ["9-develop", "10-develop"] },
    { image: "myrepo/web:10-develop" },
  ],
  [
    "apply",
    { newBuilds: "apply", tags: ["6-develop"] },
    { committed: false, ahead: [expect.objectContaining({ image: "myrepo/web", tag: "6-develop" })] },
  ],
  [
    "apply without a branch",
    { newBuilds: "apply", tags: ["6-develop"], followed: folder },
    { ahead: [expect.anything()] },
  ],
  [
    "wait",
    { newBuilds: "wait", tags: ["6-develop"] },
    { committed: false, ahead: [], facts: [expect.stringContaining("waits")] },
  ],
  [
    "commit without a branch",
    { newBuilds: "commit", tags: ["6-develop"], followed: folder },
    { committed: false, ahead: [], facts: [expect.stringContaining("no Git branch")] },
  ],
  [
    "commit to a repository that takes none",
    { newBuilds: "commit", tags: ["6-develop"], denied: true },
    { committed: false, facts: [expect.stringContaining("takes no commit")] },
  ],
  ...["commit", "apply"].flatMap((newBuilds) => [
    [
      `${newBuilds}: another branch`,
      { newBuilds, tags: ["9-main", "latest"] },
      { committed: false, ahead: [] },
    ] as const,
    [
      `${newBuilds}: an older one`,
      { newBuilds, tags: ["4-develop", "5-develop"] },
      { committed: false, ahead: [] },
    ] as const,
    [
      `${newBuilds}: one that failed here`,
      { newBuilds, tags: ["6-develop"], failed: ["myrepo/web:6-develop"] },
      { committed: false, ahead: [] },
    ] as const,
    [
      `${newBuilds}: an image that nobody runs`,
      { newBuilds, tags: ["6-develop"], image: "myrepo/other" },
      { committed: false, ahead: [], asked: 0, facts: [] },
    ] as const,
  ]),
];
test.for(rows)("a pushed image must lead to what the policy says: %s", async ([_what, given, expected]) => {
  expect(await push(given)).toMatchObject(expected);
});
