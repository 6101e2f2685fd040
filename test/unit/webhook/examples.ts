import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { HookProvider } from "../../../src/model/daemon-settings.ts";
import type { Mark } from "../../../src/model/mark.ts";

/** A hook as its sender makes it, with signatures that are computed here. */
export interface HookExample {
  readonly name: string;
  readonly provider: HookProvider;
  readonly body: unknown;
  /** Headers that are there besides the proof. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly marks: readonly Mark[];
}

/** The instant at which the tests receive. */
export const now = new Date("2026-11-21T10:00:00Z");

export const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export const secretOf: Readonly<Record<HookProvider, string>> = {
  github: "It's a Secret to Everybody",
  gitlab: whsec,
  "gitlab-token": "glsoat-tök3n",
  gitea: "gitea secret",
  forgejo: "forgejo secret",
  circleci: "another-secret",
  "docker-hub": "",
  harbor: "Bearer harbor-0123",
  registry: "Bearer registry-0123",
  "standard-webhooks": whsec,
  hmac: "shell secret",
};

const hex = (secret: string, body: Uint8Array, algorithm = "sha256") =>
  createHmac(algorithm, secret).update(body).digest("hex");

/** Node shows header bytes as Latin-1 characters. */
const asHeader = (text: string) => Buffer.from(text).toString("latin1");

const standard = (secret: string, body: Uint8Array, at: Date) => ({
  "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
  "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
  "webhook-signature": new Webhook(secret).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, Buffer.from(body)),
});

type Prove = (secret: string, body: Uint8Array, at: Date) => Readonly<Record<string, string>>;

/** The headers that prove a body to be the provider's. */
export const proofs: Readonly<Record<HookProvider, Prove>> = {
  github: (secret, body) => ({ "x-hub-signature-256": `sha256=${hex(secret, body)}` }),
  gitlab: standard,
  "gitlab-token": (secret) => ({ "x-gitlab-token": asHeader(secret) }),
  gitea: (secret, body) => ({
    "x-gitea-signature": hex(secret, body),
    "x-gogs-signature": hex(secret, body),
    "x-hub-signature-256": `sha256=${hex(secret, body)}`,
  }),
  forgejo: (secret, body) => ({
    "x-forgejo-signature": hex(secret, body),
    "x-gitea-signature": hex(secret, body),
    "x-hub-signature-256": `sha256=${hex(secret, body)}`,
  }),
  circleci: (secret, body) => ({ "circleci-signature": `v1=${hex(secret, body)}` }),
  "docker-hub": () => ({}),
  harbor: (secret) => ({ authorization: secret }),
  registry: (secret) => ({ authorization: secret }),
  "standard-webhooks": standard,
  hmac: (secret, body) => ({ "x-signature": `sha512=${hex(secret, body, "sha512")}` }),
};

const commit = "4bf26d5cf5b2bd2f3ba7cd4cf4b26ea3c1c2a3d1";
const before = "9049f1265b7d61be4a8904a9a27120d2064dab3b";

const push = {
  ref: "refs/heads/develop",
  before,
  after: commit,
  created: false,
  deleted: false,
  forced: false,
  compare: "https://git.example.com/ops/config/compare/1...2",
  commits: [{ id: commit, message: "Web 59", added: [], removed: [], modified: ["units/web.service"] }],
  head_commit: { id: commit, message: "Web 59", timestamp: "2026-11-21T10:59:59+01:00" },
  repository: {
    id: 35129377,
    name: "config",
    full_name: "ops/config",
    clone_url: "https://git.example.com/ops/config.git",
    default_branch: "develop",
    pushed_at: 1795255199,
  },
  pusher: { name: "ci", email: null },
};

const gitlabPush = {
  object_kind: "push",
  event_name: "push",
  before,
  after: commit,
  ref: "refs/heads/develop",
  ref_protected: true,
  checkout_sha: commit,
  user_username: "ci",
  project: {
    id: 15,
    name: "config",
    path_with_namespace: "ops/config",
    git_http_url: "https://git.example.com/ops/config.git",
    default_branch: "develop",
  },
  commits: [],
  total_commits_count: 1,
};

const branchMark: Mark = { kind: "branch", repository: "ops/config", branch: "develop" };
const digest = `sha256:${"76525f02955aec223342400a080c7302".repeat(2)}`;

export const circleciBody = {
  id: "3888f21b-eaa7-38e3-8f3d-75a63bba8895",
  type: "workflow-completed",
  happened_at: "2026-11-21T09:59:59.000Z",
  webhook: { id: "cf8c4fdd-0587-4da1-b4ca-4846e9640af9", name: "config" },
  project: { id: "84996744-a854-4f5e-aea3-04e2851dc1d2", name: "config", slug: "gh/ops/config" },
  workflow: { id: "fda08377-fe7e-46b1-8992-3a7aaecac9c3", name: "build", status: "success" },
  pipeline: {
    id: "1285fe1d-d3a6-44fc-8886-8979558254c4",
    number: 130,
    vcs: {
      provider_name: "github",
      origin_repository_url: "https://github.com/ops/config",
      target_repository_url: "https://github.com/ops/config",
      revision: commit,
      branch: "develop",
    },
  },
};

