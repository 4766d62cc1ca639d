import { type Clock, type Random, systemClock } from "@tenure/core";
import { createRedactor, Interrupted, Interruption } from "@tenure/core/backend";
import { AuthTokens } from "./auth-tokens.ts";
import { EtcdFailure } from "./etcd-failure.ts";
import type {
  EtcdCallLimits,
  EtcdKeyValue,
  EtcdKv,
  EtcdTxnAnswer,
  EtcdTxnRequest,
  EtcdWatchRequest,
  EtcdWatchStream,
} from "./etcd-kv.ts";
import { type EtcdOptions, etcdTarget } from "./etcd-options.ts";
import { type CallHeaders, Etcd3Connection, NotConnected, StatusError } from "./etcd3-connection.ts";
import { rangeRequest, readRange, readTxn, txnRequest, UnreadableAnswer } from "./etcd3-messages.ts";
import { openWatch } from "./etcd3-watch.ts";
import { GrpcCode, isFromEtcd, isMemberUnfit, isTokenRefused } from "./grpc-status.ts";
import { Members } from "./members.ts";
import type { Service } from "./raw-etcd3.ts";

/** For a token, which has no caller of its own: every call waits for it as long as its own deadline allows. */
const AUTHENTICATE_TIMEOUT_MS = 5_000;

/** What gRPC allows in a header. */
const HEADER = /^[\x20-\x7e]+$/;

/** Options of {@link EtcdClient}. */
export interface EtcdClientOptions {
  /** Which etcd, and as whom. */
  readonly etcd: EtcdOptions;
  /** For tests. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** For tests: which member comes first, and jitter. Default `Math.random`. */
  readonly random?: Random | undefined;
}

/**
 * The connections to one etcd cluster: one to a member for calls and one for watches, shared by every {@link EtcdLock} that
 * is given it as `etcd`; closed by {@link close}. Built on etcd3's gRPC clients, without its retries and its watcher.
 */
export class EtcdClient implements EtcdKv, AsyncDisposable {
  readonly #clock: Clock;
  readonly #calls: Members;
  readonly #watches: Members;
  readonly #tokens: AuthTokens;
  readonly #closing = new AbortController();
  readonly #auth: EtcdOptions["auth"];
  readonly #logins: Members;
  #token: string | undefined;

  /**
   * Stores the configuration; nothing is connected or asked yet.
   * @throws `TypeError` or `RangeError` when an option is wrong.
   */
  constructor(options: EtcdClientOptions) {
    const { clock = systemClock, random = Math.random } = options;
    const target = etcdTarget(options.etcd);
    const members = (service: Service): Members =>
      new Members({
        hosts: target.hosts,
        service,
        open: (host, of) => new Etcd3Connection({ target, host, service: of, clock }),
        clock,
        random,
      });
    this.#clock = clock;
    this.#auth = target.auth;
    this.#calls = members("KV");
    this.#watches = members("Watch");
    this.#logins = members("Auth");
    this.#tokens = new AuthTokens(target.auth && (() => this.#authenticate()));
  }

  /** @throws {@link EtcdFailure} */
  async range(key: string, limits: EtcdCallLimits): Promise<EtcdKeyValue | undefined> {
    return this.#read(readRange, await this.#call("range", rangeRequest(key), limits));
  }

  /** @throws {@link EtcdFailure} */
  async txn(request: EtcdTxnRequest, limits: EtcdCallLimits): Promise<EtcdTxnAnswer> {
    return this.#read(readTxn, await this.#call("txn", txnRequest(request), limits));
  }

  /** @throws {@link EtcdFailure} */
  async watch(request: EtcdWatchRequest, limits: EtcdCallLimits): Promise<EtcdWatchStream> {
    return await this.#attempt(limits, async (interruption, onSent) => {
      const headers = await this.#headers(interruption);
      const connection = await interruption.orElse(this.#watches.ready());
      interruption.check();
      onSent();
      return await openWatch({
        connection,
        headers,
        request,
        interruption,
        ends: [limits.signal, limits.closing, this.#closing.signal].filter((end) => end !== undefined),
        redact: this.#redact,
        onBroken: () => this.#watches.demote(connection),
        onTokenRefused: () => this.#tokens.discard(headers.token),
      });
    });
  }

  /** Ends every call, watch and connection of every lock. Idempotent; releases and deletes nothing. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const members of [this.#calls, this.#watches, this.#logins]) members.close();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #redact = (text: string): string =>
    createRedactor([this.#auth?.password, this.#token].filter((secret) => secret !== undefined))(text);

  /** One request, sent again only where the server refused its token: it did nothing then. */
  async #call(method: string, message: object, limits: EtcdCallLimits): Promise<unknown> {
    return await this.#attempt(limits, async (interruption, onSent) => {
      const headers = await this.#headers(interruption);
      try {
        return await this.#send(this.#calls, method, message, headers, interruption, onSent);
      } catch (error) {
        if (!(error instanceof StatusError && isTokenRefused(error.status))) throw error;
        if (!(await interruption.orElse(this.#tokens.discard(headers.token)))) throw error;
        onSent(false);
        const renewed = await this.#headers(interruption);
        return await this.#send(this.#calls, method, message, renewed, interruption, onSent);
      }
    });
  }

