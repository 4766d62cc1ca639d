import { inspect } from "node:util";
import { KubeConfig } from "@kubernetes/client-node";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { KubeConfigLike } from "./kube-config.ts";
import { LeaseClient } from "./lease-client.ts";
import {
  cut,
  json,
  lease,
  page,
  RECORD,
  type Reply,
  StubApi,
  silence,
  status,
  stream,
} from "./stub-api.fixture.ts";

const TOKEN = "canary-token-4711";
const PASSWORD = "canary-password-4712";
const KEY = "canary-key-4713";
const PLUGIN = "canary-plugin-4714";
const CANARY = /canary-|Y2FuYXJ5/;

let stub: StubApi;
const clients: LeaseClient[] = [];

beforeEach(async () => {
  stub = await StubApi.start();
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await stub[Symbol.asyncDispose]();
});

/** Everything that a log could make of a value. */
function everyView(value: unknown): string {
  const error = value instanceof Error ? value : undefined;
  return [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    JSON.stringify(value, (_, item) => (typeof item === "bigint" ? String(item) : item)),
    String(value),
    error?.message,
    error?.stack,
    error?.cause === undefined ? "" : everyView(error.cause),
  ].join("\n");
}

function clientOf(kubeConfig: KubeConfigLike): LeaseClient {
  const client = new LeaseClient({ kubeConfig });
  clients.push(client);
  return client;
}

function bearer(server = stub.url): KubeConfigLike {
  return {
    getCurrentCluster: () => ({ server }),
    applyToHTTPSOptions: async (options) => {
      Object.assign(options, {
        headers: { Authorization: `Bearer ${TOKEN}` },
        auth: `user:${PASSWORD}`,
        key: KEY,
      });
    },
  };
}

/** A server, or a proxy before it, that shows what it was sent. */
const echo =
  (code: number): Reply =>
  (response, request) =>
    status(code, {
      reason: "Invalid",
      message: `you sent ${request.headers.authorization} and user:${PASSWORD} aka ${Buffer.from(`user:${PASSWORD}`).toString("base64")}`,
      details: { causes: [{ field: request.headers.authorization, message: PASSWORD }] },
    })(response, request);

const echoPage: Reply = (response, request) =>
  page(502, `<html>${request.headers.authorization}</html>`)(response, request);
const echoRedirect: Reply = (response, request) =>
  response.writeHead(302, { location: `/?token=${request.headers.authorization}` }).end();
const echoBroken: Reply = (response, request) =>
  page(200, `${request.headers.authorization}`)(response, request);

it.each<[string, Reply[]]>([
  ["a refusal", [echo(422)]],
  ["a 403", [echo(403)]],
  ["a 401, twice", [echo(401), echo(401)]],
  ["a server error", [echo(500)]],
  ["a page", [echoPage]],
  ["a redirect", [echoRedirect]],
  ["an answer that is no JSON", [echoBroken]],
  ["a cut connection", [cut]],
  ["a deadline", [silence]],
])("%s shows no secret", async (_, replies) => {
  const client = clientOf(bearer());
  const lock = client.lock({ name: "app", namespace: "team" });
  stub.reply(...replies);
  const error = await lock.create(RECORD, { timeoutMs: 200 }).catch((reason: unknown) => reason);
  // The secrets were in play.
  expect(stub.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  expect(error).toBeInstanceOf(Error);
  for (const value of [error, lock, client]) expect(everyView(value)).not.toMatch(CANARY);
});

it("a refused watch and its events show none", async () => {
  const client = clientOf(bearer());
  const lock = client.lock({ name: "app", namespace: "team" });
  const ending = new AbortController();
  stub.reply(stream({ type: "ADDED", object: lease() }), json(200, lease()));
  const events = lock.watch({ signal: ending.signal })[Symbol.asyncIterator]();
  const seen = [
    await events.next(),
    await events.next(),
    await lock.get({ timeoutMs: 5_000 }),
    events,
    client,
  ];
  expect(everyView(seen)).not.toMatch(CANARY);
  stub.reply(echo(403));
  const error = await lock
    .watch({ signal: ending.signal })
    [Symbol.asyncIterator]()
    .next()
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
  expect(everyView(error)).not.toMatch(CANARY);
  ending.abort();
});

it("a server's URL with a password in it is shown without", async () => {
  const client = clientOf(bearer(stub.url.replace("http://", `http://user:${PASSWORD}@`)));
  expect(client.server).toBe(stub.url);
  stub.reply(echo(500));
  const error = await client
    .lock({ name: "app" })
    .get({ timeoutMs: 5_000 })
    .catch((reason: unknown) => reason);
  expect(everyView([error, client])).not.toMatch(CANARY);
});

it("a key that cannot be used is not quoted", async () => {
  const error = await clientOf(bearer("https://127.0.0.1:1"))
    .lock({ name: "app" })
    .get({ timeoutMs: 5_000 })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "ERR_LOCK_UNAUTHENTICATED",
    message: expect.stringContaining("cannot be used"),
  });
  expect(everyView(error)).not.toMatch(CANARY);
});

it.each([
  ["fails and says why", `echo "$SECRET" >&2; exit 1`],
  ["prints what is no JSON", `echo "$SECRET"`],
  ["is not there", undefined],
])("a plugin that %s gives nothing away", async (_, script) => {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [{ name: "c", server: stub.url, skipTLSVerify: true }],
    users: [
      {
        name: "u",
        exec: {
          command: script === undefined ? "/no/such/plugin" : "/bin/sh",
          args: ["-c", script ?? PLUGIN],
          env: [{ name: "SECRET", value: PLUGIN }],
        },
      },
    ],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  const client = clientOf(kubeConfig);
  const error = await client
    .lock({ name: "app" })
    .get({ timeoutMs: 5_000 })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "ERR_LOCK_UNAUTHENTICATED", outcome: "not-applied" });
  for (const value of [error, client]) expect(everyView(value)).not.toMatch(CANARY);
});
