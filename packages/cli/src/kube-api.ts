import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { urlToHttpOptions } from "node:url";
import type { KubeConfigLike } from "@tenure/lock-k8s-lease";
import { EXIT } from "./exit-codes.ts";
import { CliError, usageError } from "./failure.ts";
import type { Exchanged } from "./store-time.ts";

/** A whole answer, whatever its status. */
export interface KubeAnswer extends Exchanged {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Of JSON; `undefined` when it is none. */
  readonly body: unknown;
}

const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** What the lock does not ask of the Kubernetes API: lists, access reviews, the server's clock. One request, one attempt. */
export class KubeApi {
  /** Without credentials: `"https://10.0.0.1:6443"`. */
  readonly server: string;
  readonly #url: URL;
  readonly #kubeConfig: KubeConfigLike;

  /** @throws `CliError` when the configuration names no server */
  constructor(kubeConfig: KubeConfigLike) {
    const server = kubeConfig.getCurrentCluster()?.server ?? "";
    if (!URL.canParse(server)) throw usageError("The kubeconfig's current context names no server");
    this.#url = new URL(server);
    this.#kubeConfig = kubeConfig;
    this.server = this.#url.origin;
  }

  /**
   * Asks and reads the answer whole.
   * @throws `CliError` with one line when none came
   */
  async request(
    method: "GET" | "POST",
    path: string,
    { body, timeoutMs }: { readonly body?: unknown; readonly timeoutMs: number },
  ): Promise<KubeAnswer> {
    const signal = AbortSignal.timeout(timeoutMs);
    const sentAtMs = Date.now();
    try {
      const response = await this.#send(method, path, body, signal);
      const { statusCode: status = 0, headers } = response;
      const text = await readText(response);
      return { status, headers, body: parsed(text), sentAtMs, receivedAtMs: Date.now() };
    } catch (cause) {
      if (cause instanceof CliError) throw cause;
      const why = signal.aborted ? `did not answer within ${timeoutMs} ms` : describe(cause);
      throw new CliError(EXIT.unreachable, `${method} ${path} failed: ${this.server} ${why}`, { cause });
    }
  }

  /**
   * The body of an answer that must be a success.
   * @throws `CliError` with what the server said
   */
  async get(path: string, { timeoutMs }: { readonly timeoutMs: number }): Promise<unknown> {
    const { status, body } = await this.request("GET", path, { timeoutMs });
    if (status >= 200 && status < 300) return body;
    const exitCode = status === 401 || status === 403 ? EXIT.forbidden : EXIT.failed;
    throw new CliError(exitCode, `GET ${path} failed: ${this.server} answered ${status}: ${messageOf(body)}`);
  }

  async #send(method: string, path: string, body: unknown, signal: AbortSignal): Promise<IncomingMessage> {
    const applied: RequestOptions = { headers: {} };
    await this.#applyCredentials(applied, signal);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { agent, headers, ...rest } = applied;
    const options: RequestOptions = {
      ...rest,
      ...urlToHttpOptions(this.#url),
      method,
      path: `${this.#url.pathname.replace(/\/$/, "")}${path}`,
      // With a proxy the configuration's agent knows the way; else one connection for one request.
      agent: this.#kubeConfig.getCurrentCluster()?.proxyUrl ? (agent ?? false) : false,
      headers: {
        ...(headers as Record<string, string>),
        accept: "application/json",
        "user-agent": "tenure",
        ...(text !== undefined && { "content-type": "application/json" }),
      },
      signal,
    };
    const start = this.#url.protocol === "https:" ? requestHttps : requestHttp;
    return await new Promise((resolve, reject) => start(options, resolve).on("error", reject).end(text));
  }

  /** What a kubeconfig's credentials throw may hold secrets: a plugin's output, a file's content. */
  async #applyCredentials(options: RequestOptions, signal: AbortSignal): Promise<void> {
    try {
      // A plugin may hang; the request's time is all that it has.
      await Promise.race([this.#kubeConfig.applyToHTTPSOptions(options), once(signal, "abort")]);
    } catch {
      throw new CliError(
        EXIT.forbidden,
        `No credentials for ${this.server}: the kubeconfig's own error is not shown, because it may hold secrets`,
      );
    }
    signal.throwIfAborted();
  }
}

/** What a `Status` says, on one line. */
export function messageOf(body: unknown): string {
  const { message } = (body ?? {}) as { readonly message?: unknown };
  return typeof message === "string" ? (message.split("\n", 1)[0] ?? "") : "no Kubernetes Status";
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error(`gave an answer of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page, say: no body that anybody here can use.
    return undefined;
  }
}

function describe(error: unknown): string {
  const { message, code } = error as Partial<NodeJS.ErrnoException>;
  return `could not be reached: ${message || code || "unknown error"}`;
}
