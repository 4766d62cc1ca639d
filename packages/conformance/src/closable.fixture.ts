import { LeaderElectionError, type ResourceLock } from "@tenure/core";

/** A lock over another one, with an end of its own: CellLock has nothing to close. */
export function closable(lock: ResourceLock): ResourceLock {
  let isClosed = false;
  const check = (): void => {
    if (isClosed) throw new LeaderElectionError("ERR_LOCK_CLOSED", `${lock.description} is closed`);
  };
  return {
    description: lock.description,
    capabilities: lock.capabilities,
    get: async (options) => {
      check();
      return await lock.get(options);
    },
    create: async (record, options) => {
      check();
      return await lock.create(record, options);
    },
    update: async (record, expected, options) => {
      check();
      return await lock.update(record, expected, options);
    },
    close: async () => {
      isClosed = true;
    },
  };
}
