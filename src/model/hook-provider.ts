import type { HookProvider } from "./daemon-settings.ts";
import type { Mark } from "./mark.ts";

/** What tells a hook of this provider from one that anybody sent. */
export type HookProof =
  /** A signature over the body; the secret itself never travels. */
  | "signature"
  /** The secret itself, in a header. */
  | "token"
  /** Nothing but the path that it was sent to. */
  | "path";

export interface HookProviderFacts {
  /** As people call it. */
  readonly title: string;
  readonly proof: HookProof;
  /** Where the proof is: names of headers in lower case. */
  readonly headers: readonly string[];
  /** What is signed, or compared, as a phrase. */
  readonly covers: string;
  /** What its hooks can say. */
  readonly marks: readonly Mark["kind"][];
}

const whole = "the whole body";

/** What settings, documentation and adapters have to agree on; the adapters are in `src/webhook`. */
export const hookProviderFacts: Readonly<Record<HookProvider, HookProviderFacts>> = {
  github: {
    title: "GitHub",
    proof: "signature",
    headers: ["x-hub-signature-256"],
    covers: `${whole}, HMAC-SHA256`,
    marks: ["branch", "image"],
  },
  gitlab: {
    title: "GitLab with a signing token (19.0 and newer)",
    proof: "signature",
    headers: ["webhook-id", "webhook-timestamp", "webhook-signature"],
    covers: "id, time and body, HMAC-SHA256 (Standard Webhooks)",
    marks: ["branch"],
  },
  "gitlab-token": {
    title: "GitLab with a secret token",
    proof: "token",
    headers: ["x-gitlab-token"],
    covers: "nothing; the token is compared",
    marks: ["branch"],
  },
  gitea: {
    title: "Gitea",
    proof: "signature",
    headers: ["x-gitea-signature"],
    covers: `${whole}, HMAC-SHA256`,
    marks: ["branch"],
  },
  forgejo: {
    title: "Forgejo",
    proof: "signature",
    headers: ["x-forgejo-signature"],
    covers: `${whole}, HMAC-SHA256`,
    marks: ["branch"],
  },
  circleci: {
    title: "CircleCI",
    proof: "signature",
    headers: ["circleci-signature"],
    covers: `${whole}, HMAC-SHA256`,
    marks: ["branch"],
  },
  "docker-hub": {
    title: "Docker Hub",
    proof: "path",
    headers: [],
    covers: "nothing; the path is compared",
    marks: ["image"],
  },
  harbor: {
    title: "Harbor",
    proof: "token",
    headers: ["authorization"],
    covers: "nothing; the header is compared",
    marks: ["image"],
  },
  registry: {
    title: "CNCF Distribution (`registry:2`, `registry:3`)",
    proof: "token",
    headers: ["authorization"],
    covers: "nothing; the header is compared",
    marks: ["image"],
  },
  "standard-webhooks": {
    title: "anything that speaks Standard Webhooks",
    proof: "signature",
    headers: ["webhook-id", "webhook-timestamp", "webhook-signature"],
    covers: "id, time and body, HMAC-SHA256",
    marks: ["branch", "image"],
  },
  hmac: {
    title: "anything that can run `openssl`",
    proof: "signature",
    headers: ["x-signature"],
    covers: `${whole}, HMAC-SHA256 or HMAC-SHA512`,
    marks: ["branch", "image"],
  },
};
