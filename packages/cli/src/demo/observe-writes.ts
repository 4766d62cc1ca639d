import type { LeaderElectionRecord, ResourceLock, VersionedRecord } from "@tenure/core";

/** The same lock, that tells of every write that was confirmed: an elector has no event for a renewal. */
export function observeWrites(
  lock: ResourceLock,
  onWritten: (record: LeaderElectionRecord) => void,
): ResourceLock {
  const told = async (written: Promise<VersionedRecord>): Promise<VersionedRecord> => {
    const stored = await written;
    onWritten(stored.record);
    return stored;
  };
  return {
    description: lock.description,
    capabilities: lock.capabilities,
    get: (options) => lock.get(options),
    create: (record, options) => told(lock.create(record, options)),
    update: (record, expected, options) => told(lock.update(record, expected, options)),
    ...(lock.watch !== undefined && { watch: lock.watch.bind(lock) }),
    close: () => lock.close(),
  };
}
