import { describe, expect, test } from "vitest";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { plainPaint } from "../../../src/lib/paint.ts";
import { type Composition, compositionOf } from "../../../src/release/composition.ts";
import { type PromotionEnd, type PromotionOptions, planPromotion } from "../../../src/release/promote.ts";
import { formatPromotion, promotionMessage } from "../../../src/release/promotion-text.ts";
import { unit } from "../../support/texts.ts";
import { treeOf } from "../render/support.ts";

const digest = `sha256:${"a".repeat(64)}`;
const settings = `
images: { own: [myrepo/*] }
instances: { worker: [1, 2] }
environments:
  develop: {}
  acceptance: { promotesFrom: [develop] }
  production: {}
`;

/** A branch whose units run these images, compiled as a run compiles it. */
function branch(name: string, images: Readonly<Record<string, string>>): PromotionEnd {
  const units = Object.entries(images).map(([key, image]) => [`units/${key}.service`, unit(image)]);
  const files: Record<string, string> = Object.fromEntries(units);
  const worker = Object.hasOwn(images, "worker@") ? settings : settings.replace(/instances.*/, "");
  const tree = treeOf({ "mysysconfig.yaml": worker, ...files });
  const none = new Map<string, string>();
  const { value, diagnostics } = compileDesiredState(
    tree,
    { id: "3f2c1ab", branch: name },
    { variables: none, mountedValues: none, secrets: none },
    { allowMissingSecrets: true, hostName: "prod-1" },
  );
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return { tree, desired: value };
}

function promote(
  source: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>>,
  options: Partial<PromotionOptions> & { readonly to?: string } = {},
) {
  const { to = "acceptance", ...rest } = options;
  return planPromotion(branch("develop", source), branch(to, target), { allowDowngrade: false, ...rest });
}

