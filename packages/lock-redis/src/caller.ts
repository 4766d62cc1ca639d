import type { Clock } from "@tenure/core";
import { Interrupted, Interruption } from "@tenure/core/backend";
import { callFailure, closedError } from "./call-failure.ts";
import { type Line, type Opening, SharedLine } from "./line.ts";
import { isWrite, type Operation } from "./operation.ts";
import type { RedisConnector } from "./redis-connection.ts";
import { type Reply, readReply } from "./reply.ts";
import type { Script } from "./scripts.ts";
import { NetworkError, NotSentError, ServerError } from "./server-error.ts";

/** What may end a call before its answer. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A script to be run once on one key. */
export interface ScriptCall {
  readonly script: Script;
  readonly key: string;
  /** The script's ARGV, given until when the server may carry it out, in its own microseconds. */
  readonly args: (notAfter: string) => readonly string[];
}

/** How far a call has come. */
interface Progress {
  readonly startedMs: number;
  readonly timeoutMs: number;
  /** The line that it began to open. */
  opening: Opening | undefined;
  /** The line it waits on for a reply. */
  line: Line | undefined;
  /** Waits there no longer. */
  leave: () => void;
  /** Whether it may have been carried out. */
  sent: boolean;
  /** Set when it has failed: nothing may be sent for it any more. */
  over: boolean;
}

/** More than this and the nodes send a command round in a circle. */
const MAX_REDIRECTIONS = 2;

/** Errors of a node that no longer is, or not yet, where the record should be asked for: the next call looks for it anew. */
const WRONG_NODE: readonly string[] = ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "NOAUTH", "MOVED"];

/** The server has not run the script, and says what to do instead. */
const NOT_RUN: readonly string[] = ["NOSCRIPT", "MOVED", "ASK"];

/**
 * Runs scripts: one attempt per call, within one deadline over all of it, on one shared connection. What is sent a second
 * time (after NOSCRIPT, MOVED and ASK) is only what the server has said that it did not carry out.
 */
export class Caller {
  readonly #connector: RedisConnector;
  readonly #clock: Clock;
  readonly #line: SharedLine;
  readonly #closing = new AbortController();

  constructor(connector: RedisConnector, clock: Clock) {
    this.#connector = connector;
    this.#clock = clock;
    this.#line = new SharedLine(connector, clock);
  }

  /** @throws `LeaderElectionError`, or the signal's reason when it aborted before anything was sent. */
  async call(operation: Operation, call: ScriptCall, limits: CallLimits): Promise<Reply> {
    if (this.#closing.signal.aborted) throw closedError(operation);
    limits.signal?.throwIfAborted();
    const progress: Progress = {
      startedMs: this.#clock.now(),
      timeoutMs: limits.timeoutMs,
      opening: undefined,
      line: undefined,
      leave: () => {},
      sent: false,
      over: false,
    };
    const interruption = new Interruption({ clock: this.#clock, ...limits, closing: [this.#closing.signal] });
    try {
      return await interruption.orElse(this.#perform(call, progress));
    } catch (error) {
      progress.over = true;
      if (error instanceof Interrupted) abandon(error, operation, progress);
      throw callFailure(error, operation, this.#connector.server, progress);
    } finally {
      interruption.dispose();
    }
  }

  /** Ends calls under way and the connection. */
  close(): void {
    this.#closing.abort();
    this.#line.close();
  }

  async #perform(call: ScriptCall, progress: Progress): Promise<Reply> {
    let next = this.#shared(progress, progress.timeoutMs);
    let asking = false;
    for (let redirections = 0; ; redirections++) {
      const line = await next;
      try {
        return await this.#run(line, call, progress, asking);
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        if (WRONG_NODE.includes(error.code)) line.retire();
        const { routes } = this.#connector;
        const address = redirection(error);
        if (routes === undefined || address === undefined || redirections === MAX_REDIRECTIONS) throw error;
        asking = error.code === "ASK";
        const leftMs = this.#remainingMs(progress);
        if (asking) {
          next = this.#line.at(routes, address, line.connection, leftMs);
        } else {
          routes.moved(address, line.connection);
          next = this.#shared(progress, leftMs);
        }
      }
    }
  }

  #shared(progress: Progress, timeoutMs: number): Promise<Line> {
    const { opening, began } = this.#line.get(timeoutMs);
    if (began) progress.opening = opening;
    return opening.line;
  }

  async #run(line: Line, call: ScriptCall, progress: Progress, asking: boolean): Promise<Reply> {
    progress.line = line;
    const leave = line.begin();
    progress.leave = leave;
    try {
      const answer = await this.#evaluate(line, call, progress, asking);
      const reply = readReply(answer);
      if (reply === undefined) {
        // Whoever gave it may give the next call the answer to this one.
        line.connection.destroy();
        throw new NetworkError("the answer is not one of this lock's scripts");
      }
      line.serverClock.note(reply.serverMicros);
      return reply;
    } finally {
      if (asking) line.retire();
      leave();
    }
  }

  async #evaluate(line: Line, call: ScriptCall, progress: Progress, asking: boolean): Promise<unknown> {
    const { script } = call;
    try {
      return await this.#send(line, "evalsha", script.sha, call, progress, asking);
    } catch (error) {
      if (!(error instanceof ServerError && error.code === "NOSCRIPT")) throw error;
      return await this.#send(line, "eval", script.lua, call, progress, asking);
    }
  }

  async #send(
    line: Line,
    command: "evalsha" | "eval",
    script: string,
    { key, args }: ScriptCall,
    progress: Progress,
    asking: boolean,
  ): Promise<unknown> {
    // Throws when there is no time left.
    this.#remainingMs(progress);
    const notAfter = line.serverClock.at(progress.startedMs + progress.timeoutMs);
    progress.sent = true;
    try {
      if (asking) line.connection.send("asking", []).catch(() => {});
      return await line.connection.send(command, [script, "1", key, ...args(notAfter)]);
    } catch (error) {
      const notRun = error instanceof ServerError && NOT_RUN.includes(error.code);
      if (notRun || error instanceof NotSentError) progress.sent = false;
      throw error;
    }
  }

  /** @throws Interrupted when the call is over: a blocked event loop may leave its timer behind. */
  #remainingMs({ startedMs, timeoutMs, over }: Progress): number {
    const leftMs = startedMs + timeoutMs - this.#clock.now();
    if (over || leftMs <= 0) throw new Interrupted({ kind: "deadline", timeoutMs });
    return leftMs;
  }
}

/** Leaves a call to itself, in a way that nothing of it is sent later and no socket stays behind. */
function abandon({ interrupt }: Interrupted, operation: Operation, { line, leave, opening }: Progress): void {
  if (interrupt.kind === "aborted" && !isWrite(operation)) {
    // Others may have their answers yet. But callers abort at their own deadlines: perhaps nobody is there any more.
    line?.retire();
    leave();
    return;
  }
  // What was sent may still lie in a buffer, or the other side be gone without a word: either way never again.
  line?.connection.destroy();
  if (interrupt.kind === "deadline") opening?.giveUp();
}

/** Where MOVED and ASK point to: `"MOVED 3999 127.0.0.1:6381"`. */
function redirection({ code, message }: ServerError): string | undefined {
  return code === "MOVED" || code === "ASK" ? /^[A-Z]+ \d+ (\S*:\d+)/.exec(message)?.[1] : undefined;
}
