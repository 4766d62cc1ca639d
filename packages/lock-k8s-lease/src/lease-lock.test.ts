import { LeaderElectionError } from "@tenure/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LeaseClient } from "./lease-client.ts";
import type { LeaseLock } from "./lease-lock.ts";
import {
  cut,
  json,
  kubeConfig,
  lease,
  page,
  RECORD,
  type Reply,
  StubApi,
  silence,
  status,
} from "./stub-api.fixture.ts";

const LEASE_PATH = "/apis/coordination.k8s.io/v1/namespaces/team/leases/app";
const CALL = { timeoutMs: 5_000 };

let stub: StubApi;
let client: LeaseClient;
let lock: LeaseLock;

beforeEach(async () => {
  stub = await StubApi.start();
  client = new LeaseClient({ kubeConfig: kubeConfig(stub.url) });
  lock = client.lock({ name: "app", namespace: "team" });
});

afterEach(async () => {
  await client.close();
  await stub[Symbol.asyncDispose]();
});

/** Reads the Lease of the fixture, so that it can be updated. */
async function read(object: unknown = lease()) {
  stub.reply(json(200, object));
  const found = await lock.get(CALL);
  if (found === undefined) throw new Error("the stub gave no Lease");
  return found;
}

/** The error of a call. */
async function failure(call: Promise<unknown>): Promise<LeaderElectionError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LeaderElectionError);
  // Just expected.
  return error as LeaderElectionError;
}

describe("get", () => {
  it("reads the Lease from a quorum: without a resourceVersion in the query", async () => {
    expect(await read()).toEqual({
      record: RECORD,
      version: "100",
      incarnation: "uid-1",
      fencingToken: 100n,
      raw: lease(),
    });
    expect(stub.requests[0]).toMatchObject({ method: "GET", path: LEASE_PATH });
    expect([...(stub.requests[0]?.query ?? [])]).toEqual([]);
  });

  it("asks below the path of a server's URL, which may have one", async () => {
    await using gateway = new LeaseClient({ kubeConfig: kubeConfig(`${stub.url}/k8s/clusters/c-1/`) });
    stub.reply(json(200, lease()));
    await gateway.lock({ name: "app", namespace: "team" }).get(CALL);
    expect(stub.requests[0]?.path).toBe(`/k8s/clusters/c-1${LEASE_PATH}`);
  });

  it("reads as absent only what the API server says is this Lease, not found", async () => {
    stub.reply(status(404, { reason: "NotFound", details: { name: "app", kind: "leases" } }));
    expect(await lock.get(CALL)).toBeUndefined();
  });

  it.each([
    ["a page", page(404)],
    ["another path", status(404, { reason: "NotFound", message: "the server could not find the resource" })],
    ["another Lease", status(404, { reason: "NotFound", details: { name: "other", kind: "leases" } })],
    ["the namespace", status(404, { reason: "NotFound", details: { name: "app", kind: "namespaces" } })],
  ])("does not take a 404 about %s for absence", async (_, reply) => {
    stub.reply(reply);
    expect(await failure(lock.get(CALL))).toMatchObject({ outcome: "not-applied" });
  });

  it.each([
    ["a page", page(200)],
    ["half a Lease", json(200, JSON.stringify(lease()).slice(0, 100))],
    ["a Status", status(200, {})],
    ["a list", json(200, { kind: "LeaseList", items: [] })],
    ["another Lease", json(200, lease("1", {}, { name: "other" }))],
    ["a Lease without a uid", json(200, lease("1", {}, { uid: undefined }))],
    ["nothing", json(200, "")],
    ["JSON too deep to read", json(200, `${"[".repeat(200_000)}${"]".repeat(200_000)}`)],
  ])("calls %s unreadable, without quoting it", async (_, reply) => {
    stub.reply(reply);
    const error = await failure(lock.get(CALL));
    expect(error.code).toBe("ERR_LOCK_RECORD_INVALID");
    expect(error.message).toMatch(/^get of lease team\/app: the answer \(200\) cannot be read: [\w .]+$/);
  });
});

