import type { LockUrl } from "../lock-url.ts";
import type { StoreOptions } from "../store-options.ts";
import type { Happening } from "./demo-event.ts";
import type { Route } from "./routes.ts";

/** How a replica gets to the lock. */
export interface RoutedLock {
  readonly url: LockUrl;
  readonly options: StoreOptions;
  readonly routes: readonly Route[];
}

/** The election's times, as `LeaderElector` takes them. */
export interface Timing {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** What a replica is told, first to campaign. */
export type ReplicaOrder =
  | { readonly kind: "campaign"; readonly name: string; readonly lock: RoutedLock; readonly timing: Timing }
  /** As SIGTERM does; a message works on every platform. */
  | { readonly kind: "stop" };

/** What a replica tells, with the time by the clock that all processes of a machine share. */
export interface ReplicaReport {
  readonly atMs: number;
  readonly happening: Extract<
    Happening,
    { kind: "up" | "sees-leader" | "renewed" | "task-started" | "worked" | "task-stopped" | "trouble" }
  >;
}
