import { expect, test } from "vitest";
import { observeScope } from "../../../src/reconcile/observe-scope.ts";
import {
  desiredState,
  network,
  onNetworks,
  replicas,
  volume,
  volumeMount,
  workload,
} from "../../support/builders.ts";

test("must look at every name that the desired state mentions, declared or not", () => {
  const scope = observeScope(
    desiredState(
      [
        workload("web", { network: onNetworks("front", "theirs"), mounts: [volumeMount("undeclared")] }),
        workload("side", { network: { kind: "container", container: "vpn" } }),
        workload("many", { image: "myrepo/many:1" }, { containerNames: replicas(2, "many") }),
      ],
      { networks: [network("front"), network("unused")], volumes: [volume("data")] },
    ),
  );
  expect(scope).toEqual({
    owner: { project: "shop", environment: "develop" },
    target: "engine",
    containerNames: new Set(["many-1", "many-2", "side", "web", "vpn"]),
    networkNames: new Set(["front", "unused", "theirs"]),
    volumeNames: new Set(["data", "undeclared"]),
    images: new Set(["myrepo/many:1", "myrepo/side:1-develop", "myrepo/web:1-develop"]),
  });
});