describe("create", () => {
  it("posts a Lease with times of six digits, nulls for none, and the configured labels", async () => {
    const labelled = client.lock({ name: "app", namespace: "team", labels: { "example.com/team": "blue" } });
    stub.reply(json(201, lease()));
    const created = await labelled.create({ ...RECORD, acquireTime: undefined }, CALL);
    expect(created.version).toBe("100");
    const request = stub.requests[0];
    expect(request).toMatchObject({ method: "POST", path: LEASE_PATH.replace("/app", "") });
    expect(JSON.parse(request?.body ?? "")).toEqual({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "app", namespace: "team", labels: { "example.com/team": "blue" } },
      spec: {
        holderIdentity: "pod-a",
        leaseDurationSeconds: 15,
        acquireTime: null,
        renewTime: "2026-11-23T19:13:10.654321Z",
        leaseTransitions: 3,
      },
    });
  });

  it("is a conflict when there is one already", async () => {
    stub.reply(status(409, { reason: "AlreadyExists", details: { name: "app", kind: "leases" } }));
    expect(await failure(lock.create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_CONFLICT",
      outcome: "not-applied",
    });
  });

  it("says that the namespace does not exist", async () => {
    stub.reply(
      status(404, {
        reason: "NotFound",
        message: 'namespaces "team" not found',
        details: { name: "team", kind: "namespaces" },
      }),
    );
    const error = await failure(lock.create(RECORD, CALL));
    expect(error).toMatchObject({ code: "ERR_LOCK_REJECTED", outcome: "not-applied" });
    expect(error.message).toBe(
      'create of lease team/app failed: namespace "team" does not exist; create it first',
    );
  });

  it.each([
    [{ leaseDurationMs: 1500 }, /whole seconds/],
    [{ leaseDurationMs: 0 }, /whole seconds/],
    [{ leaderTransitions: -1 }, /leaderTransitions/],
    [{ leaderTransitions: 2 ** 31 }, /leaderTransitions/],
    [{ renewTime: "2026-11-23T19:13:10.654Z" }, /six fraction digits/],
  ])("refuses a record that a Lease cannot hold: %j", async (change, message) => {
    await expect(lock.create({ ...RECORD, ...change }, CALL)).rejects.toThrow(RangeError);
    await expect(lock.create({ ...RECORD, ...change }, CALL)).rejects.toThrow(message);
    expect(stub.requests).toEqual([]);
  });
});

