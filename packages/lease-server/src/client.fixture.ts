import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import type { ServedRequest } from "./http/api-server.ts";
import { type LeaseServer, type LeaseServerOptions, startLeaseServer } from "./start-lease-server.ts";

/** Where the Leases of the tests are. */
export const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

/** A server for one test, and what it has served so far. */
export async function started(
  options: LeaseServerOptions = {},
): Promise<{ readonly server: LeaseServer; readonly served: ServedRequest[] }> {
  const served: ServedRequest[] = [];
  const server = await startLeaseServer({ ...options, onRequest: (request) => served.push(request) });
  onTestFinished(() => server.close());
  return { server, served };
}

/** What was answered. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed; `undefined` where it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it.
  readonly body: any;
}

/** Sends one request on a connection of its own. */
export async function ask(
  { url }: Pick<LeaseServer, "url">,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const response = await sent(url, method, path, body, headers);
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  const isJson = response.headers["content-type"] === "application/json" && text !== "";
  const { statusCode = 0, headers: received } = response;
  return { status: statusCode, headers: received, text, body: isJson ? JSON.parse(text) : undefined };
}

/** A Lease as a client sends it. */
export function leaseBody(name: string, holderIdentity = "pod-1", metadata: object = {}): object {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, ...metadata },
    spec: { holderIdentity, leaseDurationSeconds: 15 },
  };
}

/** Gives a Lease another holder. */
export async function hold(
  server: Pick<LeaseServer, "url">,
  name: string,
  holderIdentity: string,
): Promise<void> {
  const type = { "content-type": "application/merge-patch+json" };
  const { status, text } = await ask(
    server,
    "PATCH",
    `${LEASES}/${name}`,
    { spec: { holderIdentity } },
    type,
  );
  if (status !== 200) throw new Error(text);
}

/** A watch whose lines are taken one at a time. */
export interface Watching {
  /** `"ADDED demo"`; `undefined` when it has ended. */
  next(): Promise<string | undefined>;
  /** Takes nothing more from the socket, until `resume`. */
  readonly response: IncomingMessage;
  /** Goes without a word. */
  leave(): void;
}

/** Begins a watch. */
export async function watch({ url }: Pick<LeaseServer, "url">, path: string): Promise<Watching> {
  const response = await sent(url, "GET", path);
  response.on("error", () => {}); // a server that is closed cuts it off
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  return {
    response,
    next: async () => {
      const { done, value } = await lines.next();
      if (done) return undefined;
      const { type, object } = JSON.parse(value);
      return `${type} ${object.metadata.name ?? object.code ?? ""}`.trimEnd();
    },
    leave: () => response.destroy(),
  };
}

function sent(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const own =
      text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const request = httpRequest(`${url}${path}`, { method, headers: { ...own, ...headers }, agent: false });
    request.once("response", resolve);
    request.once("error", reject);
    request.end(text);
  });
}
