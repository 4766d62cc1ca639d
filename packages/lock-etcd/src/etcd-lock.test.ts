import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CALL, failure, present, record, stored } from "./etcd-lock.fixture.ts";
import { EtcdLock } from "./etcd-lock.ts";
import { answer, header, put, StubEtcd, silence, status } from "./stub-etcd.fixture.ts";

let stub: StubEtcd;
let lock: EtcdLock;

beforeEach(async () => {
  stub = await StubEtcd.start();
  lock = new EtcdLock({ etcd: { hosts: stub.host }, name: "app" });
});

afterEach(async () => {
  await lock.close();
  await stub[Symbol.asyncDispose]();
});

/** Above 2^53, where a `number` would round. */
const BIG = "9007199254740993";

describe("what is sent and read", () => {
  it("creates by a transaction on create revision 0, and reads the key in the same one", async () => {
    stub.reply(put(BIG));
    const created = await lock.create(record(), CALL);
    expect(created).toMatchObject({
      record: record(),
      version: BIG,
      incarnation: BIG,
      fencingToken: 9007199254740993n,
    });
    const [{ message, hasLeader }] = stub.seen as [(typeof stub.seen)[0]];
    const key = Buffer.from("/tenure/app");
    expect(hasLeader).toBe("true");
    expect(message).toMatchObject({
      compare: [{ key, result: "Equal", target: "Create", create_revision: "0" }],
      success: [{ request_put: { key, lease: "0" } }],
      failure: [{ request_range: { key, serializable: false } }],
    });
    expect(message["compare"]).toHaveLength(1);
  });

  it("updates by a transaction on both revisions, digit for digit above 2^53", async () => {
    stub.reply(
      answer({ kvs: [stored(record(), { mod: BIG, create: "9007199254740991" })] }),
      put("9007199254740995"),
    );
    const found = present(await lock.get(CALL));
    const updated = await lock.update(record({ holderIdentity: "b" }), found, CALL);
    expect(updated).toMatchObject({
      record: { holderIdentity: "b" },
      version: "9007199254740995",
      incarnation: "9007199254740991",
      fencingToken: 9007199254740995n,
    });
    expect(stub.seen[1]?.message).toMatchObject({
      compare: [
        { target: "Create", result: "Equal", create_revision: "9007199254740991" },
        { target: "Mod", result: "Equal", mod_revision: BIG },
      ],
    });
  });

  it("reads linearizably, and a missing key as none", async () => {
    stub.reply(answer({ kvs: [] }));
    expect(await lock.get(CALL)).toBeUndefined();
    expect(stub.seen[0]?.message).toMatchObject({ key: Buffer.from("/tenure/app"), serializable: false });
  });

  it("puts back what others keep in the object, value for value", async () => {
    const text =
      '{"note":{"a":[1,9007199254740993]},"holderIdentity":"x","leaseDurationMs":1,"strategy":"s"}';
    stub.reply(answer({ kvs: [stored(text, { mod: "5", create: "4" })] }), put("6"));
    const found = present(await lock.get(CALL));
    expect(found.record).toEqual({
      holderIdentity: "x",
      leaseDurationMs: 1,
      acquireTime: undefined,
      renewTime: undefined,
      leaderTransitions: 0,
      strategy: "s",
    });
    await lock.update(record(), found, CALL);
    const success = stub.seen[1]?.message["success"] as [{ request_put: { value: Buffer } }];
    expect(success[0].request_put.value.toString()).toBe(
      '{"note":{"a":[1,9007199254740993]},"holderIdentity":"tenure-1","leaseDurationMs":15000,"strategy":"s",' +
        '"acquireTime":"2026-11-23T19:13:00.123456Z","renewTime":"2026-11-23T19:13:10.654321Z","leaderTransitions":3}',
    );
  });

  it.each([
    ["no JSON", "canary", "it is not JSON"],
    ["no UTF-8", Buffer.from([0xff, 0x00]).toString("latin1"), "it is not JSON"],
    ["a list", "[]", "it is no JSON object"],
    ["another's object, which must not look free", '{"canary":1}', "it has no holderIdentity"],
    ["a holder that is no text", '{"holderIdentity":null}', "it has no holderIdentity"],
  ])("says that it cannot read %s, without quoting it", async (_, text, why) => {
    stub.reply(answer({ kvs: [stored(text, { mod: "5", create: "4" })] }));
    const error = await failure(lock.get(CALL));
    expect(error).toMatchObject({ code: "ERR_LOCK_RECORD_INVALID", outcome: "not-applied" });
    expect(error.message).toBe(
      `get of etcd key /tenure/app: what is stored at revision 5 is no record: ${why}`,
    );
  });
});

