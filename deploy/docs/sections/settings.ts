import { defaultSettings } from "../../../src/desired/settings-file.ts";
import { formatDuration } from "../../../src/lib/duration.ts";
import { noticeKinds } from "../../../src/model/daemon-settings.ts";
import { defaultPrunePolicy, defaultRolloutPolicy } from "../../../src/model/environment.ts";
import { helpers } from "../../../src/render/helpers.ts";
import { code, codes, table } from "../markdown.ts";

export const settingsSections = {
  settings: () =>
    table(
      ["key", "is", "default"],
      Object.entries(settingsKeys).map(([key, { doc, byDefault = "" }]) => [code(key), doc, byDefault]),
    ),
  variables: () =>
    table(
      ["variable", "is", "default"],
      Object.entries(variables).map(([name, { doc, byDefault = "" }]) => [code(name), doc, byDefault]),
    ),
  helpers: renderHelpers,
};

interface Entry {
  readonly doc: string;
  readonly byDefault?: string;
}

/** Keys of `mysysconfig.yaml` with dots between levels; a test holds them against the parser. */
export const settingsKeys: Readonly<Record<string, Entry>> = {
  project: {
    doc: "name of this configuration on the Engine; two repositories on one Engine need two names",
    byDefault: code(defaultSettings.project),
  },
  environments: { doc: "environments by name", byDefault: "one, named after the branch" },
  "environments.NAME.branch": { doc: "the branch that runs here", byDefault: "the environment's name" },
  "environments.NAME.values": { doc: "values of this environment, over the common ones" },
  "environments.NAME.policy": { doc: `as ${code("policy")}, for this environment` },
  "environments.NAME.prune": { doc: `as ${code("prune")}, for this environment` },
  "environments.NAME.target": {
    doc: `what is reconciled: ${code("engine")}, ${code("swarm")}, or ${code("auto")} for what is found ([on a Swarm](swarm.md))`,
    byDefault: code("auto"),
  },
  "environments.NAME.promotesFrom": {
    doc: `branches whose builds may run here as well: ${code("[develop]")} lets ${code("58-develop")} be promoted to this environment; each must be the branch of another environment`,
    byDefault: "none: own images must be builds of its own branch",
  },
  values: { doc: "values that every environment shares: texts, numbers, booleans, lists, mappings" },
  secrets: { doc: "list of names; their values come with the run and are never shown" },
  instances: {
    doc: `instances of template units: ${code("worker: [1, 2]")} runs ${code("worker@1")} and ${code("worker@2")}`,
  },
  "images.own": {
    doc: `patterns of images that you build; ${code("*")} is anything but ${code("/")}, ${code("**")} is anything`,
  },
  "images.policies": {
    doc: `how tags move when newer ones are looked for, by image name or pattern; see [tags](#tags-of-images)`,
    byDefault: `${code("newest-build")} for own images, ${code("fixed")} for others`,
  },
  "images.exceptions": {
    doc: `builds of another branch, and tags that are no builds, that may run here: ${code('{image: "myrepo/shared:12-master", reason: "…"}')}`,
  },
  hostFiles: { doc: "variables of environment files of the host, by absolute path" },
  substitutions: {
    doc: `what stands for the output of a command in shell lines of units: ${code("hostname: web-1")}; see [substitutions](#substitutions)`,
    byDefault: "none: a command is an error",
  },
  "policy.stability": {
    doc: "how long a started container must stay good",
    byDefault: formatDuration(defaultRolloutPolicy.stabilityMs),
  },
  "policy.gateTimeout": {
    doc: "longest time a container may take to become good",
    byDefault: "computed from its health check",
  },
  "policy.settle": {
    doc: "how long old and new both serve after a cut-over",
    byDefault: formatDuration(defaultRolloutPolicy.settleMs),
  },
  "policy.retention": {
    doc: "how long a replaced container is kept stopped for a rollback; 0s: not at all",
    byDefault: formatDuration(defaultRolloutPolicy.retentionMs),
  },
  "policy.lockExpiry": {
    doc: "after this time without a sign of life another run may take the lock over",
    byDefault: formatDuration(defaultRolloutPolicy.lockExpiryMs),
  },
  "policy.allowedCredentials": {
    doc: `patterns of files in which what looks like a credential in plain text is none: ${code("units/demo.service")}; ${code("*")} and ${code("**")} as in ${code("images.own")}; not per environment`,
    byDefault: "none",
  },
  "prune.maxShare": {
    doc: `largest share (0 to 1) of the workloads that one run removes without ${code("--yes")}`,
    byDefault: String(defaultPrunePolicy.maxShare),
  },
  "policy.registry": {
    doc: `what a registry's word of a newer allowed build leads to: ${code("commit")}: a commit to the branch that is followed, if it can be written to; ${code("apply")}: its rollout ahead of Git; ${code("wait")}: nothing until somebody commits it`,
    byDefault: code("commit"),
  },
  schedules: {
    doc: `when ${code("run")} looks: a cron expression by name, or the keys below; see [the daemon](daemon.md)`,
    byDefault: `${code("reconcile")} every five minutes`,
  },
  "schedules.NAME.cron": {
    doc: "minute, hour, day of month, month, day of week; six fields begin with seconds",
  },
  "schedules.NAME.timeZone": { doc: `name of the IANA database, ${code("Europe/Berlin")}`, byDefault: "UTC" },
  "schedules.NAME.jitter": {
    doc: "each run is put off by a random span of up to this much, an hour at most",
    byDefault: "0s",
  },
  "schedules.NAME.catchUp": {
    doc: "a run that was missed while nobody was there is made up for",
    byDefault: "true",
  },
  "prune.images": {
    doc: `${code("unused")}: images that the environment ran and nothing needs any more are removed`,
    byDefault: code(defaultPrunePolicy.images),
  },
  webhooks: {
    doc: `endpoints for hooks by name: ${code("push: {provider: github, secret: HOOK_SECRET}")}; see [webhooks](webhooks.md)`,
    byDefault: "none",
  },
  notifications: { doc: "who is told of failures, by name; see [notifications](observe.md#notifications)" },
  "notifications.NAME.kind": {
    doc: `${code("webhook")}: a signed JSON document; ${code("slack")}: a text for Slack, Mattermost, or Discord's ${code("/slack")}`,
  },
  "notifications.NAME.url": { doc: `name under ${code("secrets")}; the secret is the URL` },
  "notifications.NAME.sign": {
    doc: `${code("webhook")} only, and needed there: name under ${code("secrets")}; the secret is ${code("whsec_")} and 24 to 64 random bytes in base64`,
  },
  "notifications.NAME.on": { doc: `some of ${codes(noticeKinds)}`, byDefault: "all of them" },
  "notifications.NAME.silentIntervals": {
    doc: `${code("silence")}: so many intervals of the reconcile schedule without a success`,
    byDefault: "3",
  },
};

