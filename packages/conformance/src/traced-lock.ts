import type { ResourceLock } from "@tenure/core";

/** A request that a lock is about to make. */
export type TracedOperation = "get" | "create" | "update";

/** A lock that tells of each request before it makes it; what is returned is waited for first. Closing it closes nothing. */
export function tracedLock(
  lock: ResourceLock,
  before: (operation: TracedOperation) => Promise<void> | void,
): ResourceLock {
  const { watch } = lock;
  return {
    description: lock.description,
    capabilities: lock.capabilities,
    get: async (options) => {
      await before("get");
      return await lock.get(options);
    },
    create: async (record, options) => {
      await before("create");
      return await lock.create(record, options);
    },
    update: async (record, expected, options) => {
      await before("update");
      return await lock.update(record, expected, options);
    },
    ...(watch !== undefined && { watch: (options) => watch.call(lock, options) }),
    close: async () => {},
  };
}
