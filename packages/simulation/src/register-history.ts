/**
 * Histories of a fenced register, as the program in `../porcupine` reads them: one {@link RegisterHistory} a line, in JSON.
 *
 * The register holds a value and the largest fencing token that it has seen, at first `0` and `"0"`. It accepts a write
 * whose token is not smaller, and rejects any other.
 */

/** What was done to one register. The order of the operations does not matter: their times do. */
export interface RegisterHistory {
  /** Names the history in the verdict, e.g. `"seed 17"`. */
  readonly name: string;
  readonly operations: readonly RegisterOperation[];
}

/** One call, from the caller's side. Times are true time; two calls that touch at one instant are concurrent. */
export type RegisterOperation = RegisterWrite | RegisterRead | UnknownWrite | UnknownRead;

/** A write that was answered. */
export interface RegisterWrite {
  /** Who called, from 0. */
  readonly client: number;
  readonly kind: "write";
  /** Its fencing token: a decimal integer from 0, below 2^64. */
  readonly token: string;
  /** A safe integer. */
  readonly value: number;
  readonly callMs: number;
  readonly returnMs: number;
  readonly outcome: "accepted" | "rejected";
}

/** A read that was answered. */
export interface RegisterRead {
  readonly client: number;
  readonly kind: "read";
  /** The largest token that the register has seen. */
  readonly token: string;
  /** What it holds. */
  readonly value: number;
  readonly callMs: number;
  readonly returnMs: number;
  readonly outcome: "accepted";
}

/** A write without an answer: it may land at any time after its call, once, or never. */
export interface UnknownWrite {
  readonly client: number;
  readonly kind: "write";
  readonly token: string;
  readonly value: number;
  readonly callMs: number;
  readonly returnMs: null;
  readonly outcome: "unknown";
}

/** A read without an answer: it says nothing, and is left out. */
export interface UnknownRead {
  readonly client: number;
  readonly kind: "read";
  readonly callMs: number;
  readonly returnMs: null;
  readonly outcome: "unknown";
}

/** What the program writes for each history. `timeout`: the checker did not come to an end, which is a failure too. */
export interface RegisterVerdict {
  readonly name: string;
  readonly result: "ok" | "illegal" | "timeout";
}
