import { labelKeys } from "../../../src/model/ownership.ts";
import type { StepKind } from "../../../src/model/step.ts";
import { type ChangeClass, fieldRules } from "../../../src/plan/fields.ts";
import { code, table } from "../markdown.ts";

export const reconcileSections = { fields, steps, labels };

const ways: Readonly<Record<ChangeClass, string>> = {
  "in-place": "in place",
  network: "attach, detach or attach again",
  recreate: "new container",
};

function fields(): string {
  const rows = fieldRules.map(({ name, change, engineDefault, masked }) => [
    name,
    ways[change],
    [
      ...(engineDefault ? ["unset means the Engine's default"] : []),
      ...(masked ? [`shown as ${code("***")} without ${code("--show-values")}`] : []),
    ].join("; "),
  ]);
  return table(["field", "a difference takes", "note"], [["image", ways.recreate, "see below"], ...rows]);
}

const stepDocs: Readonly<Record<StepKind, string>> = {
  "pull-image": "pulls an image that is not on the Engine; once for all workloads that use it",
  "create-network": "creates a declared network that is missing",
  "create-volume": "creates a declared volume that is missing",
  "create-files": "puts files of the repository into a volume of their own",
  "create-container": "creates a container and checks that the Engine took over every setting",
  "start-container": "starts it",
  "unpause-container": "lets a paused container go on",
  "gate-container": "waits until it is good and has stayed good",
  "await-job": "waits until a job has exited with 0, at most an hour",
  "cut-over": "gives the new container the aliases and addresses of the service",
  "update-container": "changes limits or the restart policy of a living container",
  "connect-network": "attaches a network",
  "disconnect-network": "detaches a network that is no longer declared",
  "stop-container": "sets the restart policy to no, then stops it with its own signal and timeout",
  "rename-container": "changes its name",
  "remove-container": "removes a stopped container, never its volumes",
  "remove-network": "removes a network of this configuration that nothing uses any more",
  "remove-image":
    "removes an image that the environment ran and nothing needs any more, with `prune.images: unused`",
  "remove-files": "removes a file volume that nothing uses any more",
  "create-stored": "puts a file of the repository among the cluster's configs or secrets",
  "remove-stored": "removes a config or secret of this configuration that no service names any more",
  "create-service": "creates a service and checks that the cluster took over every setting",
  "update-service":
    "changes a service, unless somebody else changed it since the plan was made; Swarm replaces its tasks",
  "remove-service": "removes a service that the configuration no longer names",
  "gate-service":
    "waits until the tasks of the service are as they should be on nodes that are up, and stay so",
  pause: "waits between two batches of replicas",
};

function steps(): string {
  return table(
    ["step", "does"],
    Object.entries(stepDocs).map(([kind, doc]) => [code(kind), doc]),
  );
}

const labelDocs: Readonly<Record<keyof typeof labelKeys, string>> = {
  project: "the project of the settings",
  environment: "the environment",
  workload: "the workload's key",
  replica: "number of the replica, from 1",
  kind: `${code("service")} or ${code("job")}`,
  spec: "hash of what was asked for; a hint only",
  set: "fields with an Engine default that were set on purpose",
  needs: "keys of the workloads it depends on",
  source: "URL of the configuration repository, if it was baked in",
  revision: "first seven digits of the revision that created it",
  timer: "name of the timer unit that it was made for",
  due: "the time that it was made to serve; absent on a container that was armed ahead",
  txn: "the replacement that created it",
  content: `${code("files")} on volumes, configs and secrets with files of the repository`,
  image: "on a service: the image as the configuration names it, where the spec has its digest",
};

function labels(): string {
  const keys = Object.keys(labelDocs) as (keyof typeof labelKeys)[];
  return table(
    ["label", "is"],
    keys.map((key) => [code(labelKeys[key]), labelDocs[key]]),
  );
}
