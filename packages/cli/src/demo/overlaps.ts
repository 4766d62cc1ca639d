import type { TermHistory } from "./term-history.ts";

/** Two tasks that ran at once. */
export interface Overlap {
  readonly replicas: readonly [string, string];
  readonly fromMs: number;
  readonly durationMs: number;
}

/** Every pair of terms whose tasks ran at the same time, which is what an election is there to prevent. */
export function findOverlaps(terms: readonly TermHistory[], nowMs: number): readonly Overlap[] {
  const spans = terms.flatMap(({ replica, token, ran }) =>
    ran.map(({ fromMs, toMs = nowMs }) => ({ replica, token, fromMs, toMs })),
  );
  return spans.flatMap((one, index) =>
    spans.slice(index + 1).flatMap((other): Overlap[] => {
      const fromMs = Math.max(one.fromMs, other.fromMs);
      const durationMs = Math.min(one.toMs, other.toMs) - fromMs;
      // Two spans of one term never overlap; two terms of one replica could.
      if (durationMs <= 0 || one.token === other.token) return [];
      return [{ replicas: [one.replica, other.replica], fromMs, durationMs }];
    }),
  );
}
