// For applications.

// For tests and simulations.
export type { Clock, Random, TimeReading, Timer } from "./clock.ts";
export { systemClock } from "./clock.ts";
export type { LeaderElectionErrorCode, LeaderElectionErrorOptions, StopReason } from "./errors.ts";
export { LeaderElectionError } from "./errors.ts";
// For authors of lock backends.
export type {
  CallOptions,
  LeaderElectionRecord,
  LockCapabilities,
  LockEvent,
  ResourceLock,
  VersionedRecord,
  WatchOptions,
} from "./resource-lock.ts";
