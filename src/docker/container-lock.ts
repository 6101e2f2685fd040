import type { LockOptions } from "../ports.ts";
import type { LockObject } from "./acquire-lock.ts";
import { statusOf } from "./api-errors.ts";
import { createVessel } from "./empty-image.ts";
import { apiPath, type EngineClient } from "./engine-client.ts";
import { lockLabels, sightLock } from "./lock-sight.ts";
import { lockVessel, type StatePlace } from "./state-place.ts";

/**
 * The lock of an Engine: a never-started container, whose name exactly one of all contenders can take (Docker Engine API,
 * "ContainerCreate": 409 for the others).
 */
export function containerLock(
  client: EngineClient,
  place: StatePlace,
  { holder, expiryMs }: LockOptions,
  holderId: string,
): LockObject {
  const labels = {
    [lockLabels.holder]: holder,
    [lockLabels.holderId]: holderId,
    [lockLabels.expiry]: String(expiryMs),
  };
  const { subject } = place;
  return {
    subject,
    removal: `docker rm -f ${place.lock}`,
    create: (signal) =>
      createVessel(client, lockVessel(place, labels), `take the lock of ${subject}`, signal),
    find: (signal) => sightLock(client, place, place.lock, expiryMs, signal),
    look: (id, signal) => sightLock(client, place, id, expiryMs, signal),
    async remove(id, signal) {
      const request = { what: `remove an expired lock of ${subject}`, path: apiPath`/containers/${id}` };
      try {
        await client.delete(request, signal);
      } catch (error) {
        // One of all who try gets 204; the others are told that it is gone or going ("ContainerDelete").
        const status = statusOf(error);
        if (status !== 404 && status !== 409) throw error;
      }
    },
  };
}
