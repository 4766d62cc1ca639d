/** Rare things that must happen often enough, or the attack was none. */
export const RARE_EVENTS = [
  "ambiguous acquire adopted",
  "acquire confirmed after its deadline",
  "renewal found landed by a read",
  "conflict on a renewal that had landed",
  "takeover at the bound",
  "late-landing renewal",
  "late-landing release",
  "late duplicate applied",
  "create of unknown fate",
  "release lost its race",
  "term lost by deadline",
  "term lost to a stall",
  "term taken over",
  "term lost to a deletion",
  "identity conflict",
  "token regression seen",
  "drain timeout",
  "task outlived its term",
  "leader woke up superseded",
  "absence waited out",
  "unfenced register violated",
  "fenced register refused",
  "outside the promise: overlap",
] as const;

export type RareEvent = (typeof RARE_EVENTS)[number];

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
