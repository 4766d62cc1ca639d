import type { ErrorBurst } from "./link.ts";
import type { LinkFault, StrangerAct, TaskHabits } from "./scenario.ts";

/** Rare things that must happen often enough, or the attack was none. */
export type RareEvent =
  | "ambiguous acquire adopted"
  | "acquire confirmed after its deadline"
  | "renewal found landed by a read"
  | "conflict on a renewal that had landed"
  | "takeover at the bound"
  | "late-landing renewal"
  | "late-landing release"
  | "late duplicate applied"
  | "create of unknown fate"
  | "release lost its race"
  | "term lost by deadline"
  | "term lost to a stall"
  | "term taken over"
  | "term lost to a deletion"
  | "identity conflict"
  | "token regression seen"
  | "drain timeout"
  | "task outlived its term"
  | "leader woke up superseded"
  | "absence waited out"
  | "unfenced register violated"
  | "fenced register refused"
  | "rival's window"
  | "outside the promise: overlap";

/** What goes wrong, as it is counted. */
export type FaultName =
  | LinkFault
  | `errors ${ErrorBurst["status"]}`
  | `stranger: ${StrangerAct}`
  | `task: ${keyof TaskHabits}`
  | "partition"
  | "several links cut"
  | "watch ends"
  | "watch fails"
  | "watch reconnects"
  | "pause"
  | "suspend"
  | "vm-pause"
  | "rate"
  | "wall-step"
  | "server-clock"
  | "crash, same identity"
  | "crash, new identity"
  | "stop"
  | "step-down"
  | "rolling change";

/** How often each fault took effect and each rare event was seen. */
export class Coverage {
  readonly counts: Map<string, number> = new Map();

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  /** A fault began. */
  fault(kind: FaultName): void {
    this.count(`fault: ${kind}`);
  }

  rare(what: RareEvent): void {
    this.count(what);
  }

  add(other: Iterable<readonly [string, number]>): void {
    for (const [what, times] of other) this.count(what, times);
  }
}