describe("conflicts", () => {
  const lost = (...kvs: object[]) =>
    answer({ header: header("9"), succeeded: false, responses: [{ response_range: { kvs } }] });

  it.each([
    [
      "a record is there",
      "create",
      lost(stored(record(), { mod: "8", create: "7" })),
      "there is a record, at revision 8",
    ],
    [
      "it moved",
      "update",
      lost(stored(record(), { mod: "8", create: "4" })),
      "the record is at revision 8, not 5",
    ],
    [
      "it was created anew",
      "update",
      lost(stored(record(), { mod: "8", create: "8" })),
      "the record is at revision 8, created anew at 8, not 5",
    ],
    ["it is gone", "update", lost(), "there is no record any more"],
  ] as const)("says that %s", async (_, verb, reply, why) => {
    stub.reply(answer({ kvs: [stored(record(), { mod: "5", create: "4" })] }), reply);
    const found = present(await lock.get(CALL));
    const error = await failure(
      verb === "create" ? lock.create(record(), CALL) : lock.update(record(), found, CALL),
    );
    expect(error).toMatchObject({ code: "ERR_LOCK_CONFLICT", outcome: "not-applied" });
    expect(error.message).toBe(`${verb} of etcd key /tenure/app failed: ${why}`);
  });
});

describe("refusals and lost answers", () => {
  it.each([
    [14, "etcdserver: no leader", "ERR_LOCK_UNAVAILABLE", "not-applied"],
    [14, "etcdserver: rpc not supported for learner", "ERR_LOCK_UNAVAILABLE", "not-applied"],
    [9, "etcdserver: rpc not supported for learner", "ERR_LOCK_UNAVAILABLE", "not-applied"],
    [9, "etcdserver: not capable", "ERR_LOCK_UNAVAILABLE", "not-applied"],
    [14, "etcdserver: request timed out", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [
      14,
      "etcdserver: request timed out, possibly due to previous leader failure",
      "ERR_LOCK_OUTCOME_UNKNOWN",
      "unknown",
    ],
    [14, "etcdserver: leader changed", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [14, "etcdserver: server stopped", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [14, "Connection dropped", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [8, "etcdserver: too many requests", "ERR_LOCK_THROTTLED", "not-applied"],
    [8, "Received message larger than max (9 vs 4)", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [7, "etcdserver: permission denied", "ERR_LOCK_FORBIDDEN", "not-applied"],
    [16, "etcdserver: invalid auth token", "ERR_LOCK_UNAUTHENTICATED", "not-applied"],
    [3, "etcdserver: user name is empty", "ERR_LOCK_UNAUTHENTICATED", "not-applied"],
    [3, "etcdserver: request is too large", "ERR_LOCK_REJECTED", "not-applied"],
    [9, "etcdserver: something", "ERR_LOCK_REJECTED", "not-applied"],
    [9, "a proxy", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [2, "raft proposal dropped", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [13, "RST_STREAM", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [4, "context deadline exceeded", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [1, "context canceled", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
    [15, "etcdserver: corrupt cluster", "ERR_LOCK_OUTCOME_UNKNOWN", "unknown"],
  ])(
    "gRPC %d %j makes a write %s, and a read one that wrote nothing",
    async (code, details, expected, outcome) => {
      stub.reply(status(code, details), status(code, details));
      expect(await failure(lock.create(record(), CALL))).toMatchObject({ code: expected, outcome });
      expect(await failure(lock.get(CALL))).toMatchObject({
        code: expected === "ERR_LOCK_OUTCOME_UNKNOWN" ? "ERR_LOCK_UNAVAILABLE" : expected,
        outcome: "not-applied",
      });
      // One attempt each, whatever the answer.
      expect(stub.methods).toEqual(["txn", "range"]);
    },
  );

  it.each([
    // The request that runs over the quota is applied before it is answered so.
    [8, "etcdserver: mvcc: database space exceeded", "ERR_LOCK_UNAVAILABLE"],
    [7, "Received HTTP status code 403", "ERR_LOCK_FORBIDDEN"],
    [16, "Received HTTP status code 401", "ERR_LOCK_UNAUTHENTICATED"],
    [12, "Received HTTP status code 404", "ERR_LOCK_REJECTED"],
  ])(
    "gRPC %d %j is no proof that a write was not applied, and tells a read %s",
    async (code, details, tells) => {
      stub.reply(status(code, details), status(code, details));
      expect(await failure(lock.create(record(), CALL))).toMatchObject({
        code: "ERR_LOCK_OUTCOME_UNKNOWN",
        outcome: "unknown",
      });
      const error = await failure(lock.get(CALL));
      expect(error).toMatchObject({ code: tells, outcome: "not-applied" });
      expect(error.message).not.toContain("etcdctl");
      expect(stub.methods).toEqual(["txn", "range"]);
    },
  );

  it("takes an answer without its message for no answer", async () => {
    stub.reply({ kind: "empty" }, { kind: "empty" });
    expect(await failure(lock.create(record(), CALL))).toMatchObject({ outcome: "unknown" });
    expect(await failure(lock.get(CALL))).toMatchObject({ outcome: "not-applied" });
  });

  it("sends a write once, whatever the user's gRPC options say of retries", async () => {
    const policy = {
      maxAttempts: 4,
      initialBackoff: "0.01s",
      maxBackoff: "0.01s",
      backoffMultiplier: 1,
      retryableStatusCodes: ["UNAVAILABLE"],
    };
    const grpcOptions = {
      "grpc.enable_retries": 1,
      "grpc.service_config": JSON.stringify({
        loadBalancingConfig: [],
        methodConfig: [{ name: [{}], retryPolicy: policy }],
      }),
    };
    await using some = new EtcdLock({ etcd: { hosts: stub.host, grpcOptions }, name: "app" });
    stub.reply(status(14, "Connection dropped"), put("7"));
    expect(await failure(some.create(record(), CALL))).toMatchObject({ outcome: "unknown" });
    expect(stub.methods).toEqual(["txn"]);
  });

  it("says which permission is missing", async () => {
    stub.reply(status(7, "etcdserver: permission denied"));
    expect((await failure(lock.get(CALL))).message).toContain(
      "etcdctl role grant-permission ROLE readwrite /tenure/app",
    );
  });

  it("takes an answer that cannot be read for no answer", async () => {
    // Without a header there is no revision.
    stub.reply(answer({ succeeded: true }));
    expect(await failure(lock.create(record(), CALL))).toMatchObject({
      code: "ERR_LOCK_OUTCOME_UNKNOWN",
      outcome: "unknown",
    });
  });

  it("ends at its deadline, unknown, and sends nothing again", async () => {
    stub.reply(silence, put("7"));
    const startedAtMs = performance.now();
    const error = await failure(lock.create(record(), { timeoutMs: 150 }));
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
    expect(error).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
    expect(error.message).toMatch(/^create of etcd key \/tenure\/app failed: /);
    expect(stub.methods).toEqual(["txn"]);
    // Over a new connection, which a silent one must not prevent.
    expect((await lock.create(record(), CALL)).version).toBe("7");
  });

  it("is not applied where nobody listens, and says why", async () => {
    await using dead = new EtcdLock({ etcd: { hosts: ["127.0.0.1:1", "localhost:1"] }, name: "app" });
    const error = await failure(dead.create(record(), CALL));
    expect(error).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
    expect(error.message).toContain("127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1");
    expect(error.message).toContain("localhost:1: ");
  });

  it("goes to a member that can be reached, within the one call", async () => {
    for (const random of [0, 0.99]) {
      const hosts = ["127.0.0.1:1", stub.host];
      await using some = new EtcdLock({ etcd: { hosts }, name: "app", random: () => random });
      stub.reply(put("7"), put("8"));
      await some.create(record(), CALL);
      await some.create(record(), CALL);
    }
    expect(stub.methods).toEqual(["txn", "txn", "txn", "txn"]);
  });

  it.each([
    ["had no leader", 14, "etcdserver: no leader"],
    ["was a learner", 14, "etcdserver: rpc not supported for learner"],
    ["was a learner of etcd 3.6", 9, "etcdserver: rpc not supported for learner"],
  ])("goes to another member once one %s", async (_, code, details) => {
    await using other = await StubEtcd.start();
    const hosts = [stub.host, other.host];
    await using both = new EtcdLock({ etcd: { hosts }, name: "app", random: () => 0 });
    stub.reply(status(code, details));
    other.reply(put("7"), put("8"));
    expect(await failure(both.create(record(), CALL))).toMatchObject({ outcome: "not-applied" });
    await both.create(record(), CALL);
    await both.create(record(), CALL);
    expect([stub.methods, other.methods]).toEqual([["txn"], ["txn", "txn"]]);
  });
});

describe("signals and closing", () => {
  it("rejects with the signal's reason when nothing was sent", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(lock.create(record(), { ...CALL, signal })).rejects.toBe(reason);
    await expect(lock.get({ ...CALL, signal })).rejects.toBe(reason);
    expect(stub.seen).toEqual([]);
  });

  it("is unknown when aborted after sending", async () => {
    const ending = new AbortController();
    const call = failure(lock.create(record(), { ...CALL, signal: ending.signal }));
    await expect.poll(() => stub.methods).toEqual(["txn"]);
    const reason = new Error("enough");
    ending.abort(reason);
    expect(await call).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown", cause: reason });
  });

  it("settles what is under way when it is closed, and refuses what comes after", async () => {
    const write = failure(lock.create(record(), CALL));
    const read = failure(lock.get(CALL));
    await expect.poll(() => stub.methods.length).toBe(2);
    await Promise.all([lock.close(), lock.close()]);
    expect(await write).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
    expect(await read).toMatchObject({ code: "ERR_LOCK_CLOSED", outcome: "not-applied" });
    for (const late of [lock.get(CALL), lock.create(record(), CALL)]) {
      expect(await failure(late)).toMatchObject({ code: "ERR_LOCK_CLOSED", outcome: "not-applied" });
    }
    expect(stub.methods.sort()).toEqual(["range", "txn"]);
  });
});

describe("arguments", () => {
  const etcd = { hosts: "127.0.0.1:2379" };

  it.each([
    ["no name", { etcd, name: "" }, RangeError],
    ["a name that is no string", { etcd, name: 7 }, TypeError],
    ["half a character", { etcd, name: "a\ud800" }, RangeError],
    ["a name of 2,000 bytes", { etcd, name: "ä".repeat(1_000) }, RangeError],
    ["a durability that there is not", { etcd, name: "a", durability: "forever" }, RangeError],
    ["no etcd", { name: "a" }, TypeError],
    ["no hosts", { etcd: {}, name: "a" }, TypeError],
    ["an empty list", { etcd: { hosts: [] }, name: "a" }, TypeError],
    ["a host without a port", { etcd: { hosts: "etcd" }, name: "a" }, RangeError],
    ["a host with a path", { etcd: { hosts: "http://etcd:2379/v3" }, name: "a" }, RangeError],
    ["a password in a host", { etcd: { hosts: "http://u:canary@etcd:2379" }, name: "a" }, RangeError],
    ["two schemes", { etcd: { hosts: ["http://a:1", "https://b:1"] }, name: "a" }, RangeError],
    ["a port that there is not", { etcd: { hosts: "a:70000" }, name: "a" }, RangeError],
    [
      "a user without a password",
      { etcd: { ...etcd, auth: { username: "canary", password: "" } }, name: "a" },
      TypeError,
    ],
    [
      "PEM that is none",
      { etcd: { ...etcd, credentials: { rootCertificate: Buffer.from("canary") } }, name: "a" },
      TypeError,
    ],
    [
      "a certificate as text",
      { etcd: { ...etcd, credentials: { rootCertificate: "canary" } }, name: "a" },
      TypeError,
    ],
  ])("refuses %s, without quoting credentials", (_, options, kind) => {
    const build = () => new EtcdLock(options as unknown as ConstructorParameters<typeof EtcdLock>[0]);
    expect(build).toThrow(kind);
    expect(build).not.toThrow(/canary/);
  });

  it.each([0, -1, Number.NaN, 2 ** 31])("refuses a timeout of %d ms", async (timeoutMs) => {
    await expect(lock.get({ timeoutMs })).rejects.toThrow(RangeError);
    expect(stub.seen).toEqual([]);
  });

  it.each([
    { leaseDurationMs: 0 },
    { leaseDurationMs: 0.5 },
    { leaderTransitions: -1 },
    { renewTime: "yesterday" },
    { holderIdentity: "\udfff" },
  ])("refuses a record with %j", async (change) => {
    await expect(lock.create(record(change), CALL)).rejects.toThrow(RangeError);
    expect(stub.seen).toEqual([]);
  });

  it("refuses a version that another lock read", async () => {
    stub.reply(answer({ kvs: [stored(record(), { mod: "5", create: "4" })] }));
    const found = present(await lock.get(CALL));
    await using other = new EtcdLock({ etcd: { hosts: stub.host }, name: "other" });
    await expect(other.update(record(), found, CALL)).rejects.toThrow(TypeError);
    const { raw: _, ...bare } = found;
    await expect(lock.update(record(), bare, CALL)).rejects.toThrow(TypeError);
  });

  it("says what it is", () => {
    expect(lock.description).toBe("etcd key /tenure/app");
    expect(lock.capabilities).toEqual({
      fencing: "monotonic-unless-data-loss",
      watch: "resumable",
      granularityMs: 1,
      durability: "replicated",
    });
    expect(Object.isFrozen(lock.capabilities)).toBe(true);
    const one = new EtcdLock({ etcd, name: "a", prefix: "", durability: "single-node" });
    expect([one.description, one.capabilities.durability]).toEqual(["etcd key a", "single-node"]);
  });
});