describe("a promotion", () => {
  test("must bring the target to the tags and digests of the source, with their branch", () => {
    const promotion = promote(
      {
        web: "myrepo/web:58-develop",
        api: `myrepo/api:7-develop@${digest}`,
        db: "postgres:17",
        same: "redis:7",
      },
      { web: "myrepo/web:57-develop", api: "myrepo/api:7-acceptance", db: "postgres:16", same: "redis:7" },
    );
    expect(promotion).toMatchObject({
      source: "develop",
      target: "acceptance",
      unchanged: 1,
      left: [],
      problems: [],
    });
    expect(promotion.requests).toEqual([
      { name: "api", tag: "7-develop", digest },
      { name: "db", tag: "17" },
      { name: "web", tag: "58-develop" },
    ]);
    expect(promotion.moves.map(({ isDowngrade }) => isDowngrade)).toEqual([false, false, false]);
  });

  test("must bring what the target's own settings accept afterwards", () => {
    const { requests } = promote({ web: "myrepo/web:58-develop" }, { web: "myrepo/web:3-acceptance" });
    const after = branch("acceptance", { web: `myrepo/web:${requests[0]?.tag}` });
    expect(after.desired.workloads[0]?.container.image).toBe("myrepo/web:58-develop");
  });

  test("must be refused where the target takes no builds of that branch", () => {
    const options = { to: "production" };
    const { problems } = promote(
      { web: "myrepo/web:58-develop" },
      { web: "myrepo/web:3-production" },
      options,
    );
    expect(problems).toEqual([
      'web: image "myrepo/web:58-develop" is a build of branch "develop", but this environment runs "production"; promotesFrom of the environment must name the branch "develop"',
    ]);
    const pinned = promote(
      { web: `myrepo/web:58-develop@${digest}` },
      { web: "myrepo/web:3-production" },
      options,
    );
    expect(pinned.problems).toHaveLength(1);
  });

  test("must report what the target does not have or takes from elsewhere, and invent nothing", () => {
    const { requests, left, unchanged } = promote(
      { web: "myrepo/web:58-develop", cache: "redis:7", proxy: "caddy:2.8" },
      { web: "myrepo/website:3-acceptance", proxy: "nginx:1.27", more: "busybox:1" },
    );
    expect({ requests, unchanged }).toEqual({ requests: [], unchanged: 0 });
    expect(left).toEqual([
      "cache (redis:7) is not in acceptance: add it there first",
      "proxy runs nginx in acceptance and not caddy: change the image there first",
      "web runs myrepo/website in acceptance and not myrepo/web: change the image there first",
    ]);
  });

  test("must report a version that is a digest alone", () => {
    const { requests, left } = promote({ db: `postgres@${digest}` }, { db: "postgres:16" });
    expect(requests).toEqual([]);
    expect(left).toEqual(["db (postgres@sha256:aaaaaaaaaaaa) has no tag that could be promoted"]);
    expect(promote({ db: `postgres@${digest}` }, { db: `postgres@${digest}` })).toMatchObject({
      left: [],
      unchanged: 1,
    });
  });

  test("must pin a digest where the tag is there already, and never take one away for nothing", () => {
    const pin = promote({ db: `postgres:16@${digest}` }, { db: "postgres:16" });
    expect(pin.requests).toEqual([{ name: "db", tag: "16", digest }]);
    expect(promote({ db: "postgres:16" }, { db: `postgres:16@${digest}` }).requests).toEqual([]);
  });

  test("must refuse to go back unless that is allowed, and mark it either way", () => {
    const source = { web: "myrepo/web:57-develop", db: "postgres:16.1", api: "myrepo/api:2-develop" };
    const target = { web: "myrepo/web:58-develop", db: "postgres:16.2", api: "myrepo/api:1-develop" };
    const refused = promote(source, target);
    expect(refused.problems).toEqual([
      "db would go back from 16.2 to 16.1",
      "web would go back from 58-develop to 57-develop",
    ]);
    const allowed = promote(source, target, { allowDowngrade: true });
    expect(allowed.problems).toEqual([]);
    expect(allowed.moves.map(({ key, isDowngrade }) => [key, isDowngrade])).toEqual([
      ["api", false],
      ["db", true],
      ["web", true],
    ]);
  });

  test("must not take a build of another branch for an older one", () => {
    const { moves, problems } = promote({ web: "myrepo/web:1-develop" }, { web: "myrepo/web:99-acceptance" });
    expect(moves).toMatchObject([{ key: "web", isDowngrade: false }]);
    expect(problems).toEqual([]);
  });

  test("must be about the chosen components alone", () => {
    const source = { web: "myrepo/web:58-develop", api: "myrepo/api:7-develop" };
    const target = { web: "myrepo/web:57-develop", api: "myrepo/api:6-develop" };
    const { requests, unchanged } = promote(source, target, { only: ["api"] });
    expect({ requests, unchanged }).toEqual({ requests: [{ name: "api", tag: "7-develop" }], unchanged: 0 });
    expect(() => promote(source, target, { only: ["apy"] })).toThrow(
      'there is no component "apy" to promote',
    );
  });

  test("must take a composition in the place of what the source says now", () => {
    const past = branch("develop", { web: "myrepo/web:55-develop" });
    const composition: Composition = compositionOf(past.desired, { own: ["myrepo/*"] });
    const { requests } = promote(
      { web: "myrepo/web:58-develop" },
      { web: "myrepo/web:50-develop" },
      { composition },
    );
    expect(requests).toEqual([{ name: "web", tag: "55-develop" }]);
  });

  test("must refuse to move one instance of a unit without the others", () => {
    const source = { "worker@": "myrepo/worker:8-develop" };
    const target = { "worker@": "myrepo/worker:7-develop" };
    expect(promote(source, target)).toMatchObject({
      problems: [],
      moves: [{ key: "worker@1" }, { key: "worker@2" }],
    });
    expect(promote(source, target, { only: ["worker@1"] }).problems).toEqual([
      expect.stringMatching(
        /^worker@1, worker@2 have one image at units\/worker@\.service:7:\d+, which cannot be of several versions: promote them together$/,
      ),
    ]);
  });
});

describe("the words of a promotion", () => {
  const promotion = promote(
    { web: "myrepo/web:58-develop", api: "myrepo/api:1-develop", same: "redis:7", cache: "redis:7" },
    { web: "myrepo/web:57-develop", api: "myrepo/api:2-develop", same: "redis:7" },
  );

  test("must be a table with what is left out and what is refused", () => {
    expect(formatPromotion(promotion, plainPaint)).toBe(
      [
        "develop → acceptance",
        "",
        "  api  myrepo/api  2-develop → 1-develop    downgrade",
        "  web  myrepo/web  57-develop → 58-develop",
        "",
        "  left out: cache (redis:7) is not in acceptance: add it there first",
        "",
        "  refused: api would go back from 2-develop to 1-develop",
        "",
        "2 to promote, 1 unchanged.",
        "",
      ].join("\n"),
    );
  });

  test("must say when there is nothing to promote", () => {
    const nothing = promote({ same: "redis:7" }, { same: "redis:7" });
    expect(formatPromotion(nothing, plainPaint)).toBe(
      "develop → acceptance\n\nNothing to promote: 1 unchanged.\n",
    );
  });

  test("must be a message for the commit", () => {
    expect(promotionMessage(promotion)).toBe(
      "Promoting develop to acceptance: 2 components\n\napi: 2-develop → 1-develop (downgrade)\nweb: 57-develop → 58-develop\n",
    );
  });
});
