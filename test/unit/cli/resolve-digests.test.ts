import { expect, test } from "vitest";
import { resolveDigests } from "../../../src/cli/resolve-digests.ts";
import type { ImageRegistry } from "../../../src/ports.ts";
import { desiredState, workload } from "../../support/builders.ts";

const [locked, found] = ["1a", "2b"].map((digits) => `sha256:${digits.repeat(32)}`);

function registryWith(digests: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const registry: Partial<ImageRegistry> = {
    async resolveDigest({ path, tag }) {
      asked.push(`${path}:${tag}`);
      return digests[`${path}:${tag}`];
    },
  };
  return { registry: registry as ImageRegistry, asked };
}

const never = new AbortController().signal;

test("a registry must be asked once for each image, and not for those that were locked or pinned", async () => {
  const { registry, asked } = registryWith({ "myrepo/web:58-develop": found ?? "" });
  const desired = desiredState([
    workload("web", { image: "myrepo/web:58-develop" }),
    workload("more", { image: "myrepo/web:58-develop" }),
    workload("api", {
      image: "myrepo/api:7-develop",
      imageLock: { kind: "digest", value: locked ?? "" },
    }),
    workload("db", { image: `postgres@${locked}` }),
  ]);
  expect(await resolveDigests(desired, registry, never)).toEqual(
    new Map([
      ["myrepo/api:7-develop", locked],
      ["myrepo/web:58-develop", found],
    ]),
  );
  expect(asked).toEqual(["myrepo/web:58-develop"]);
});

test("an image that no registry has must be named", async () => {
  const { registry } = registryWith({});
  const desired = desiredState([workload("web", { image: "myrepo/web:58-develop" })]);
  await expect(resolveDigests(desired, registry, never)).rejects.toMatchObject({
    code: "image-unknown",
    message: expect.stringContaining("myrepo/web:58-develop"),
  });
});
