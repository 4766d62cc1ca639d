import assert from "node:assert/strict";

/** Something that a candidate did or had done to it. */
export interface TraceEntry {
  readonly identity: string;
  readonly event: string;
  /** By the machine's monotonic clock. */
  readonly atMs: number;
  readonly token?: bigint | undefined;
  readonly reason?: string | undefined;
}

/** A stretch of work: from its start to the moment it was told to stop, or could not go on. */
export interface TracedTerm {
  readonly identity: string;
  readonly token: bigint | undefined;
  readonly startMs: number;
  /** `Infinity` while it lasts. */
  readonly endMs: number;
  readonly reason: string | undefined;
}

const ENDS: readonly string[] = ["cancelled", "stopped", "killed", "frozen"];

/** What happened in one election, of all candidates, in any process. */
export class Trace {
  readonly #entries: TraceEntry[] = [];

  add(entry: TraceEntry): void {
    this.#entries.push(entry);
  }

  /** In the order of time. */
  get entries(): readonly TraceEntry[] {
    return this.#entries.toSorted((a, b) => a.atMs - b.atMs);
  }

  /** Every term so far, in the order of their beginnings. */
  get terms(): readonly TracedTerm[] {
    const { entries } = this;
    return entries
      .filter(({ event }) => event === "started")
      .map((start) => {
        const end = entries.find(
          ({ identity, event, atMs }) =>
            identity === start.identity && ENDS.includes(event) && atMs >= start.atMs,
        );
        return {
          identity: start.identity,
          token: start.token,
          startMs: start.atMs,
          endMs: end?.atMs ?? Number.POSITIVE_INFINITY,
          reason: end?.reason,
        };
      });
  }

  /** No two terms at once, and each with a larger token than the one before it. */
  assertSafe(): void {
    let last: TracedTerm | undefined;
    for (const term of this.terms) {
      if (last !== undefined) {
        assert.ok(
          term.startMs >= last.endMs,
          `${term.identity} began to lead ${Math.round(last.endMs - term.startMs)} ms before ${last.identity} stopped:\n${this}`,
        );
        assert.ok(
          term.token !== undefined && last.token !== undefined && term.token > last.token,
          `Expected tokens to grow, got ${term.token} after ${last.token}:\n${this}`,
        );
      }
      last = term;
    }
  }

  toString(): string {
    const { entries } = this;
    const startMs = entries[0]?.atMs ?? 0;
    return entries
      .map(
        ({ identity, event, atMs, reason }) =>
          `${(atMs - startMs).toFixed(1)} ${identity} ${event} ${reason ?? ""}`,
      )
      .join("\n");
  }
}