describe("update", () => {
  it("puts the object back whole: only the record's fields and its own labels are other ones", async () => {
    // Digits that a number cannot hold, and a key that is none of Object's.
    const foreign =
      '{"metadata":{"name":"app","namespace":"team","uid":"uid-1","resourceVersion":"100","generation":9007199254740993,' +
      '"labels":{"a":"kept","b":"mine"},"annotations":{"x":"\\u00e4\\ud83d\\ude00"},"ownerReferences":[{"uid":"o","blockOwnerDeletion":true}],' +
      '"managedFields":[{"manager":"kubectl","fieldsV1":{"f:spec":{}}}]},"kind":"Lease","apiVersion":"coordination.k8s.io/v1",' +
      '"spec":{"holderIdentity":"pod-b","strategy":"example.com/s","preferredHolder":"pod-c","newField":{"big":123456789012345678901234567890,"minusZero":-0,' +
      '"huge":1e400,"one":1.0,"__proto__":{"polluted":1},"list":[null,false,1.50]}},"__proto__":{"top":"level"}}';
    stub.reply(json(200, foreign), json(200, lease("101")));
    const labelled = client.lock({ name: "app", namespace: "team", labels: { b: "ours" } });
    const found = await labelled.get(CALL);
    if (found === undefined) throw new Error("the stub gave no Lease");
    expect(found.record).toMatchObject({ strategy: "example.com/s", preferredHolder: "pod-c" });
    await labelled.update({ ...RECORD, holderIdentity: "pod-a" }, found, CALL);
    const sent = stub.requests[1]?.body ?? "";
    expect(stub.requests[1]).toMatchObject({ method: "PUT", path: LEASE_PATH });
    for (const kept of [
      '"generation":9007199254740993',
      '"labels":{"a":"kept","b":"ours"}',
      '"annotations":{"x":"ä😀"}',
      '"ownerReferences":[{"uid":"o","blockOwnerDeletion":true}]',
      '"managedFields":[{"manager":"kubectl","fieldsV1":{"f:spec":{}}}]',
      '"strategy":"example.com/s","preferredHolder":"pod-c"',
      '"newField":{"big":123456789012345678901234567890,"minusZero":-0,"huge":1e400,"one":1.0,"__proto__":{"polluted":1},"list":[null,false,1.50]}',
      '"__proto__":{"top":"level"}',
      '"resourceVersion":"100"',
      '"uid":"uid-1"',
      '"holderIdentity":"pod-a"',
    ]) {
      expect(sent).toContain(kept);
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("always writes the holder, and nulls for times that are none", async () => {
    const found = await read();
    stub.reply(json(200, lease("101")));
    const free = {
      ...RECORD,
      holderIdentity: "",
      leaseDurationMs: 1000,
      acquireTime: undefined,
      renewTime: undefined,
    };
    await lock.update(free, found, CALL);
    expect(JSON.parse(stub.requests[1]?.body ?? "").spec).toEqual({
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: null,
      renewTime: null,
      leaseTransitions: 3,
    });
  });

  it("goes on from a Lease without a spec", async () => {
    const found = await read({ ...lease(), spec: null });
    expect(found.record).toEqual({
      holderIdentity: "",
      leaseDurationMs: 0,
      acquireTime: undefined,
      renewTime: undefined,
      leaderTransitions: 0,
      strategy: undefined,
      preferredHolder: undefined,
    });
    stub.reply(json(200, lease("101")));
    expect((await lock.update(RECORD, found, CALL)).version).toBe("101");
  });

  it("refuses an `expected` that came from elsewhere", async () => {
    const { raw: _, ...handMade } = await read();
    await expect(lock.update(RECORD, handMade, CALL)).rejects.toThrow(TypeError);
    const other = client.lock({ name: "other", namespace: "team" });
    await expect(other.update(RECORD, await read(), CALL)).rejects.toThrow(TypeError);
  });

  const lost: [string, Reply][] = [
    ["another version", status(409, { reason: "Conflict", details: { name: "app", kind: "leases" } })],
    ["deletion", status(404, { reason: "NotFound", details: { name: "app", kind: "leases" } })],
  ];
  it.each(lost)("is a conflict after %s", async (_, reply) => {
    const found = await read();
    stub.reply(reply);
    expect(await failure(lock.update(RECORD, found, CALL))).toMatchObject({
      code: "ERR_LOCK_CONFLICT",
      outcome: "not-applied",
    });
  });

  const unclear: [string, Reply][] = [
    ["a page", page(200)],
    ["half a Lease", json(200, JSON.stringify(lease()).slice(0, 100))],
    ["an empty answer", json(200, "")],
    ["a cut connection", cut],
    [
      "an answer cut short",
      (response) => response.writeHead(200, { "content-length": "500" }).write("{", () => response.destroy()),
    ],
    ["a gateway's 502", page(502)],
    ["a gateway's 503", page(503)],
    ["a gateway's 504", page(504)],
    ["a gateway's 409", page(409)],
    ["a redirect", (response) => response.writeHead(303, { location: "/done" }).end()],
    ["etcd's timeout", status(500, { message: "etcdserver: request timed out", reason: "InternalError" })],
    [
      "the server's timeout",
      status(504, { message: "Timeout: request did not complete", reason: "Timeout" }),
    ],
    ["too long an answer", json(200, `"${"x".repeat(5 * 1024 * 1024)}"`)],
  ];
  it.each(unclear)("leaves the outcome unknown after %s, and sends nothing again", async (_, reply) => {
    const found = await read();
    stub.reply(reply);
    expect(await failure(lock.update(RECORD, found, CALL))).toMatchObject({
      code: "ERR_LOCK_OUTCOME_UNKNOWN",
      outcome: "unknown",
    });
    expect(stub.requests).toHaveLength(2);
  });

  it("tells a 503 of the API server with its wait; the outcome stays unknown", async () => {
    const found = await read();
    stub.reply(status(503, { reason: "ServiceUnavailable" }, { "retry-after": "7" }));
    expect(await failure(lock.update(RECORD, found, CALL))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "unknown",
      retryAfterMs: 7000,
    });
  });

  it("tells that it is throttled, and for how long", async () => {
    const found = await read();
    stub.reply(status(429, { reason: "TooManyRequests", details: { retryAfterSeconds: 3 } }));
    expect(await failure(lock.update(RECORD, found, CALL))).toMatchObject({
      code: "ERR_LOCK_THROTTLED",
      outcome: "not-applied",
      retryAfterMs: 3000,
    });
  });

  it("tells which fields the server finds wrong", async () => {
    const found = await read();
    const causes = [
      { field: "spec.leaseDurationSeconds", message: "must be greater than 0" },
      { field: "spec.strategy", message: "unknown" },
    ];
    stub.reply(status(422, { reason: "Invalid", message: 'Lease "app" is invalid', details: { causes } }));
    const error = await failure(lock.update(RECORD, found, CALL));
    expect(error).toMatchObject({ code: "ERR_LOCK_REJECTED", outcome: "not-applied" });
    expect(error.message).toBe(
      'update of lease team/app failed: 422 Invalid: Lease "app" is invalid\n' +
        "- spec.leaseDurationSeconds: must be greater than 0\n- spec.strategy: unknown",
    );
  });

  it("names verb, resource, namespace and user of a 403, and prints the Role that is missing", async () => {
    const found = await read();
    const message =
      'leases.coordination.k8s.io "app" is forbidden: User "system:serviceaccount:team:web" cannot update resource ' +
      '"leases" in API group "coordination.k8s.io" in the namespace "team"';
    stub.reply(status(403, { reason: "Forbidden", message }));
    const error = await failure(lock.update(RECORD, found, CALL));
    expect(error).toMatchObject({ code: "ERR_LOCK_FORBIDDEN", outcome: "not-applied" });
    expect(error.message).toMatchInlineSnapshot(`
      "update of lease team/app is forbidden: user "system:serviceaccount:team:web" may not update leases.coordination.k8s.io "app" in namespace "team". This Role allows what an election needs; bind it to that user with a RoleBinding:

      apiVersion: rbac.authorization.k8s.io/v1
      kind: Role
      metadata:
        name: "app-leader-election"
        namespace: "team"
      rules:
        - apiGroups: ["coordination.k8s.io"]
          resources: ["leases"]
          verbs: ["create"]
        - apiGroups: ["coordination.k8s.io"]
          resources: ["leases"]
          resourceNames: ["app"]
          verbs: ["get", "update", "watch"]
      "
    `);
  });

  it("prints no Role where none is missing", async () => {
    const message =
      'leases "app" is forbidden: unable to create new content in namespace team because it is being terminated';
    stub.reply(status(403, { reason: "Forbidden", message }));
    const error = await failure(lock.create(RECORD, CALL));
    expect(error.code).toBe("ERR_LOCK_FORBIDDEN");
    expect(error.message).toBe(`create of lease team/app is forbidden: ${message}`);
  });
});

describe("a deadline", () => {
  it("settles a silent write as unknown, closes its connection and never uses it again", async () => {
    const found = await read();
    stub.reply(silence, json(200, lease()));
    const started = performance.now();
    const error = await failure(lock.update(RECORD, found, { timeoutMs: 100 }));
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(error).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
    await lock.get(CALL);
    expect(stub.requests[2]?.socket).not.toBe(stub.requests[1]?.socket);
    expect(stub.connections).toBe(2);
  });

  it.each(["deadline", "signal"])(
    "that passed (by %s) drops the idle connections, which are no better",
    async (by) => {
      stub.reply(json(200, lease()), json(200, lease()), silence, json(200, lease()));
      await Promise.all([lock.get(CALL), lock.get(CALL)]);
      expect(stub.connections).toBe(2);
      const controller = new AbortController();
      const timeoutMs = by === "deadline" ? 50 : 5_000;
      const call = failure(lock.create(RECORD, { timeoutMs, signal: controller.signal }));
      await stub.request(3);
      if (by === "signal") controller.abort();
      expect(await call).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN" });
      await lock.get(CALL);
      expect(stub.connections).toBe(3);
    },
  );

  it("settles a silent read as unavailable", async () => {
    stub.reply(silence);
    expect(await failure(lock.get({ timeoutMs: 50 }))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
  });

  it("covers credentials that hang: nothing is sent, now or later", async () => {
    let release = (): void => {};
    const hanging = new LeaseClient({
      kubeConfig: {
        getCurrentCluster: () => ({ server: stub.url }),
        applyToHTTPSOptions: () => new Promise<void>((resolve) => (release = resolve)),
      },
    });
    const hung = hanging.lock({ name: "app", namespace: "team" });
    expect(await failure(hung.create(RECORD, { timeoutMs: 50 }))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
    release();
    stub.reply(json(200, lease()));
    await hung.get(CALL);
    expect(stub.requests.map(({ method }) => method)).toEqual(["GET"]);
    await hanging.close();
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
    "refuses timeoutMs %d",
    async (timeoutMs) => {
      await expect(lock.get({ timeoutMs })).rejects.toThrow(RangeError);
    },
  );
});

describe("a signal", () => {
  it("that is aborted already sends nothing and rejects with its reason", async () => {
    const reason = new Error("no more");
    await expect(lock.get({ ...CALL, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(stub.connections).toBe(0);
  });

  it("that aborts before anything was sent rejects with its reason", async () => {
    const controller = new AbortController();
    const call = lock.create(RECORD, { ...CALL, signal: controller.signal });
    controller.abort("at once");
    await expect(call).rejects.toBe("at once");
    expect(stub.requests).toEqual([]);
  });

  it.each(["get", "update"] as const)(
    "that aborts after %s was sent leaves the outcome unknown",
    async (verb) => {
      const found = await read();
      stub.reply(silence);
      const controller = new AbortController();
      const options = { ...CALL, signal: controller.signal };
      const call = verb === "get" ? lock.get(options) : lock.update(RECORD, found, options);
      await stub.request(2);
      const reason = new Error("stepping down");
      controller.abort(reason);
      const error = await failure(call);
      expect(error).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
      expect(error.cause).toBe(reason);
    },
  );
});

describe("a server that cannot be reached", () => {
  it("leaves nothing written", async () => {
    const found = await read();
    const gone = await StubApi.start();
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    await using away = new LeaseClient({ kubeConfig: kubeConfig(url) });
    const error = await failure(away.lock({ name: "app", namespace: "team" }).update(RECORD, found, CALL));
    expect(error).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
    expect(error.message).toContain(`${url} could not be reached: connect ECONNREFUSED`);
    expect(error.cause).toMatchObject({ name: "NetworkError", code: "ECONNREFUSED" });
  });

  it("leaves the outcome unknown when it closed a kept connection under a write", async () => {
    const found = await read();
    stub.reply(cut, json(200, lease("101")));
    expect(await failure(lock.update(RECORD, found, CALL))).toMatchObject({
      code: "ERR_LOCK_OUTCOME_UNKNOWN",
    });
    expect(stub.requests).toHaveLength(2);
    expect((await lock.update(RECORD, found, CALL)).version).toBe("101");
    expect(stub.connections).toBe(2);
  });
});

describe("close", () => {
  it("settles what is under way, refuses what comes, and closes every connection", async () => {
    const found = await read();
    stub.reply(silence, silence);
    const write = lock.update(RECORD, found, CALL);
    const readCall = lock.get(CALL);
    await stub.request(3);
    const settled = Promise.all([failure(write), failure(readCall)]);
    await client.close();
    await client.close();
    const [written, wasRead] = await settled;
    expect(written).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
    expect(wasRead).toMatchObject({ code: "ERR_LOCK_CLOSED", outcome: "not-applied" });
    expect(await failure(lock.get(CALL))).toMatchObject({ code: "ERR_LOCK_CLOSED" });
    while (stub.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it("of a lock leaves its client and other locks alone", async () => {
    await lock.close();
    expect(await failure(lock.get(CALL))).toMatchObject({ code: "ERR_LOCK_CLOSED" });
    const other = client.lock({ name: "app", namespace: "team" });
    stub.reply(json(200, lease()));
    expect((await other.get(CALL))?.version).toBe("100");
  });
});
