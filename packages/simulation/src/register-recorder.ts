import type { Candidate } from "./candidate.ts";
import type { EventQueue } from "./event-queue.ts";
import type { RandomStream } from "./random.ts";
import type { GuardedRegister, GuardedWrite, RegisterState } from "./register.ts";
import type { RegisterHistory, RegisterOperation } from "./register-history.ts";
import type { Scenario } from "./scenario.ts";

/** What was done to both registers of a world, seen from outside. */
export interface RegisterHistories {
  readonly fenced: RegisterHistory;
  /** The same calls; this register took every write, and a checker of fenced ones has to notice. */
  readonly unfenced: RegisterHistory;
}

/** A write whose answer may come. */
export interface RecordedWrite {
  /** It landed just now, and the answer will reach its caller's machine after `answerMs`. */
  answered(accepted: boolean, answerMs: number): void;
}

interface Write {
  readonly caller: Candidate;
  readonly client: number;
  readonly token: bigint;
  readonly value: number;
  readonly callMs: number;
  answer: { readonly accepted: boolean; readonly returnMs: number } | undefined;
}

interface Read {
  readonly fenced: RegisterState;
  readonly unfenced: RegisterState;
  readonly callMs: number;
  readonly returnMs: number;
}

/** An onlooker, who is no replica, reads once in so many writes. */
const WRITES_PER_READ = 3;

/**
 * Writes down what callers of the guarded register learn, in true time, and lets an onlooker read. It only listens: it takes
 * luck from no one and schedules nothing, so a world with it is the same as without.
 */
export class RegisterRecorder {
  readonly #register: GuardedRegister;
  readonly #queue: EventQueue;
  readonly #random: RandomStream;
  readonly #scenario: Scenario;
  readonly #writes: Write[] = [];
  readonly #reads: Read[] = [];

  constructor(options: {
    readonly register: GuardedRegister;
    readonly queue: EventQueue;
    readonly random: RandomStream;
    readonly scenario: Scenario;
  }) {
    this.#register = options.register;
    this.#queue = options.queue;
    this.#random = options.random;
    this.#scenario = options.scenario;
  }

  /** A task sends a write. Unless it is {@link RecordedWrite.answered} nobody learns what became of it. */
  sent(caller: Candidate, { token, value }: GuardedWrite): RecordedWrite {
    const { nowMs } = this.#queue;
    const client = this.#scenario.replicas.findIndex(({ name }) => name === caller.name);
    const write: Write = { caller, client, token, value, callMs: nowMs, answer: undefined };
    this.#writes.push(write);
    if (this.#writes.length % WRITES_PER_READ === 0) this.#read();
    return {
      answered: (accepted, answerMs) => {
        if (caller.process.alive) write.answer = { accepted, returnMs: this.#queue.nowMs + answerMs };
      },
    };
  }

  /** A process is dead: answers that are on their way to it reach nobody. */
  gone(caller: Candidate): void {
    for (const write of this.#writes) {
      if (write.caller !== caller || write.answer === undefined) continue;
      if (write.answer.returnMs > this.#queue.nowMs) write.answer = undefined;
    }
  }

  /** The world is over: a last look, and the histories. */
  end(): RegisterHistories {
    this.#read();
    return { fenced: this.#history("fenced"), unfenced: this.#history("unfenced") };
  }

  #read(): void {
    const { fenced, unfenced } = this.#register;
    const { nowMs } = this.#queue;
    const { meanMs } = this.#scenario.latency;
    // The read reaches the register now: its call was a moment ago, and the answer is a moment from here.
    const callMs = Math.max(0, nowMs - 2 * meanMs * this.#random.next());
    const returnMs = nowMs + 2 * meanMs * this.#random.next();
    this.#reads.push({ fenced, unfenced, callMs, returnMs });
  }

  #history(which: "fenced" | "unfenced"): RegisterHistory {
    const onlooker = this.#scenario.replicas.length;
    const writes = this.#writes.map(({ client, token, value, callMs, answer }): RegisterOperation => {
      const asked = { client, kind: "write", token: String(token), value, callMs } as const;
      if (answer === undefined) return { ...asked, returnMs: null, outcome: "unknown" };
      const accepted = which === "unfenced" || answer.accepted;
      return { ...asked, returnMs: answer.returnMs, outcome: accepted ? "accepted" : "rejected" };
    });
    const reads = this.#reads.map(({ [which]: { token, value }, callMs, returnMs }): RegisterOperation => {
      const asked = { client: onlooker, kind: "read", callMs, returnMs } as const;
      return { ...asked, token: String(token), value, outcome: "accepted" };
    });
    return { name: `seed ${this.#scenario.seed}, ${which}`, operations: [...writes, ...reads] };
  }
}