const harborData = {
  resources: [{ digest, tag: "58-develop", resource_url: "harbor.example.com/team/web:58-develop" }],
  repository: { date_created: 1795255000, name: "web", namespace: "team", repo_full_name: "team/web" },
};
const harborMark: Mark = { kind: "image", image: "harbor.example.com/team/web", tag: "58-develop" };

export const examples: readonly HookExample[] = [
  {
    name: "a push of GitHub",
    provider: "github",
    headers: { "x-github-event": "push", "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958" },
    body: push,
    marks: [branchMark],
  },
  {
    name: "an image pushed to ghcr.io",
    provider: "github",
    headers: { "x-github-event": "package" },
    body: {
      action: "published",
      package: {
        name: "web",
        namespace: "Team",
        package_type: "CONTAINER",
        owner: { login: "Team" },
        package_version: { container_metadata: { tag: { name: "58-develop", digest } } },
      },
    },
    marks: [{ kind: "image", image: "ghcr.io/team/web", tag: "58-develop" }],
  },
  {
    name: "a push of GitLab, signed",
    provider: "gitlab",
    headers: { "x-gitlab-event": "Push Hook" },
    body: gitlabPush,
    marks: [branchMark],
  },
  {
    name: "a push of GitLab with a token",
    provider: "gitlab-token",
    headers: { "x-gitlab-event": "Push Hook" },
    body: gitlabPush,
    marks: [branchMark],
  },
  {
    name: "a push of Gitea",
    provider: "gitea",
    headers: { "x-gitea-event": "push", "x-github-event": "push" },
    body: push,
    marks: [branchMark],
  },
  {
    name: "a push of Forgejo",
    provider: "forgejo",
    headers: { "x-forgejo-event": "push", "x-gitea-event": "push", "x-github-event": "push" },
    body: push,
    marks: [branchMark],
  },
  {
    name: "a workflow of CircleCI",
    provider: "circleci",
    headers: { "circleci-event-type": "workflow-completed" },
    body: circleciBody,
    marks: [{ kind: "branch", repository: "https://github.com/ops/config", branch: "develop" }],
  },
  {
    name: "a push to Docker Hub",
    provider: "docker-hub",
    body: {
      callback_url: "http://127.0.0.1:1/callback",
      push_data: { pushed_at: 1795255199, pusher: "ci", tag: "58-develop" },
      repository: { name: "web", namespace: "myrepo", repo_name: "myrepo/web", is_private: true },
    },
    marks: [{ kind: "image", image: "myrepo/web", tag: "58-develop" }],
  },
  {
    name: "a push to Harbor",
    provider: "harbor",
    body: { type: "PUSH_ARTIFACT", occur_at: 1795255199, operator: "ci", event_data: harborData },
    marks: [harborMark],
  },
  {
    name: "a push to Harbor as a CloudEvent",
    provider: "harbor",
    contentType: "application/cloudevents+json",
    body: {
      specversion: "1.0",
      id: "4b2f89a6-548d-4c12-9993-a1f5790b97d2",
      source: "/projects/1/webhook/policies/3",
      type: "harbor.artifact.pushed",
      datacontenttype: "application/json",
      data: harborData,
    },
    marks: [harborMark],
  },
  {
    name: "a push to a registry",
    provider: "registry",
    contentType: "application/vnd.docker.distribution.events.v2+json",
    body: {
      events: [
        event("push", { repository: "team/web", tag: "58-develop", digest }),
        event("push", { repository: "team/web", digest }),
        event("pull", { repository: "team/api", tag: "1-develop", digest }),
        event("push", { repository: "team/web", tag: "58-develop", digest }),
      ],
    },
    marks: [{ kind: "image", image: "registry.example.com:5000/team/web", tag: "58-develop" }],
  },
  {
    name: "a branch by Standard Webhooks",
    provider: "standard-webhooks",
    body: { branch: "develop", repository: "ops/config" },
    marks: [branchMark],
  },
  {
    name: "an image by Standard Webhooks",
    provider: "standard-webhooks",
    body: { image: "myrepo/web", tag: "58-develop" },
    marks: [{ kind: "image", image: "myrepo/web", tag: "58-develop" }],
  },
  {
    name: "a branch of a shell script",
    provider: "hmac",
    body: { id: "build-59", branch: "develop" },
    marks: [{ kind: "branch", branch: "develop" }],
  },
];

function event(action: string, target: Readonly<Record<string, string>>) {
  return {
    id: `${action}-${target["repository"]}-${target["tag"] ?? ""}`,
    timestamp: "2026-11-21T09:59:59Z",
    action,
    target: { ...target, url: "http://127.0.0.1:1/v2/x/manifests/y" },
    request: { host: "registry.example.com:5000", method: "PUT", addr: "10.0.0.1:4711" },
  };
}

/** The example of each provider that comes first. */
export function exampleOf(provider: HookProvider): HookExample {
  const example = examples.find((candidate) => candidate.provider === provider);
  if (!example) throw new Error(`no example of ${provider}`);
  return example;
}

export function bytesOf(body: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}

/** All headers of the example, in lower case. */
export function headersOf(example: HookExample, at = now): Readonly<Record<string, string>> {
  const body = bytesOf(example.body);
  return {
    "content-type": example.contentType ?? "application/json",
    ...example.headers,
    ...proofs[example.provider](secretOf[example.provider], body, at),
  };
}
