import { inspect } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EtcdClient } from "./etcd-client.ts";
import { record } from "./etcd-lock.fixture.ts";
import { EtcdLock } from "./etcd-lock.ts";
import { answer, type Reply, StubEtcd, silence, status } from "./stub-etcd.fixture.ts";

const TOKEN = "canary-token-4711";
const PASSWORD = "canary-password-4712";
const CANARY = /canary-|Y2FuYXJ5/;
const ECHO = `you sent ${TOKEN} and ${PASSWORD}`;

let stub: StubEtcd;

beforeEach(async () => {
  stub = await StubEtcd.start();
});

afterEach(() => stub[Symbol.asyncDispose]());

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

function client(): EtcdClient {
  return new EtcdClient({ etcd: { hosts: stub.host, auth: { username: "app", password: PASSWORD } } });
}

it.each<[string, Reply[]]>([
  ["a refusal", [answer({ token: TOKEN }), status(7, ECHO)]],
  ["a lost answer", [answer({ token: TOKEN }), status(14, ECHO)]],
  ["a silent server", [answer({ token: TOKEN }), silence]],
  ["a refused password", [status(3, `etcdserver: authentication failed, ${ECHO}`)]],
  ["a login that fails", [status(2, ECHO)]],
  ["a token that no header can carry", [answer({ token: `${TOKEN}\n` })]],
  ["an unknown token, twice", [1, 2].flatMap(() => [answer({ token: TOKEN }), status(16, ECHO)])],
])("%s shows no secret", async (_, replies) => {
  await using shared = client();
  const lock = new EtcdLock({ etcd: shared, name: "app" });
  // So that the token is known where the login itself fails.
  if (replies[0]?.kind === "status") {
    stub.reply(answer({ token: TOKEN }), status(16, "etcdserver: invalid auth token"));
  }
  stub.reply(...replies);
  const error = await lock.create(record(), { timeoutMs: 300 }).catch((reason: unknown) => reason);
  // The secrets were in play.
  expect(stub.seen[0]?.message).toMatchObject({ password: PASSWORD });
  expect(error).toBeInstanceOf(Error);
  for (const value of [error, lock, shared]) expect(everyView(value)).not.toMatch(CANARY);
});

it("a refused watch shows none", async () => {
  await using shared = client();
  const lock = new EtcdLock({ etcd: shared, name: "app", random: () => 0 });
  const refuse = (stream: { emit(event: string, error: object): unknown }): void => {
    stream.emit("error", { code: 7, details: ECHO });
  };
  stub.reply(answer({ token: TOKEN }));
  stub.onWatch(refuse, refuse);
  const ending = new AbortController();
  const error = await lock
    .watch({ signal: ending.signal })
    [Symbol.asyncIterator]()
    .next()
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
  expect(everyView(error)).not.toMatch(CANARY);
});

it("a host with a password in it is not quoted", () => {
  const build = () => new EtcdLock({ etcd: { hosts: `http://app:${PASSWORD}@etcd:2379` }, name: "app" });
  expect(build).toThrow(RangeError);
  expect(build).not.toThrow(CANARY);
});
