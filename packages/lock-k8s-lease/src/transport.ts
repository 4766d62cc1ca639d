import type { IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import { urlToHttpOptions } from "node:url";
import type { Clock } from "@tenure/core";
import { Interrupted, Interruption, type Redactor } from "@tenure/core/backend";
import { callFailure, closedError } from "./call-failure.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { Applied, Credentials } from "./credentials.ts";
import { CredentialsError } from "./credentials-error.ts";
import { Exchange, readBody } from "./exchange.ts";
import { NetworkError } from "./network-error.ts";
import type { Operation } from "./operation.ts";
import type { Answer } from "./refusal.ts";

/** Told to the API server, for its audit log. */
const USER_AGENT = "tenure-lock-k8s-lease";

/** One request to the API. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT";
  /** From the root of the API, with its query. */
  readonly path: string;
  readonly body?: string | undefined;
}

/** What may end a call before its answer. */
export interface CallLimits {
  /** For the whole call, credentials included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Aborts when the lock is closed. */
  readonly closing: AbortSignal;
}

/** An answer whose body is still coming. Whoever holds it destroys it. */
export interface OpenAnswer {
  readonly response: IncomingMessage;
  readonly redact: Redactor;
  destroy(): void;
}

/** The transport's own notes on a call under way. */
interface Progress {
  /** The request that has not been answered yet. */
  exchange: Exchange | undefined;
  /** Set when the call has failed: nothing may be sent for it any more. */
  over: boolean;
}

/**
 * Talks HTTP to one API server: one attempt per call (a second one only after a 401, which wrote nothing, with credentials
 * loaded anew), within one deadline over all of it, on a pool of kept-alive connections.
 *
 * Node's own client with the options that a kubeconfig applies: a tenth of the CPU of client-node's generated API, and it
 * tells exactly when bytes have left.
 */
export class Transport {
  /** The server without credentials: `"https://10.0.0.1:6443"`. */
  readonly server: string;
  readonly clock: Clock;
  readonly #target: RequestOptions;
  readonly #basePath: string;
  readonly #credentials: Credentials;
  readonly #pool: ConnectionPool;
  readonly #closing = new AbortController();

  constructor(options: { readonly url: URL; readonly credentials: Credentials; readonly clock: Clock }) {
    this.server = options.url.origin;
    this.clock = options.clock;
    this.#target = urlToHttpOptions(options.url);
    this.#basePath = options.url.pathname.replace(/\/$/, "");
    this.#credentials = options.credentials;
    this.#pool = new ConnectionPool({ secure: options.url.protocol === "https:" });
  }

  /** Aborts when {@link close} is called. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Asks and waits for the whole answer, whatever its status.
   * @throws `LeaderElectionError`, or the signal's reason when it aborted before anything was sent.
   */
  async call(operation: Operation, request: ApiRequest, limits: CallLimits): Promise<Answer> {
    return this.#within(operation, limits, async (progress) =>
      whole(await this.#authenticated(request, "calls", progress)),
    );
  }

  /**
   * Asks for a watch and waits until it stands: for the head of a 200, whose body is still to come. Any other answer is
   * read whole, as by {@link call}; it alone has a `body`.
   * @throws as {@link call}.
   */
  async open(operation: Operation, request: ApiRequest, limits: CallLimits): Promise<OpenAnswer | Answer> {
    return this.#within(operation, limits, async (progress) => {
      const answer = await this.#authenticated(request, "watches", progress);
      return answer.response.statusCode === 200 ? answer : whole(answer);
    });
  }

  /** Ends every call and connection, so that nothing of ours keeps the process alive. */
  close(): void {
    this.#closing.abort();
    this.#pool.destroy();
  }

  async #within<Result>(
    operation: Operation,
    limits: CallLimits,
    perform: (progress: Progress) => Promise<Result>,
  ): Promise<Result> {
    const { timeoutMs, signal, closing } = limits;
    if (this.closing.aborted || closing.aborted) throw closedError(operation);
    signal?.throwIfAborted();
    const progress: Progress = { exchange: undefined, over: false };
    const interruption = new Interruption({
      clock: this.clock,
      timeoutMs,
      signal,
      closing: [closing, this.closing],
    });
    try {
      return await interruption.orElse(perform(progress));
    } catch (error) {
      const sent = progress.exchange?.sent ?? false;
      progress.over = true;
      progress.exchange?.destroy();
      if (error instanceof Interrupted && isSuspicious(error, sent)) this.#pool.dropIdle();
      throw callFailure(error, operation, this.server, { sent });
    } finally {
      interruption.dispose();
    }
  }

  async #authenticated(
    request: ApiRequest,
    use: "calls" | "watches",
    progress: Progress,
  ): Promise<OpenAnswer> {
    const applied = await this.#credentials.current();
    const answer = await this.#send(request, applied, use, progress);
    if (answer.response.statusCode !== 401) return answer;
    // Refused at the door: nothing was written, so a second request is no second attempt at the store.
    answer.destroy();
    progress.exchange = undefined;
    return this.#send(request, await this.#credentials.renewed(applied), use, progress);
  }

  async #send(
    { method, path, body }: ApiRequest,
    applied: Applied,
    use: "calls" | "watches",
    progress: Progress,
  ): Promise<OpenAnswer> {
    if (progress.over) throw new NetworkError("the call is over");
    const exchange = startExchange(
      {
        ...this.#target,
        agent: this.#pool.agent(applied, use),
        method,
        path: `${this.#basePath}${path}`,
        headers: {
          "user-agent": USER_AGENT,
          accept: "application/json",
          ...(body !== undefined && {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          }),
          ...applied.headers,
        },
        ...(applied.auth !== undefined && { auth: applied.auth }),
      },
      body,
    );
    progress.exchange = exchange;
    return {
      response: await exchange.response,
      redact: applied.redact,
      destroy: () => exchange.destroy(),
    };
  }
}

/** @throws CredentialsError when Node refuses the headers: nothing but credentials in them comes from outside. */
function startExchange(options: RequestOptions, body: string | undefined): Exchange {
  try {
    return new Exchange(options, body);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CredentialsError(`the credentials cannot be sent as a header (${code ?? "unknown"})`);
  }
}

async function whole({ response, redact }: OpenAnswer): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  return { status, headers, redact, body: await readBody(response) };
}

/** Whether connections to this server may be dead: an elector aborts its calls at the very deadline that it gives them. */
function isSuspicious({ interrupt }: Interrupted, sent: boolean): boolean {
  return interrupt.kind === "deadline" || (interrupt.kind === "aborted" && sent);
}
