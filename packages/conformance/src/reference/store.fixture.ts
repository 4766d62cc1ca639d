import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { LeaderElectionRecord } from "@tenure/core";
import type { Mutation } from "./mutants.fixture.ts";

/** A record as the store keeps and sends it. */
export interface Stored {
  /** `undefined` where somebody stored something else. */
  readonly record: LeaderElectionRecord | undefined;
  readonly version: string;
  readonly incarnation: string;
  /** Decimal. */
  readonly token: string;
  /** What somebody added beside the record. */
  readonly note?: string | undefined;
}

/** What happened to a record; the store's order of a deletion is its token. */
export type StoreEvent =
  | { readonly kind: "changed"; readonly current: Stored }
  | { readonly kind: "deleted"; readonly token: string };

/** What the store refuses with. */
export type Refusal = "conflict" | "compacted" | "forbidden" | "unauthenticated" | "throttled";

/** A refusal, as a throw. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

// Tokens of this store are not safe integers.
const FIRST_TOKEN = 2n ** 53n;

/** Compare-and-swap cells by name, with one counter for all of them that outlives deletion. */
export class Store {
  readonly #mutation: Mutation | undefined;
  readonly #cells = new Map<string, Stored>();
  readonly #replica = new Map<string, Stored>();
  readonly #watchers = new Map<string, Set<(event: StoreEvent) => void>>();
  readonly #writesOf = new Map<string, bigint>();
  #counter = FIRST_TOKEN;
  #compactedBelow = 0n;

  constructor(mutation: Mutation | undefined) {
    this.#mutation = mutation;
  }

  get(name: string): Stored | undefined {
    return (this.#mutation === "stale-reads" ? this.#replica : this.#cells).get(this.#key(name));
  }

  async create(name: string, record: LeaderElectionRecord): Promise<Stored> {
    if (this.#mutation !== "create-overwrites" && this.#cells.has(this.#key(name)))
      throw new Refused("conflict");
    if (this.#mutation === "create-checks-then-writes") await sleep(5);
    return this.#put(name, { record });
  }

  async update(
    name: string,
    record: LeaderElectionRecord,
    expected: { readonly version: string; readonly incarnation: string },
    note: string | undefined,
  ): Promise<Stored> {
    const current = this.#cells.get(this.#key(name));
    if (current === undefined) {
      if (this.#mutation === "update-upserts") return this.#put(name, { record });
      throw new Refused("conflict");
    }
    const sameVersion = this.#mutation === "update-ignores-version" || current.version === expected.version;
    const sameIncarnation =
      this.#mutation === "incarnation-not-compared" || current.incarnation === expected.incarnation;
    if (!sameVersion || !sameIncarnation) throw new Refused("conflict");
    if (this.#mutation === "update-checks-then-writes") await sleep(5);
    return this.#put(name, { record, incarnation: current.incarnation, note });
  }

  remove(name: string): void {
    const key = this.#key(name);
    if (!this.#cells.delete(key)) return;
    this.#replica.delete(key);
    this.#counter += 1n;
    if (this.#mutation === "token-per-incarnation") this.#writesOf.delete(key);
    if (this.#mutation === "counter-resets-on-delete") this.#counter = FIRST_TOKEN;
    this.#tell(key, { kind: "deleted", token: String(this.#counter) });
  }

  /** Somebody stores what is no record. */
  corrupt(name: string): void {
    this.#put(name, { record: undefined });
  }

  /** Somebody adds something beside the record. */
  annotate(name: string): void {
    const current = this.#cells.get(this.#key(name));
    if (current !== undefined) this.#put(name, { ...current, note: "kept" });
  }

  /** Forgets the history before now. */
  compact(): void {
    this.#compactedBelow = this.#counter;
  }

  /** It was stopped and started. */
  restarted(): void {
    if (this.#mutation === "counter-lost-on-restart") this.#counter = FIRST_TOKEN;
  }

  /**
   * Tells what changes from now on; first what changed since `from`, or what is there where nothing is known.
   * @throws {@link Refused} `compacted` when `from` is forgotten.
   */
  watch(name: string, from: string | undefined, tell: (event: StoreEvent) => void): () => void {
    const key = this.#key(name);
    if (from !== undefined && from !== "now" && BigInt(from) < this.#compactedBelow)
      throw new Refused("compacted");
    const watchers = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, watchers.add(tell));
    const current = this.#cells.get(key);
    if (from !== "now" && current !== undefined && current.version !== from)
      tell({ kind: "changed", current });
    if (from !== "now" && current === undefined && from !== undefined) {
      tell({ kind: "deleted", token: String(this.#counter) });
    }
    return () => watchers.delete(tell);
  }

  #key(name: string): string {
    return this.#mutation === "names-ignore-case" ? name.toLowerCase() : name;
  }

  #put(name: string, content: Partial<Stored> & Pick<Stored, "record">): Stored {
    const key = this.#key(name);
    this.#counter += 1n;
    const version =
      this.#mutation === "version-is-hash"
        ? BigInt(
            `0x${createHash("sha256").update(JSON.stringify(content.record)).digest("hex").slice(0, 12)}`,
          )
        : this.#counter;
    const stored: Stored = {
      record: content.record,
      version: String(version),
      incarnation: content.incarnation ?? `since-${this.#counter}`,
      token: this.#token(key),
      note: content.note,
    };
    this.#cells.set(key, stored);
    setTimeout(() => this.#replica.set(key, stored), 10);
    this.#tell(key, { kind: "changed", current: stored });
    return stored;
  }

  #token(key: string): string {
    if (this.#mutation === "tokens-from-wall-clock") return String(Date.now());
    if (this.#mutation !== "token-per-incarnation") return String(this.#counter);
    const writes = (this.#writesOf.get(key) ?? 0n) + 1n;
    this.#writesOf.set(key, writes);
    return String(writes);
  }

  #tell(key: string, event: StoreEvent): void {
    for (const tell of [...(this.#watchers.get(key) ?? [])]) tell(event);
  }
}
