import type { Latency } from "./link.ts";
import type { RandomStream } from "./random.ts";

/** What becomes of one request to the guarded register. */
export type RegisterFate =
  | { readonly kind: "answered"; readonly answerMs: number }
  | { readonly kind: "request lost" }
  | { readonly kind: "answer lost" }
  /** Lands when its caller has long given up on it. */
  | { readonly kind: "late"; readonly lateMs: number };

/** Each way to stay without an answer. */
const UNANSWERED = 0.02;

/** Draws twice, whatever comes: a fate takes no luck from the next one. */
export function drawFate(random: RandomStream, { meanMs }: Latency, latestLandingMs: number): RegisterFate {
  const dice = random.next();
  const delay = random.next();
  if (dice < UNANSWERED) return { kind: "request lost" };
  if (dice < 2 * UNANSWERED) return { kind: "answer lost" };
  if (dice < 3 * UNANSWERED) return { kind: "late", lateMs: latestLandingMs * delay };
  return { kind: "answered", answerMs: 2 * meanMs * delay };
}
