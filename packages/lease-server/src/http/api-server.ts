import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isMaster } from "../access/path-access.ts";
import { ApiError } from "../api-error.ts";
import type { AdjustableFaults } from "../faults/create-faults.ts";
import type { FaultDecision } from "../faults/faults.ts";
import { answerFaultsRequest, FAULTS_PATH } from "../faults/faults-endpoint.ts";
import { type Answer, encodeAnswer, failureAnswer, objectAnswer } from "./answer.ts";
import type { ApiRequest } from "./api-request.ts";
import { answerMalformed } from "./bad-requests.ts";
import { Connections } from "./connections.ts";
import { faultError } from "./fault-error.ts";
import { withJsonBody } from "./json-body.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { wantsYaml } from "./negotiate.ts";
import { readBody } from "./read-body.ts";
import { isWellEscaped, parseQuery, type RequestTarget, requestTarget, verbOf } from "./request-target.ts";
import { attributesOf, type RespondOptions, respondToPath, respondToResource } from "./respond.ts";

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

/** What the first line of a request says. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly target: RequestTarget;
  /** `undefined` for a method that no resource has. */
  readonly verb: string | undefined;
}

interface Decided {
  readonly answer: Answer;
  readonly decision: FaultDecision;
}

/** Speaks HTTP: reads requests, lets them suffer, answers. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #connections: Connections;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const serve = (incoming: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(incoming, response);
    this.#connections = new Connections({ tls: options.tls, serve });
  }

  /** Resolves with the port. Rejects with Node's error when it cannot be had. */
  listen(port: number, host: string): Promise<number> {
    return this.#connections.listen(port, host);
  }

  /** Ends watches and every connection. Idempotent. */
  close(): Promise<void> {
    this.#closing.abort();
    this.#closed ??= this.#connections.close();
    return this.#closed;
  }

  /** Never rejects. */
  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = askedOf(incoming);
    const gone = new AbortController();
    response.on("error", () => {}); // the client went while it was answered
    response.once("close", () => {
      gone.abort();
      this.#tell(incoming, asked, response);
    });
    if (!isWellEscaped(asked.path)) {
      answerMalformed(response);
      return;
    }
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    try {
      const decided = await this.#decide(incoming, asked, signal);
      if (decided !== undefined) await send(decided, incoming, response);
    } catch (error) {
      // Whoever has gone need not be told.
      if (!signal.aborted) await send(plain(failureAnswer(error)), incoming, response);
    }
  }

  /** `undefined` when it is never answered. @throws `ApiError`; an `AbortError` when the client went meanwhile. */
  async #decide(incoming: IncomingMessage, asked: Asked, signal: AbortSignal): Promise<Decided | undefined> {
    const { method, path, query, target, verb = "" } = asked;
    const { access, faults } = this.#options;
    if (path === FAULTS_PATH) return plain(await this.#answerFaults(incoming, method));
    const { delayMs, decision } = faults.decide({
      method,
      path,
      verb,
      userAgent: incoming.headers["user-agent"] ?? "",
      name: target.kind === "resource" ? attributesOf(target, verb, query).name : undefined,
    });
    if (delayMs > 0) await sleep(delayMs, undefined, { signal });
    if (decision.kind === "hang") return undefined;
    if (decision.kind === "error") return plain(failureAnswer(faultError(decision)));
    try {
      const caller = access.authenticate(incoming.headers.authorization);
      const { headers, socket } = incoming;
      const address = headers.host ?? `${socket.localAddress}:${socket.localPort}`;
      const body = await readBody(incoming);
      const answer = await this.#answer({ method, query, headers, body, caller, address, signal }, asked);
      return { answer, decision };
    } catch (error) {
      // A refusal suffers from faults as an answer does.
      return { answer: failureAnswer(error), decision };
    }
  }

  async #answer(request: ApiRequest, { path, target, verb }: Asked): Promise<Answer> {
    if (target.kind === "path") return respondToPath(request, path, this.#options);
    if (verb === undefined) throw methodNotAllowed();
    return await respondToResource(withJsonBody(request, target), target, verb, this.#options);
  }

  /** Faults are set by whoever may do everything. */
  async #answerFaults(incoming: IncomingMessage, method: string): Promise<Answer> {
    const { access, faults } = this.#options;
    const caller = access.authenticate(incoming.headers.authorization);
    if (!isMaster(access, caller)) {
      const message = `User "${caller.user}" cannot set faults: only system:masters can`;
      throw new ApiError(403, "Forbidden", message);
    }
    return objectAnswer(200, answerFaultsRequest(faults, { method, body: await readBody(incoming) }));
  }

  #tell(
    { url = "/", headers }: IncomingMessage,
    { method, verb = "" }: Asked,
    response: ServerResponse,
  ): void {
    this.#options.onRequest?.({
      method,
      path: url,
      verb,
      userAgent: headers["user-agent"] ?? "",
      status: response.headersSent ? response.statusCode : 0,
    });
  }
}

function askedOf({ method = "GET", url = "/" }: IncomingMessage): Asked {
  const at = url.indexOf("?");
  const path = at < 0 ? url : url.slice(0, at);
  const query = parseQuery(at < 0 ? "" : url.slice(at + 1));
  const target = requestTarget(path);
  if (target.kind === "path") return { method, path, query, target, verb: "" };
  if (target.watches) query.set("watch", "true");
  return { method, path, query, target, verb: verbOf(method, target, query) };
}

function plain(answer: Answer): Decided {
  return { answer, decision: { kind: "none" } };
}

async function send(
  { answer, decision }: Decided,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (decision.kind === "swallow-answer" || response.destroyed) return;
  if (answer.kind === "stream") {
    if (decision.kind === "cut-answer") setImmediate(() => response.destroy());
    await answer.run(response);
    return;
  }
  const { status, headers, body } = encodeAnswer(answer, { yaml: wantsYaml(incoming.headers.accept) });
  response.writeHead(status, {
    ...(headers as Record<string, string | string[]>), // nobody changes them
    // What is left of a body that is too large is not waited for.
    ...(incoming.complete ? {} : { Connection: "close" }),
  });
  if (decision.kind === "cut-answer") {
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
    return;
  }
  response.end(incoming.method === "HEAD" ? undefined : body);
}
