import {
  type Clock,
  LeaderElectionError,
  LeaderElector,
  type ResourceLock,
  type Task,
  type Term,
} from "@tenure/core";
import { type CandidateProcess, startCandidate } from "./candidate-process.ts";
import type { CaseContext } from "./case-context.ts";
import type { LockRequest } from "./fixture.ts";
import { monotonicMs } from "./monotonic.ts";
import type { ElectionTiming } from "./timing.ts";
import { Trace, type TracedTerm } from "./trace.ts";
import { type TracedOperation, tracedLock } from "./traced-lock.ts";

/** How a candidate in this process takes part. */
export interface CandidateOptions {
  readonly route?: LockRequest["route"];
  /** @defaultValue one of its own, on the contest's record */
  readonly lock?: ResourceLock | undefined;
  /** @defaultValue that of the suite */
  readonly timing?: ElectionTiming | undefined;
  readonly clock?: Clock | undefined;
  /** Called before each of its requests, which waits for it. */
  readonly before?: ((operation: TracedOperation) => Promise<void> | void) | undefined;
  /** @defaultValue ends when it is told to */
  readonly task?: Task | undefined;
}

/** A candidate in this process. */
export interface Candidate {
  readonly elector: LeaderElector;
  /** The run, which does not reject by itself: what it ended with. */
  readonly ended: Promise<{ readonly error?: unknown }>;
}

/** One election on a record of its own, with a trace of all that happens in it. */
export class Contest {
  readonly trace: Trace = new Trace();
  readonly name: string;
  readonly #context: CaseContext;

  constructor(context: CaseContext, suffix = "") {
    this.#context = context;
    this.name = `${context.name}${suffix}`;
  }

  /** A lock on the record, by the direct way. */
  async lock(request: Partial<LockRequest> = {}): Promise<ResourceLock> {
    return await this.#context.lock({ name: this.name, ...request });
  }

  /** Somebody campaigns in this process, over a lock of their own, until the case is over. */
  async join(identity: string, options: CandidateOptions = {}): Promise<Candidate> {
    const own = options.lock ?? (await this.lock({ route: options.route }));
    const lock = options.before === undefined ? own : tracedLock(own, options.before);
    const elector = new LeaderElector({
      lock,
      identity,
      ...(options.timing ?? this.#context.timing),
      ...(options.clock !== undefined && { clock: options.clock }),
    });
    const note = (event: string, more: { token?: bigint; reason?: string | undefined } = {}): void =>
      this.trace.add({ identity, event, atMs: monotonicMs(), ...more });
    elector
      .on("startedLeading", (term) => {
        note("started", { token: term.fencingToken });
        term.signal.addEventListener("abort", () => note("cancelled", { reason: reasonOf(term) }));
      })
      .on("stoppedLeading", ({ reason }) => note("stopped", { reason }));
    const ended = elector.run(options.task ?? untilAborted).then(
      () => ({}),
      (error: unknown) => ({ error }),
    );
    this.#context.after(() => elector.stop());
    return { elector, ended };
  }

  /** Somebody campaigns in a process of their own. Only on the case's own record. */
  async joinFromElsewhere(identity: string): Promise<CandidateProcess> {
    return await startCandidate(this.#context, {
      identity,
      onEvent: ({ event, atMs, token, reason }) =>
        this.trace.add({
          identity,
          event,
          atMs,
          token: typeof token === "string" ? BigInt(token) : undefined,
          reason: typeof reason === "string" ? reason : undefined,
        }),
    });
  }

  /** Kills a candidate's process, and waits for its end. Its term ends with the signal: it is told of later. */
  async kill(identity: string, candidate: CandidateProcess): Promise<void> {
    candidate.kill("SIGKILL");
    this.trace.add({ identity, event: "killed", atMs: monotonicMs() });
    await candidate.exited(this.#context.ms(5_000));
  }

  /** Stops a candidate's process from running, until it is sent SIGCONT. */
  freeze(identity: string, candidate: CandidateProcess): void {
    candidate.kill("SIGSTOP");
    this.trace.add({ identity, event: "frozen", atMs: monotonicMs() });
  }

  /** Waits until `identity` (or anybody) leads in the `count`th term, and returns that term. */
  async leads(identity: string | undefined, count = 1): Promise<TracedTerm> {
    const { timing } = this.#context;
    return await this.#context.until(
      () => `${identity ?? "somebody"} to lead (term ${count}):\n${this.trace}`,
      () =>
        this.trace.terms.filter((term) => identity === undefined || term.identity === identity)[count - 1],
      this.#context.ms(5_000) + 3 * timing.leaseDurationMs,
    );
  }

  /** Waits until a term is over. */
  async isOver(term: TracedTerm): Promise<TracedTerm> {
    return await this.#context.until(
      () => `the end of ${term.identity}'s term:\n${this.trace}`,
      () => this.trace.terms.find(({ startMs, endMs }) => startMs === term.startMs && Number.isFinite(endMs)),
      this.#context.ms(5_000) + 3 * this.#context.timing.leaseDurationMs,
    );
  }
}

function reasonOf({ signal }: Term): string | undefined {
  return LeaderElectionError.is(signal.reason) ? signal.reason.stopReason : undefined;
}

/** Work that stops as soon as it is told to. */
async function untilAborted({ signal }: Term): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
}
