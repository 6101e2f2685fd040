import type { RefusedKey } from "./key-table.ts";

/** Keys that Compose knows and that are refused wherever they stand, with the reason. */

export const windowsKey: RefusedKey = {
  refused: "it is for containers of Windows",
  hint: "remove it",
};

export const modelsKey: RefusedKey = {
  refused: "models are run by Docker Model Runner, which an Engine is without",
  hint: "run the model as a service with an image, and give its address under environment",
};

const hook =
  "it would run once more with docker compose only, and not when the Engine itself restarts the container";

export const refusedServiceKeys: Readonly<Record<string, RefusedKey>> = {
  cpu_count: windowsKey,
  cpu_percent: windowsKey,
  credential_spec: windowsKey,
  models: modelsKey,
  post_start: {
    refused: hook,
    hint: "make it a job: a service with x-job: true that depends on this one; or do it in the entrypoint",
  },
  pre_stop: { refused: hook, hint: "let the program do it when it gets its stop_signal" },
  provider: {
    refused: "a program outside of Docker would make it, so that a plan could not show what it does",
    hint: "run it as a service with an image, or make it by hand and name its address under environment",
  },
  use_api_socket: {
    refused: "it hands out the credentials of whoever runs docker compose",
    hint: "mount /var/run/docker.sock under volumes",
  },
};
