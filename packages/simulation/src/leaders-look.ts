import type { LockEvent } from "@tenure/core";
import type { Candidate } from "./candidate.ts";
import type { Call } from "./link.ts";
import { requestTimeoutMs } from "./request-timeout.ts";
import type { Origin } from "./store.ts";
import type { Verdict } from "./verdict.ts";

/** S6, R5: a leader that is told of a write that is not its own reads before it writes, and at once. */
export class LeadersLook {
  readonly #verdict: Verdict;

  constructor(verdict: Verdict) {
    this.#verdict = verdict;
  }

  told(candidate: Candidate, event: LockEvent): void {
    if (candidate.elector === undefined || candidate.term === undefined || event.kind === "resync") return;
    const current = event.kind === "changed" ? event.current : undefined;
    const writer = (current?.raw as Origin | undefined)?.writer; // the simulated store's own
    const order = event.kind === "deleted" ? event.fencingToken : current?.fencingToken;
    if (writer === candidate.process || candidate.lookDue !== undefined) return;
    if (order !== undefined && order <= (candidate.confirmedToken ?? -1n)) return;
    // One request at a time: the one under way may take its timeout.
    const untilMs = candidate.process.now() + requestTimeoutMs(candidate.durations) + 1;
    candidate.lookDue = { order, untilMs };
  }

  sent(candidate: Candidate, { write }: Call): void {
    if (candidate.lookDue === undefined) return;
    candidate.lookDue = undefined;
    if (write === undefined || write.record.holderIdentity === "" || candidate.term === undefined) return;
    this.#verdict.fail(
      "S6",
      "renews after its watch told of another's write, with no read before",
      candidate,
    );
  }

  /** A write of its own that came later answers the event. */
  confirmed(candidate: Candidate, token: bigint): void {
    const order = candidate.lookDue?.order;
    if (order !== undefined && token >= order) candidate.lookDue = undefined;
  }

  /** It still leads. */
  leads(candidate: Candidate): void {
    const { lookDue, process, ranSinceMs, durations } = candidate;
    if (lookDue === undefined) return;
    const nowMs = process.now();
    if (nowMs <= lookDue.untilMs || nowMs <= ranSinceMs + requestTimeoutMs(durations) + 1) return;
    this.#verdict.fail("S6", "does not look although its watch told of another's write", candidate);
  }
}
