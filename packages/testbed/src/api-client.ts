import { request as httpsRequest } from "node:https";

/** An answer of the apiserver. */
export interface ApiResponse<Body = unknown> {
  readonly status: number;
  /** The parsed JSON, or the text where it is none. */
  readonly body: Body;
}

/** How one request is made. */
export interface ApiRequestOptions {
  /** Bearer token to use instead of the administrator's; `null` sends none. */
  readonly token?: string | null | undefined;
  /** @defaultValue `application/json`; a PATCH needs another, e.g. `application/merge-patch+json` */
  readonly contentType?: string | undefined;
  /** Milliseconds until the request is given up and rejects. @defaultValue 30000 */
  readonly timeoutMs?: number | undefined;
}

/** Where the apiserver is and whom to trust. */
export interface ApiEndpoint {
  readonly url: string;
  /** The CA in PEM: the only one trusted. */
  readonly ca: string;
  readonly token: string;
}

/**
 * One request over verified TLS, on a connection of its own, so that no stale connection survives an apiserver restart.
 * Resolves for every status; rejects when there was no answer.
 */
export function apiRequest<Body = unknown>(
  endpoint: ApiEndpoint,
  method: string,
  path: string,
  body?: unknown,
  { token = endpoint.token, contentType = "application/json", timeoutMs = 30_000 }: ApiRequestOptions = {},
): Promise<ApiResponse<Body>> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { accept: "application/json" };
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    if (body !== undefined) headers["content-type"] = contentType;
    const signal = AbortSignal.timeout(timeoutMs);
    const request = httpsRequest(
      new URL(path, endpoint.url),
      { method, headers, ca: endpoint.ca, agent: false, signal },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("error", reject);
        // The caller says what shape it expects; a test that is wrong about it fails.
        response.once("end", () => resolve({ status: response.statusCode ?? 0, body: parse(text) as Body }));
      },
    );
    request.once("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/**
 * Like {@link apiRequest}, for requests that must succeed: resolves with the body.
 * @throws Error naming the request and the answer when the status is not 2xx.
 */
export async function apiRequestOk<Body = unknown>(
  endpoint: ApiEndpoint,
  method: string,
  path: string,
  body?: unknown,
  options?: ApiRequestOptions,
): Promise<Body> {
  const answer = await apiRequest<Body>(endpoint, method, path, body, options);
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  throw new Error(
    `Expected ${method} ${path} to succeed, got ${answer.status}: ${JSON.stringify(answer.body)}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // /readyz and /metrics answer plain text
  }
}
