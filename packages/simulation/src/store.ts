import type { LeaderElectionRecord, VersionedRecord } from "@tenure/core";
import type { Flavour } from "./flavour.ts";
import type { RandomStream } from "./random.ts";

/** Which write brought a version: what the properties are judged by. Travels in `raw`, which electors do not look into. */
export interface Origin {
  /** The process that wrote it; `undefined` for a stranger. */
  readonly writer: object | undefined;
  readonly callId: number;
  /** The writer's monotonic time when it sent this. */
  readonly sentAtMs: number;
}

/** A record as this store holds it. */
export interface StoredRecord extends VersionedRecord {
  readonly fencingToken: bigint;
  readonly order: number;
  readonly raw: Origin;
}

/** A write that arrives. */
export interface Write {
  readonly record: LeaderElectionRecord;
  /** `undefined`: create. */
  readonly expected: VersionedRecord | undefined;
  readonly origin: Origin;
  /** Server microseconds after which it must not act any more, where the flavour knows that. */
  readonly notAfterMicros: number;
}

/** What became of it. */
export type WriteResult =
  | { readonly kind: "applied"; readonly stored: StoredRecord }
  /** It was applied before, and does nothing now. */
  | { readonly kind: "repeated"; readonly stored: StoredRecord }
  | { readonly kind: "conflict" }
  | { readonly kind: "too-late" };

/** What changed, for the watches. */
export type Change =
  | { readonly kind: "changed"; readonly stored: StoredRecord }
  | { readonly kind: "deleted"; readonly order: number };

const STATES_KEPT = 24;
const STRANGER: Origin = { writer: undefined, callId: -1, sentAtMs: 0 };

/** The store: one record, changed atomically, and its past. Single, linearizable, and as good as its flavour. */
export class SimulatedStore {
  readonly flavour: Flavour;
  readonly #random: RandomStream;
  readonly #serverMicros: () => number;
  readonly #changed: (change: Change) => void;
  #current: StoredRecord | undefined;
  #lastOrder = 1000;
  /** Past states, oldest first: what a stale read or a stale watch may still show, and what a restore goes back to. */
  #past: (StoredRecord | undefined)[] = [];
  #applied = new Map<number, StoredRecord>();

  constructor(
    flavour: Flavour,
    options: {
      readonly random: RandomStream;
      readonly serverMicros: () => number;
      readonly changed: (change: Change) => void;
    },
  ) {
    this.flavour = flavour;
    this.#random = options.random;
    this.#serverMicros = options.serverMicros;
    this.#changed = options.changed;
  }

  get current(): StoredRecord | undefined {
    return this.#current;
  }

  /** An earlier state, `back` changes ago at most. */
  past(back: number): StoredRecord | undefined {
    return this.#past.length === 0 ? this.#current : this.#past[Math.max(0, this.#past.length - back)];
  }

  /** The server's wall clock. */
  serverMillis(): number {
    return this.#serverMicros() / 1000;
  }

  write(write: Write): WriteResult {
    const { record, expected, origin } = write;
    if (this.flavour.guardsAgainstLateWrites) {
      const before = this.#applied.get(origin.callId);
      if (before !== undefined) return { kind: "repeated", stored: before };
      if (this.#serverMicros() > write.notAfterMicros) return { kind: "too-late" };
    }
    const current = this.#current;
    const fits =
      expected === undefined
        ? current === undefined
        : current?.version === expected.version && current.incarnation === expected.incarnation;
    if (!fits) return { kind: "conflict" };
    const stored = this.#put(record, origin);
    if (this.flavour.guardsAgainstLateWrites) this.#remember(origin.callId, stored);
    return { kind: "applied", stored };
  }

  // ---- strangers ------------------------------------------------------------------------------------------------------

  /** Somebody replaces fields, or edits beside the record when `change` is empty. */
  edit(change: Partial<LeaderElectionRecord>): void {
    const current = this.#current;
    if (current === undefined) return;
    // An edit that leaves holder and renew time leaves the record the write of whoever wrote it.
    const another = change.holderIdentity !== undefined || change.renewTime !== undefined;
    const origin = another ? STRANGER : current.raw;
    this.#put({ ...current.record, ...change }, origin);
  }

  delete(): void {
    if (this.#current === undefined) return;
    this.#keepPast();
    this.#current = undefined;
    if (this.flavour.orderSurvivesDeletion) this.#lastOrder += 1;
    else this.#lastOrder = 0;
    this.#changed({ kind: "deleted", order: this.#lastOrder });
  }

  /** The store goes back by up to `back` changes, its counter with it. Nobody is told. */
  restore(back: number): void {
    const backup = this.past(back);
    if (backup === undefined) return;
    this.#current = backup;
    this.#lastOrder = backup.order;
    this.#past = [];
  }

  #put(record: LeaderElectionRecord, origin: Origin): StoredRecord {
    const { flavour } = this;
    const order = flavour.nextOrder(this.#lastOrder, this.#random, this.#serverMicros());
    this.#keepPast();
    const stored: StoredRecord = {
      record,
      version: String(order),
      incarnation: this.#current?.incarnation ?? `made-${order}`,
      fencingToken: BigInt(order),
      order,
      raw: origin,
    };
    this.#lastOrder = order;
    this.#current = stored;
    this.#changed({ kind: "changed", stored });
    return stored;
  }

  #keepPast(): void {
    this.#past.push(this.#current);
    if (this.#past.length > 2 * STATES_KEPT) this.#past = this.#past.slice(-STATES_KEPT);
  }

  #remember(callId: number, stored: StoredRecord): void {
    this.#applied.set(callId, stored);
    if (this.#applied.size <= 4 * STATES_KEPT) return;
    for (const oldest of this.#applied.keys()) {
      this.#applied.delete(oldest);
      break;
    }
  }
}
