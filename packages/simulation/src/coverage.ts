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

/** About how often each happens in a simulated year. */
export const RARE_EVENTS: Readonly<Record<RareEvent, number>> = {
  "ambiguous acquire adopted": 2000,
  "acquire confirmed after its deadline": 8000,
  "renewal found landed by a read": 75_000,
  "conflict on a renewal that had landed": 280_000,
  "takeover at the bound": 17_000,
  "late-landing renewal": 17_000,
  "late-landing release": 30,
  "late duplicate applied": 150,
  "create of unknown fate": 500,
  "release lost its race": 600,
  "term lost by deadline": 55_000,
  "term lost to a stall": 16_000,
  "term taken over": 20_000,
  "term lost to a deletion": 6000,
  "identity conflict": 30,
  "token regression seen": 26_000,
  "drain timeout": 3000,
  "task outlived its term": 80_000,
  "leader woke up superseded": 4500,
  "absence waited out": 6500,
  "unfenced register violated": 5000,
  "fenced register refused": 5000,
  "rival's window": 200,
  "outside the promise: overlap": 2600,
};

/** How often each fault took effect and each rare event was seen. */
export class Coverage {
  readonly counts: Map<string, number> = new Map();

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  rare(what: RareEvent): void {
    this.count(what);
  }

  add(other: Iterable<readonly [string, number]>): void {
    for (const [what, times] of other) this.count(what, times);
  }
}
