import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Caller } from "../access/access.ts";
import { ApiError } from "../api-error.ts";
import type { AdjustableFaults } from "../faults/create-faults.ts";
import type { FaultDecision } from "../faults/faults.ts";
import { answerFaultsRequest, FAULTS_PATH } from "../faults/faults-endpoint.ts";
import { type Answer, encodeAnswer, failureAnswer, objectAnswer } from "./answer.ts";
import { withJsonBody } from "./json-body.ts";
import { type RequestTarget, requestTarget, verbOf } from "./request-target.ts";
import { methodNotAllowed, type RespondOptions, respondToPath, respondToResource } from "./respond.ts";

/** As the real server: 3 MiB. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** A request that was answered, or given up. */
export interface ServedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** In RBAC's words; `""` for what is no resource. */
  readonly verb: string;
  readonly userAgent: string;
  /** `0` when no answer was given: the client went, or a fault kept it back. */
  readonly status: number;
}

/** Options of {@link ApiServer}. */
export interface ApiServerOptions extends RespondOptions {
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly faults: AdjustableFaults;
  /** Told of every request when it has ended. Watches end late. */
  readonly onRequest?: ((request: ServedRequest) => void) | undefined;
}

/** Speaks HTTP: reads requests, lets them suffer, answers. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(request, response);
    this.#server =
      options.tls === undefined ? createHttpServer(serve) : createHttpsServer(options.tls, serve);
    // Watches are silent for long, and kept-alive connections of clients too.
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.setNoDelay(true);
    });
    // Half a handshake is nobody's fault but the client's.
    this.#server.on("tlsClientError", () => {});
  }

  /** Resolves with the port. Rejects with Node's error when it cannot be taken. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve((this.#server.address() as AddressInfo).port); // a TCP server has one
      });
    });
  }

  /** Ends watches and every connection. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Streams have written their end; whoever is in the middle of a request is cut off.
    await new Promise((resolve) => setImmediate(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = incoming;
    const [path = "/", search = ""] = split(url);
    const query = new URLSearchParams(search);
    const target = requestTarget(path);
    const verb = target.kind === "resource" ? verbOf(method, target, query) : "";
    const gone = new AbortController();
    const finish = (): void => {
      gone.abort();
      const userAgent = incoming.headers["user-agent"] ?? "";
      this.#options.onRequest?.({
        method,
        path: url,
        verb: verb ?? "",
        userAgent,
        status: response.headersSent ? response.statusCode : 0,
      });
    };
    response.once("close", finish);
    response.on("error", () => {}); // the client went while it was answered
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    try {
      const answer = await this.#answerTo(incoming, { method, path, query, target, verb, signal });
      if (answer !== undefined) await this.#send(answer.answer, answer.decision, response, method);
    } catch (error) {
      // The client has gone: nobody to tell.
      if (!gone.signal.aborted && !this.#closing.signal.aborted) {
        await this.#send(failureAnswer(error), { kind: "none" }, response, method);
      }
    }
  }

  async #answerTo(
    incoming: IncomingMessage,
    parts: {
      readonly method: string;
      readonly path: string;
      readonly query: URLSearchParams;
      readonly target: RequestTarget;
      readonly verb: string | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly answer: Answer; readonly decision: FaultDecision } | undefined> {
    const { method, path, query, target, verb, signal } = parts;
    const { access, faults } = this.#options;
    if (path === FAULTS_PATH) return plain(await this.#answerFaults(incoming, method));
    const { delayMs, decision } = faults.decide({
      method,
      path,
      verb: verb ?? "",
      userAgent: incoming.headers["user-agent"] ?? "",
      name: target.kind === "resource" ? (target.name ?? selectedName(query)) : undefined,
    });
    if (delayMs > 0) await sleep(delayMs, undefined, { signal });
    if (decision.kind === "hang") return undefined;
    if (decision.kind === "error") return plain(failureAnswer(faultError(decision)));
    const caller = this.#callerOf(
      incoming.headers.authorization,
      target.kind === "path" && OPEN_PATHS.has(path),
    );
    const body = await readBody(incoming);
    const answer = await settled(async () => {
      const request = withJsonBody({ method, query, headers: incoming.headers, body, caller, signal });
      if (target.kind === "path") return respondToPath(request, path);
      if (verb === undefined) throw methodNotAllowed();
      return await respondToResource(request, target, verb, this.#options);
    });
    return { answer, decision };
  }

  /** Who sends credentials must have good ones, everywhere. */
  #callerOf(authorization: string | undefined, isOpen: boolean): Caller {
    const anonymous = authorization === undefined || /^Bearer *$/i.test(authorization);
    return isOpen && anonymous ? ANYBODY : this.#options.access.authenticate(authorization);
  }

  /** Faults are set by whoever may do everything. */
  async #answerFaults(incoming: IncomingMessage, method: string): Promise<Answer> {
    const { access, faults } = this.#options;
    const caller = access.authenticate(incoming.headers.authorization);
    if (!access.allows(caller, { verb: "*", group: "*", resource: "*" })) {
      throw new ApiError(
        403,
        "Forbidden",
        `User "${caller.user}" cannot set faults: only system:masters can`,
      );
    }
    return objectAnswer(200, answerFaultsRequest(faults, { method, body: await readBody(incoming) }));
  }

  async #send(
    answer: Answer,
    decision: FaultDecision,
    response: ServerResponse,
    method: string,
  ): Promise<void> {
    if (decision.kind === "swallow-answer" || response.destroyed) return;
    if (answer.kind === "stream") {
      if (decision.kind === "cut-answer") setImmediate(() => response.destroy());
      await answer.run(response);
      return;
    }
    const { status, headers, body } = encodeAnswer(answer);
    response.writeHead(status, headers as Record<string, string | string[]>);
    if (decision.kind === "cut-answer") {
      response.write(body.subarray(0, body.length >> 1), () => response.destroy());
      return;
    }
    response.end(method === "HEAD" ? undefined : body);
  }
}

/** Asked by those who start a server, before they have any token. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/readyz", "/livez", "/healthz", "/version"]);
const ANYBODY = { user: "system:anonymous", groups: ["system:unauthenticated"] };

function plain(answer: Answer): { readonly answer: Answer; readonly decision: FaultDecision } {
  return { answer, decision: { kind: "none" } };
}

/** A refusal suffers from faults as an answer does. */
async function settled(answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    return failureAnswer(error);
  }
}

function split(url: string): readonly [string, string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

function selectedName(query: URLSearchParams): string | undefined {
  return /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(query.get("fieldSelector") ?? "")?.[1];
}

function faultError({ status, retryAfterSeconds }: Extract<FaultDecision, { kind: "error" }>): ApiError {
  const reasons: Readonly<Record<number, string>> = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
  };
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  return new ApiError(
    status,
    reasons[status] ?? "InternalError",
    "a fault was set for this request",
    details,
  );
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) {
      throw new ApiError(
        413,
        "RequestEntityTooLarge",
        `Request entity too large: limit is ${MAX_BODY_BYTES}`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
