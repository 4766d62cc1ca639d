// For applications.

// For tests and simulations.
export type { Clock, Random, TimeReading, Timer } from "./clock.ts";
export { systemClock } from "./clock.ts";
export type { Anomaly } from "./elector-state.ts";
export type { LeaderElectionErrorCode, LeaderElectionErrorOptions, StopReason } from "./errors.ts";
export { LeaderElectionError } from "./errors.ts";
export type { LeaderElectorEvents, Listener } from "./events.ts";
export type { CampaignOptions, Task } from "./leader-elector.ts";
export { LeaderElector } from "./leader-elector.ts";
export type { LeaderElectorOptions } from "./options.ts";
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
export type { Term } from "./term.ts";
