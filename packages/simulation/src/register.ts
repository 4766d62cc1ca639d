/** One guarded write, as it arrives. */
export interface GuardedWrite {
  readonly token: bigint;
  /** Numbers the terms of a world, in the order in which they started. */
  readonly termId: number;
  /** What is written. */
  readonly value: number;
}

/** What a reader finds. */
export interface RegisterState {
  readonly token: bigint;
  readonly value: number;
}

/**
 * What the leader's work is done on, twice: a register that refuses a token smaller than it has seen, and one that takes
 * everything. The first must never take a write of a term after one of a later term; the second shows what happens without.
 */
export class GuardedRegister {
  #highestToken = -1n;
  #termOfHighest = -1;
  #lastUnfenced = -1n;
  #accepted = 0;
  #refused = 0;
  #unfencedViolations = 0;
  #fenced: RegisterState = NOTHING_WRITTEN;
  #unfenced: RegisterState = NOTHING_WRITTEN;

  get accepted(): number {
    return this.#accepted;
  }

  get refused(): number {
    return this.#refused;
  }

  /** Writes that the unfenced register took from a term after it had taken one of a later term. */
  get unfencedViolations(): number {
    return this.#unfencedViolations;
  }

  get highestToken(): bigint {
    return this.#highestToken;
  }

  /** What the register that fences holds, with the largest token that it has seen. */
  get fenced(): RegisterState {
    return this.#fenced;
  }

  /** What the other one holds, with the token of its last write. */
  get unfenced(): RegisterState {
    return this.#unfenced;
  }

  /** A write arrives. Returns what is wrong, if the fence let an interleaving through. */
  write(write: GuardedWrite): { readonly accepted: boolean; readonly wrong: string | undefined } {
    const { token, termId } = write;
    this.#unfenced = write;
    if (token < this.#lastUnfenced) this.#unfencedViolations += 1;
    else this.#lastUnfenced = token;
    if (token < this.#highestToken) {
      this.#refused += 1;
      return { accepted: false, wrong: undefined };
    }
    const wrong =
      token === this.#highestToken && termId !== this.#termOfHighest
        ? `terms ${this.#termOfHighest} and ${termId} both wrote with token ${token}`
        : undefined;
    this.#highestToken = token;
    this.#termOfHighest = termId;
    this.#accepted += 1;
    this.#fenced = write;
    return { accepted: true, wrong };
  }
}

const NOTHING_WRITTEN: RegisterState = { token: 0n, value: 0 };
