import { type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { TlsFiles } from "../tls-files.ts";

const TIMEOUT_MS = 5_000;

/** An answer of etcd that is not 2xx, e.g. `etcdserver: permission denied`. */
export class EtcdGatewayError extends Error {
  override readonly name = "EtcdGatewayError";
}

/** How {@link etcdRequest} asks. */
export interface EtcdRequest {
  readonly method: "GET" | "POST";
  /** e.g. `https://127.0.0.1:20379/v3/kv/range` */
  readonly url: string;
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly tls?: TlsFiles | undefined;
}

/** One request to etcd's JSON gateway. @throws EtcdGatewayError when the answer is not 2xx. */
export function etcdRequest({ method, url, body, token, tls }: EtcdRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      agent: false, // a connection of its own: the servers come and go
      headers: token === undefined ? {} : { authorization: token },
    };
    const request =
      tls === undefined
        ? requestHttp(url, options)
        : // The gateway refuses a client certificate with a common name while authentication is on: the server's has none.
          requestHttps(url, { ...options, ca: tls.ca, cert: tls.serverCert, key: tls.serverKey });
    request.once("error", reject);
    request.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () => {
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve(JSON.parse(text));
        else reject(new EtcdGatewayError(`${method} ${url} answered ${statusCode}: ${text.slice(0, 500)}`));
      });
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