/** What is read from the process environment; a test holds it against the reader. */
export const variables: Readonly<Record<string, Entry>> = {
  DOCKER_HOST: { doc: "where the Engine is", byDefault: code("unix:///var/run/docker.sock") },
  DOCKER_TLS_VERIFY: { doc: "not empty: the Engine is spoken to with TLS" },
  DOCKER_CERT_PATH: { doc: `folder with ${code("ca.pem")}, ${code("cert.pem")} and ${code("key.pem")}` },
  MYSYSCONFIG_BUILD: { doc: "build tag or number of the image, baked into it: tells the older of two" },
  MYSYSCONFIG_CREATED: {
    doc: "when the image was baked: tells the older of two where there is no build number",
  },
  USER: { doc: `the user part of ${code("MYSYSCONFIG_ACTOR")}` },
  SUDO_USER: { doc: `goes before ${code("USER")}` },
  MYSYSCONFIG_ACTOR: {
    doc: "who starts the run, as locks and the history name them",
    byDefault: "user@host",
  },
  MYSYSCONFIG_CALL_TIMEOUT: { doc: "deadline of an ordinary call to the Engine", byDefault: "60s" },
  DOCKER_CONFIG: {
    doc: `folder of the ${code("config.json")} with registry credentials`,
    byDefault: code("$HOME/.docker"),
  },
  HOME: { doc: "only for the default of the line above" },
  MYSYSCONFIG_VALUE_NAME: {
    doc: `the value ${code("NAME")}; two underscores are a dot: ${code("MYSYSCONFIG_VALUE_web__port")} is ${code("web.port")}`,
  },
  MYSYSCONFIG_SECRET_NAME: { doc: `the secret ${code("NAME")}; wins over a mounted file` },
  MYSYSCONFIG_VALUES_DIR: { doc: "folder with one file a value", byDefault: code("/run/mysysconfig/values") },
  MYSYSCONFIG_SECRETS_DIR: { doc: "folder with one file a secret", byDefault: code("/run/secrets") },
  MYSYSCONFIG_ENVIRONMENT: { doc: `the environment, as ${code("--environment")}, which wins` },
  MYSYSCONFIG_CONFIG_DIR: {
    doc: `the configuration folder, as ${code("--config")}, which wins`,
    byDefault: `${code("/config")} in the image, else the working folder`,
  },
  MYSYSCONFIG_BRANCH: { doc: "branch of the configuration; baked in" },
  MYSYSCONFIG_REVISION: { doc: "commit of the configuration; baked in", byDefault: "the hash of the files" },
  MYSYSCONFIG_SUBJECT: { doc: "first line of the commit message, for people; baked in" },
  MYSYSCONFIG_SOURCE: { doc: "URL of the configuration repository; baked in" },
  MYSYSCONFIG_GIT_TOKEN: {
    doc: `token for ${code("https://")} repositories; goes to their host and port only`,
  },
  MYSYSCONFIG_GIT_TOKEN_FILE: { doc: "a file with the token instead" },
  MYSYSCONFIG_GIT_USERNAME: {
    doc: "user that goes with the token; the user in the URL wins",
    byDefault: code("x-access-token"),
  },
  MYSYSCONFIG_GIT_SSH_KEY: {
    doc: `private key for ${code("ssh://")} repositories, without a passphrase`,
    byDefault: "the keys of the agent",
  },
  MYSYSCONFIG_GIT_KNOWN_HOSTS: {
    doc: `${code("known_hosts")} file with the server's key; ${code("ssh://")} needs it`,
  },
  MYSYSCONFIG_GIT_CA: {
    doc: `certificates of the authorities to trust for ${code("https://")} repositories`,
    byDefault: "the system's",
  },
  MYSYSCONFIG_GIT_AUTHOR: {
    doc: `author of commits, ${code("Name <mail>")}`,
    byDefault: code("mysysconfig <mysysconfig@localhost>"),
  },
  PATH: { doc: "where git and ssh are found" },
  SSH_AUTH_SOCK: { doc: `the agent that is asked without ${code("MYSYSCONFIG_GIT_SSH_KEY")}` },
  http_proxy: { doc: "passed on to git" },
  https_proxy: { doc: "passed on to git" },
  no_proxy: { doc: "passed on to git" },
  all_proxy: { doc: "passed on to git" },
  HTTP_PROXY: { doc: "passed on to git" },
  HTTPS_PROXY: { doc: "passed on to git" },
  NO_PROXY: { doc: "passed on to git" },
  ALL_PROXY: { doc: "passed on to git" },
  MYSYSCONFIG_REGISTRY_CA: {
    doc: "PEM file of certificate authorities that registries may show, besides the system's own",
  },
  MYSYSCONFIG_REGISTRY_INSECURE: {
    doc: "registries (hosts, with commas between them) that are spoken to in plain HTTP; those on the loopback always are",
  },
  DEBUG: { doc: `${code("*")} or ${code("modem")} is refused: the Docker client would print credentials` },
  NO_COLOR: { doc: "not empty: no colours" },
};

const helperDocs: Readonly<Record<string, string>> = {
  yaml: `any value as a YAML (and JSON) value that reads back as exactly the same; in compose files ${code("$")} is doubled`,
  json: `the same as ${code("yaml")}`,
  quote: `a text as one quoted word of a unit; ${code("%")} and ${code("$")} are doubled`,
  multiline: "a text with line breaks, in files that are neither units nor compose files",
  lower: "in lower case",
  upper: "in upper case",
  trim: "without white space around it",
  not: "true when the value is false, 0, empty or missing text",
  default: "the first value, or the second one when the first is missing or null",
  eq: "whether both are the same text",
  ne: "whether they differ",
  and: "whether all are true",
  or: "whether one is true",
  join: "a list of texts as one text; a comma unless another separator is given",
  lookup: "a member of a mapping or list by a name that is computed",
  concat: "texts put together",
};

function renderHelpers(): string {
  const rows = [...helpers].map(([name, { usage }]) => {
    const doc = helperDocs[name];
    if (doc === undefined)
      throw new Error(`the helper "${name}" has no text in deploy/docs/sections/settings.ts`);
    return [code(usage), doc];
  });
  return table(["written", "gives"], rows);
}
