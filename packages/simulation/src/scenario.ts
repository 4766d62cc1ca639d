import type { FlavourName } from "./flavour.ts";
import type { ErrorBurst, Latency, LinkConditions } from "./link.ts";

/** The options of one elector, in milliseconds. */
export interface Durations {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly drainTimeoutMs: number;
  /** Not the default, where it is given. */
  readonly requestTimeoutMs?: number | undefined;
  readonly observerMarginMs?: number | undefined;
  readonly abortGraceMs?: number | undefined;
}

/** How likely a task is to be a bad one, per term. */
export interface TaskHabits {
  readonly ignoresSignal: number;
  readonly hangs: number;
  readonly throws: number;
  readonly returnsEarly: number;
}

/** One machine with one process that campaigns. */
export interface ReplicaPlan {
  readonly name: string;
  readonly kind: "tenure" | "client-go";
  /** Its process's identity; the same name for two of them is a fault. */
  readonly identity: string;
  readonly startsAtMs: number;
  readonly durations: Durations;
  /** Milliseconds of its clocks per true millisecond, at first. */
  readonly rate: number;
  /** How far its wall clock is off at first. */
  readonly wallOffsetMs: number;
  readonly habits: TaskHabits;
  /** Campaigns with `acquire()` and gives each term back itself, instead of `run()`. */
  readonly acquires: boolean;
}

/** What a link can suffer for a while; `intensity` from 0 to 1 where it makes a difference. */
export type LinkFault = Exclude<keyof LinkConditions, "error" | "everySecondRequestLost">;

/** What a stranger does to the record. */
export type StrangerAct =
  | "label"
  | "delete"
  | "empty"
  | "shorten"
  | "lengthen"
  | "clear-duration"
  | "overwrite"
  | "restore";

/** One thing that goes wrong, at `atMs` of true time. `who` is an index into the replicas. */
export type Fault = { readonly atMs: number } & (
  | {
      readonly kind: "link";
      readonly who: number;
      readonly untilMs: number;
      readonly fault: LinkFault;
      readonly intensity: number;
    }
  | { readonly kind: "errors"; readonly who: number; readonly untilMs: number; readonly burst: ErrorBurst }
  | { readonly kind: "pause" | "suspend" | "vm-pause"; readonly who: number; readonly untilMs: number }
  | { readonly kind: "rate"; readonly who: number; readonly rate: number }
  | { readonly kind: "wall-step"; readonly who: number; readonly byMs: number }
  | { readonly kind: "server-clock"; readonly byMs: number }
  | {
      readonly kind: "crash" | "stop";
      readonly who: number;
      readonly restartAtMs: number;
      readonly sameIdentity: boolean;
      readonly durations: Durations;
    }
  | { readonly kind: "step-down"; readonly who: number }
  | { readonly kind: "watch-cut"; readonly who: number; readonly how: "ends" | "fails" | "reconnects" }
  | { readonly kind: "stranger"; readonly act: StrangerAct; readonly back: number }
);

/** Everything that makes one world: with the same seed for its random streams it runs the same way every time. Plain data. */
export interface Scenario {
  readonly seed: number;
  /** Seed of all that is drawn while it runs (latencies, losses, jitter); the same as `seed` unless it was shrunk. */
  readonly chance: number;
  readonly flavour: FlavourName;
  readonly watches: boolean;
  readonly latency: Latency;
  /** What the electors are told to expect of clocks. */
  readonly clockRateError: number;
  /** What the clocks really do, at worst. */
  readonly actualRateError: number;
  readonly replicas: readonly ReplicaPlan[];
  readonly faults: readonly Fault[];
  /** How long things go wrong; then all is healed and progress is demanded. */
  readonly chaosMs: number;
  /** How often a task writes to the guarded register, in milliseconds of its clock; 0 for never. */
  readonly workEveryMs: number;
}

/** Every lease duration that a replica of this world writes, in milliseconds. */
export function leasesOf({ replicas, faults }: Scenario): ReadonlySet<number> {
  const leases = new Set(replicas.map(({ durations }) => durations.leaseDurationMs));
  for (const fault of faults) {
    if (fault.kind === "crash" || fault.kind === "stop") leases.add(fault.durations.leaseDurationMs);
  }
  return leases;
}

/** The longest of them. */
export function longestLeaseMs(scenario: Scenario): number {
  return Math.max(...leasesOf(scenario));
}
