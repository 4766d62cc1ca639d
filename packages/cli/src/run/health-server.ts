import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { LeaderStatus } from "./command-run.ts";

/** What the endpoints show and do. */
export interface Health {
  readonly status: LeaderStatus;
  readonly ready: boolean;
  readonly trouble: string | undefined;
  stepDown(): boolean;
}

/** Where and for whom the server listens. */
export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whoever shows it may ask the leader to step down; without it nobody may. */
  readonly stepDownToken: string | undefined;
}

/** A listening server. */
export interface HealthServer extends AsyncDisposable {
  readonly url: string;
}

interface Answer {
  readonly status: number;
  readonly body: string | object;
}

/**
 * Probes, and the way to ask who leads for programs in any language: `/healthz`, `/readyz`, `/leader`, `POST /step-down`.
 * @throws what `listen` throws, e.g. `EADDRINUSE`
 */
export async function startHealthServer(
  health: Health,
  { host, port, stepDownToken }: HealthServerOptions,
): Promise<HealthServer> {
  const server = createServer((request, response) => send(response, answer(health, stepDownToken, request)));
  await listen(server, host, port);
  // A server on a TCP port has such an address.
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function answer(
  health: Health,
  token: string | undefined,
  { method, url, headers }: IncomingMessage,
): Answer {
  const path = url?.split("?", 1)[0];
  const reads = method === "GET" || method === "HEAD";
  switch (path) {
    case "/healthz":
      if (!reads) return notAllowed("GET");
      return health.trouble === undefined ? ok : { status: 503, body: health.trouble };
    case "/readyz":
      if (!reads) return notAllowed("GET");
      return health.ready
        ? ok
        : { status: 503, body: "the lock was not seen yet, or this replica is stopping" };
    case "/leader":
      return reads ? { status: 200, body: health.status } : notAllowed("GET");
    case "/step-down":
      if (token === undefined) return { status: 404, body: "step-down is not switched on" };
      if (method !== "POST") return notAllowed("POST");
      if (!isToken(headers.authorization, token)) return { status: 401, body: "expected the bearer token" };
      return health.stepDown()
        ? { status: 202, body: health.status }
        : { status: 409, body: { ...health.status, message: "this replica does not lead" } };
    default:
      return { status: 404, body: "not found" };
  }
}

const ok: Answer = { status: 200, body: "ok" };

function notAllowed(allowed: string): Answer {
  return { status: 405, body: `expected ${allowed}` };
}

/** Digests have one length, and comparing them takes one time. */
function isToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) return false;
  const [a, b] = [given, token].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const json = typeof body === "object";
  response.writeHead(status, {
    "content-type": json ? "application/json" : "text/plain",
    "cache-control": "no-store",
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  response.end(json ? `${JSON.stringify(body)}\n` : `${body}\n`);
}
