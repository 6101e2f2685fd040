import type { HookProvider } from "../model/daemon-settings.ts";
import type { HookAdapter } from "./adapter.ts";
import { circleci } from "./circleci.ts";
import { dockerHub } from "./docker-hub.ts";
import { hmac, standardWebhooks } from "./generic.ts";
import { forgejo, gitea } from "./gitea.ts";
import { github } from "./github.ts";
import { gitlab, gitlabToken } from "./gitlab.ts";
import { harbor } from "./harbor.ts";
import { registry } from "./registry.ts";

/** Which scheme counts is said by the settings of the endpoint, never by the headers that a request happens to have. */
export const providers: Readonly<Record<HookProvider, HookAdapter>> = {
  github,
  gitlab,
  "gitlab-token": gitlabToken,
  gitea,
  forgejo,
  circleci,
  "docker-hub": dockerHub,
  harbor,
  registry,
  "standard-webhooks": standardWebhooks,
  hmac,
};