  /** Runs `work` within its limits, and gives every failure the one form. */
  async #attempt<Value>(
    limits: EtcdCallLimits,
    work: (interruption: Interruption, onSent: (sent?: boolean) => void) => Promise<Value>,
  ): Promise<Value> {
    let sent = false;
    const { timeoutMs, signal, closing } = limits;
    const interruption = new Interruption({
      clock: this.#clock,
      timeoutMs,
      signal,
      closing: [this.#closing.signal, closing].filter((end) => end !== undefined),
    });
    try {
      interruption.check();
      return await work(interruption, (now = true) => {
        sent = now;
      });
    } catch (error) {
      throw this.#failure(error, sent);
    } finally {
      interruption.dispose();
    }
  }

  async #send(
    members: Members,
    method: string,
    message: object,
    headers: CallHeaders,
    interruption: Interruption,
    onSent: () => void,
  ): Promise<unknown> {
    const connection = await interruption.orElse(members.ready());
    interruption.check();
    // gRPC wants a wall-clock time. It tells the server when to give up; ours is the timer that counts.
    const deadlineMs = Date.now() + interruption.remainingMs;
    const call = connection.call(method, message, headers, deadlineMs);
    onSent();
    try {
      return await interruption.orElse(call.answer);
    } catch (error) {
      call.cancel();
      if (isSuspicious(error)) members.demote(connection);
      throw error;
    }
  }

  async #headers(interruption: Interruption): Promise<CallHeaders> {
    try {
      return { token: await interruption.orElse(this.#tokens.current()) };
    } catch (error) {
      throw error instanceof EtcdFailure ? loginFailure(error) : error;
    }
  }

  async #authenticate(): Promise<string | undefined> {
    const message = { name: this.#auth?.username, password: this.#auth?.password };
    const limits = { timeoutMs: AUTHENTICATE_TIMEOUT_MS };
    try {
      const answer = await this.#attempt(limits, (interruption, onSent) =>
        this.#send(this.#logins, "authenticate", message, { token: undefined }, interruption, onSent),
      );
      const { token } = answer as { readonly token?: unknown };
      // What no header can carry would come back quoted in an error.
      if (typeof token !== "string" || !HEADER.test(token))
        throw unreachable("etcd gave no token that can be sent");
      this.#token = token;
      return token;
    } catch (error) {
      const { failure } = error as EtcdFailure;
      const disabled = "etcdserver: authentication is not enabled";
      // As etcd's own client: a cluster that asks for no credentials needs none.
      if (failure?.kind === "status" && failure.details === disabled) return undefined;
      throw error;
    } finally {
      // Asked for rarely: no connection waits for the next time.
      this.#logins.retire();
    }
  }

  #read<Value>(read: (answer: unknown) => Value, answer: unknown): Value {
    try {
      return read(answer);
    } catch (error) {
      throw this.#failure(error, true);
    }
  }

  #failure(error: unknown, sent: boolean): unknown {
    if (error instanceof Interrupted) return new EtcdFailure(error.interrupt, { sent });
    if (error instanceof NotConnected) return unreachable(`no connection: ${this.#redact(error.message)}`);
    if (error instanceof UnreadableAnswer) {
      return new EtcdFailure({ kind: "unreadable", message: error.message }, { sent });
    }
    if (error instanceof StatusError) {
      const { code, details } = error.status;
      return new EtcdFailure({ kind: "status", code, details: this.#redact(details) }, { sent });
    }
    return error;
  }
}

function unreachable(message: string): EtcdFailure {
  return new EtcdFailure({ kind: "unreachable", message }, { sent: false });
}

/** What a call fails with that got no token: it was not sent itself. */
function loginFailure({ failure, message }: EtcdFailure): EtcdFailure {
  const refused =
    failure.kind === "status" && isFromEtcd(failure) && failure.code === GrpcCode.invalidArgument;
  if (refused || failure.kind === "closed") return new EtcdFailure(failure, { sent: false });
  return unreachable(`no token could be had: ${message}`);
}

/** Whether the member may be dead, cut off, without a leader, or a learner: the next call goes to another one, over a new connection. */
function isSuspicious(error: unknown): boolean {
  if (error instanceof Interrupted) return error.interrupt.kind !== "closed";
  if (!(error instanceof StatusError)) return false;
  const { code } = error.status;
  return (
    isMemberUnfit(error.status) ||
    code === GrpcCode.unavailable ||
    code === GrpcCode.deadlineExceeded ||
    code === GrpcCode.cancelled ||
    code === GrpcCode.internal ||
    code === GrpcCode.unknown
  );
}
