import { type ClientGoParticipant, pollUntil, startTcpProxy } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LeaseClient, LeaseLock } from "../src/index.ts";
import { CALL, clientFor, failure, leasePath, present, record } from "./world.fixture.ts";

interface LeaseObject {
  readonly metadata: Record<string, unknown> & { readonly resourceVersion: string };
  readonly spec: Record<string, unknown>;
}

describeWithServers("LeaseLock on kube-apiserver", (testbed) => {
  let namespace: string;
  let client: LeaseClient;
  let lock: LeaseLock;
  let count = 0;
  let name: string;

  beforeAll(async () => {
    namespace = await testbed.createNamespace("lease-lock");
    client = clientFor(testbed.adminKubeconfigPath);
  });

  afterAll(() => client.close());

  beforeEach(() => {
    count += 1;
    name = `app-${count}`;
    lock = client.lock({ name, namespace });
  });

  const stored = () => testbed.requestOk<LeaseObject>("GET", leasePath(namespace, name));

  /** Another writer changes the stored object. */
  async function edit(change: (object: LeaseObject) => unknown): Promise<LeaseObject> {
    return testbed.requestOk<LeaseObject>("PUT", leasePath(namespace, name), change(await stored()));
  }

  describe("compare and swap", () => {
    it("creates, reads and updates a Lease, digit for digit", async () => {
      expect(await lock.get(CALL)).toBeUndefined();
      const created = await lock.create(record(), CALL);
      expect(await lock.get(CALL)).toEqual(created);
      expect((await stored()).spec).toEqual({
        holderIdentity: "tenure-1",
        leaseDurationSeconds: 15,
        acquireTime: "2026-11-23T19:13:00.123456Z",
        renewTime: "2026-11-23T19:13:10.654321Z",
        leaseTransitions: 3,
      });
      const next = record({ renewTime: "2026-11-23T19:13:12.000001Z" });
      const updated = await lock.update(next, created, CALL);
      expect(updated.record).toMatchObject(next);
      expect(updated.incarnation).toBe(created.incarnation);
      expect(updated.version).not.toBe(created.version);
      expect(present(updated.fencingToken)).toBeGreaterThan(present(created.fencingToken));
      expect(await failure(lock.update(next, created, CALL))).toMatchObject({ code: "ERR_LOCK_CONFLICT" });
      expect(await failure(lock.create(next, CALL))).toMatchObject({ code: "ERR_LOCK_CONFLICT" });
    });

    it("lets exactly one of 32 concurrent creates through", async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 32 }, (_, i) => lock.create(record({ holderIdentity: `pod-${i}` }), CALL)),
      );
      const won = outcomes.filter(({ status }) => status === "fulfilled");
      expect(won).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected")
          expect(outcome.reason).toMatchObject({ code: "ERR_LOCK_CONFLICT" });
        else expect(await lock.get(CALL)).toEqual(outcome.value);
      }
    });

    it("lets exactly one of 32 concurrent updates of a version through", async () => {
      const created = await lock.create(record(), CALL);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 32 }, (_, i) =>
          lock.update(record({ holderIdentity: `pod-${i}` }), created, CALL),
        ),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") {
          expect(outcome.reason).toMatchObject({ code: "ERR_LOCK_CONFLICT", outcome: "not-applied" });
        }
      }
    });

    it("neither re-creates a deleted Lease nor replaces the one that came after it", async () => {
      const old = await lock.create(record(), CALL);
      await testbed.requestOk("DELETE", leasePath(namespace, name));
      expect(await failure(lock.update(record(), old, CALL))).toMatchObject({ code: "ERR_LOCK_CONFLICT" });
      expect(await lock.get(CALL)).toBeUndefined();
      const fresh = await lock.create(record({ holderIdentity: "other" }), CALL);
      expect(fresh.incarnation).not.toBe(old.incarnation);
      expect(present(fresh.fencingToken)).toBeGreaterThan(present(old.fencingToken));
      expect(await failure(lock.update(record(), old, CALL))).toMatchObject({ code: "ERR_LOCK_CONFLICT" });
      // Also with the new version, but the old uid: the uid alone tells them apart.
      const mixed = { ...old, version: fresh.version };
      expect(await failure(lock.update(record(), mixed, CALL))).toMatchObject({ code: "ERR_LOCK_CONFLICT" });
      expect(await lock.get(CALL)).toEqual(fresh);
    });

    it("says that a namespace does not exist, and calls a Lease in it absent", async () => {
      const elsewhere = client.lock({ name, namespace: "no-such-namespace" });
      expect(await elsewhere.get(CALL)).toBeUndefined();
      const error = await failure(elsewhere.create(record(), CALL));
      expect(error).toMatchObject({ code: "ERR_LOCK_REJECTED", outcome: "not-applied" });
      expect(error.message).toContain('namespace "no-such-namespace" does not exist');
    });
  });

  describe("what others wrote", () => {
    it("keeps labels, annotations, owners and managed fields", async () => {
      const labelled = client.lock({ name, namespace, labels: { "app.kubernetes.io/name": "ours" } });
      await labelled.create(record(), CALL);
      const owner = {
        apiVersion: "v1",
        kind: "ConfigMap",
        name: "owner",
        uid: "6f1c0de8-0000-4000-8000-000000000000",
      };
      const before = await edit((object) => ({
        ...object,
        metadata: {
          ...object.metadata,
          labels: { "app.kubernetes.io/name": "theirs", foreign: "kept" },
          annotations: { "example.com/note": "kept, ä 😀" },
          ownerReferences: [owner],
          finalizers: ["example.com/kept"],
        },
      }));
      const found = present(await labelled.get(CALL));
      await labelled.update(record({ holderIdentity: "tenure-2" }), found, CALL);
      const after = await stored();
      expect(after.metadata).toMatchObject({
        labels: { "app.kubernetes.io/name": "ours", foreign: "kept" },
        annotations: { "example.com/note": "kept, ä 😀" },
        ownerReferences: [owner],
        finalizers: ["example.com/kept"],
        creationTimestamp: before.metadata["creationTimestamp"],
      });
      await edit((object) => ({ ...object, metadata: { ...object.metadata, finalizers: [] } }));
    });

    it.each([
      [
        "null in every field",
        {
          holderIdentity: null,
          leaseDurationSeconds: null,
          acquireTime: null,
          renewTime: null,
          leaseTransitions: null,
        },
      ],
      ["no spec at all", undefined],
    ])("reads and takes over a Lease with %s", async (_, spec) => {
      await testbed.requestOk("POST", leasePath(namespace), {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name },
        spec,
      });
      const found = present(await lock.get(CALL));
      expect(found.record).toMatchObject({
        holderIdentity: "",
        leaseDurationMs: 0,
        acquireTime: undefined,
        renewTime: undefined,
        leaderTransitions: 0,
      });
      expect((await lock.update(record(), found, CALL)).record).toMatchObject(record());
    });

    it("takes over from peers that release by nulls (kubert, @codedependant)", async () => {
      const created = await lock.create(record(), CALL);
      await edit((object) => ({
        ...object,
        spec: {
          leaseTransitions: 3,
          holderIdentity: null,
          acquireTime: null,
          renewTime: null,
          leaseDurationSeconds: null,
        },
      }));
      const found = present(await lock.get(CALL));
      expect(found.record).toMatchObject({ holderIdentity: "", leaderTransitions: 3 });
      expect(found.incarnation).toBe(created.incarnation);
      await lock.update(record(), found, CALL);
    });

    it("writes a free record that the server takes: holder empty, one second, no times", async () => {
      const created = await lock.create(record(), CALL);
      const free = record({
        holderIdentity: "",
        leaseDurationMs: 1000,
        acquireTime: undefined,
        renewTime: undefined,
      });
      expect((await lock.update(free, created, CALL)).record).toMatchObject(free);
      expect((await stored()).spec).toEqual({
        holderIdentity: "",
        leaseDurationSeconds: 1,
        leaseTransitions: 3,
      });
    });

    it("carries the largest number of transitions", async () => {
      const most = record({ leaderTransitions: 2 ** 31 - 1 });
      const created = await lock.create(most, CALL);
      expect(created.record.leaderTransitions).toBe(2_147_483_647);
      expect((await lock.update(most, created, CALL)).record.leaderTransitions).toBe(2_147_483_647);
    });

    it("keeps strategy and preferredHolder, which coordinated election writes", async () => {
      await lock.create(record(), CALL);
      const coordinated = { strategy: "OldestEmulationVersion", preferredHolder: "pod-b" };
      await edit((object) => ({ ...object, spec: { ...object.spec, ...coordinated } }));
      const found = present(await lock.get(CALL));
      expect(found.record).toMatchObject(coordinated);
      const updated = await lock.update({ ...found.record, holderIdentity: "tenure-2" }, found, CALL);
      // Also where a record does not mention them: only the record's own fields are written.
      await lock.update(record(), updated, CALL);
      expect((await stored()).spec).toMatchObject({ ...coordinated, holderIdentity: "tenure-1" });
    });

    it("says which field the server finds wrong", async () => {
      const created = await lock.create(record(), CALL);
      const error = await failure(lock.update(record({ strategy: "not a strategy" }), created, CALL));
      expect(error).toMatchObject({ code: "ERR_LOCK_REJECTED", outcome: "not-applied" });
      expect(error.message).toMatch(
        /^update of lease .* failed: 422 Invalid: .*spec\.strategy.*Unsupported value/,
      );
    });
  });

  describe("permissions", () => {
    const account = (verbs: readonly string[] | undefined, accountName: string) =>
      testbed.serviceAccount({
        namespace,
        name: accountName,
        role: verbs && [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs }],
      });

    async function takeWholeTurn(asAccount: LeaseLock): Promise<void> {
      const created = await asAccount.create(record(), CALL);
      const updated = await asAccount.update(record({ holderIdentity: "" }), created, CALL);
      expect(await asAccount.get(CALL)).toEqual(updated);
      const ending = new AbortController();
      const events = asAccount.watch({ signal: ending.signal, from: created })[Symbol.asyncIterator]();
      expect(await events.next()).toMatchObject({
        value: { kind: "changed", current: { version: updated.version } },
      });
      ending.abort();
      expect(await events.next()).toMatchObject({ done: true });
    }

    it("the original's Role is enough", async () => {
      const { kubeconfigPath } = await account(
        ["get", "watch", "list", "delete", "update", "create"],
        `all-${name}`,
      );
      await using own = clientFor(kubeconfigPath);
      await takeWholeTurn(own.lock({ name }));
    });

    it("the least one is enough: create, and get, update, watch of this name", async () => {
      const { kubeconfigPath } = await testbed.serviceAccount({
        namespace,
        name: `least-${name}`,
        role: [
          { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
          {
            apiGroups: ["coordination.k8s.io"],
            resources: ["leases"],
            resourceNames: [name],
            verbs: ["get", "update", "watch"],
          },
        ],
      });
      await using own = clientFor(kubeconfigPath);
      await takeWholeTurn(own.lock({ name }));
    });

    it("without a Role every call says what is missing, with the Role to paste", async () => {
      const { kubeconfigPath, token } = await account(undefined, `none-${name}`);
      const created = await lock.create(record(), CALL);
      await using own = clientFor(kubeconfigPath);
      const mine = own.lock({ name });
      const calls = {
        get: () => mine.get(CALL),
        create: () => mine.create(record(), CALL),
        update: () => mine.update(record(), created, CALL),
        watch: () =>
          mine
            .watch({ signal: AbortSignal.timeout(10_000) })
            [Symbol.asyncIterator]()
            .next(),
      };
      for (const [verb, call] of Object.entries(calls)) {
        const error = await failure(call());
        expect(error).toMatchObject({ code: "ERR_LOCK_FORBIDDEN", outcome: "not-applied" });
        expect(error.message).toContain(
          `user "system:serviceaccount:${namespace}:none-${name}" may not ${verb} leases.coordination.k8s.io "${name}" in namespace "${namespace}"`,
        );
        expect(error.message).not.toContain(token);
      }
      // The Role of the message, applied as it is, with a binding.
      const role = present((await failure(mine.get(CALL))).message.split("\n\n")[1]);
      await testbed.kubectl(["apply", "-f", "-"], { input: role });
      const binding = ["create", "rolebinding", `b-${name}`, `--role=${name}-leader-election`];
      await testbed.kubectl([...binding, `--serviceaccount=${namespace}:none-${name}`, "-n", namespace]);
      const found = await pollUntil(() => mine.get(CALL).catch(() => undefined), {
        what: "the Role",
        timeoutMs: 10_000,
      });
      await mine.update(record({ holderIdentity: "" }), found, CALL);
    });

    it("a token that is none is unauthenticated", async () => {
      const kubeconfigPath = testbed.kubeconfigFor({ server: testbed.apiserverUrl, token: "not-a-token" });
      await using own = clientFor(kubeconfigPath);
      const error = await failure(own.lock({ name }).create(record(), CALL));
      expect(error).toMatchObject({ code: "ERR_LOCK_UNAUTHENTICATED", outcome: "not-applied" });
      expect(error.message).not.toContain("not-a-token");
    });
  });

  describe("watch", () => {
    it("tells creation, change and deletion, in the store's order", async () => {
      const ending = new AbortController();
      const events = lock.watch({ signal: ending.signal })[Symbol.asyncIterator]();
      expect(await events.next()).toEqual({ done: false, value: { kind: "resync" } });
      const created = await lock.create(record(), CALL);
      expect(await events.next()).toEqual({ done: false, value: { kind: "changed", current: created } });
      const updated = await lock.update(record({ holderIdentity: "" }), created, CALL);
      expect(await events.next()).toEqual({ done: false, value: { kind: "changed", current: updated } });
      await testbed.requestOk("DELETE", leasePath(namespace, name));
      const { value } = await events.next();
      expect(value).toMatchObject({ kind: "deleted" });
      if (value?.kind === "deleted") {
        expect(present(value.fencingToken)).toBeGreaterThan(present(updated.fencingToken));
      }
      ending.abort();
      expect(await events.next()).toEqual({ done: true, value: undefined });
    });

    it("begins with the current state where there is one, and can be written back from", async () => {
      const created = await lock.create(record(), CALL);
      const ending = new AbortController();
      const events = lock.watch({ signal: ending.signal })[Symbol.asyncIterator]();
      expect(await events.next()).toEqual({ done: false, value: { kind: "resync" } });
      const { value } = await events.next();
      expect(value).toEqual({ kind: "changed", current: created });
      const current = present(value?.kind === "changed" ? value.current : undefined);
      await lock.update(record({ holderIdentity: "" }), current, CALL);
      ending.abort();
    });

    it("misses nothing when its connection is cut", async () => {
      await using proxy = await startTcpProxy({ target: { host: "127.0.0.1", port: testbed.apiserverPort } });
      await using far = clientFor(
        testbed.kubeconfigFor({
          server: `https://127.0.0.1:${proxy.port}`,
          token: testbed.adminToken,
          namespace,
        }),
      );
      const created = await lock.create(record(), CALL);
      const ending = new AbortController();
      const events = far
        .lock({ name })
        .watch({ signal: ending.signal, from: created })
        [Symbol.asyncIterator]();
      let last = await lock.update(record({ leaderTransitions: 4 }), created, CALL);
      expect(await events.next()).toMatchObject({ value: { current: { version: last.version } } });
      proxy.reset();
      const missed: string[] = [];
      for (let transitions = 5; transitions <= 8; transitions += 1) {
        last = await lock.update(record({ leaderTransitions: transitions }), last, CALL);
        missed.push(last.version);
      }
      for (const version of missed) {
        expect(await events.next()).toMatchObject({ value: { kind: "changed", current: { version } } });
      }
      ending.abort();
    });
  });

  describe("silence", () => {
    it("settles every call in time, as unknown where it was sent, and its connections are not used again", async () => {
      await using proxy = await startTcpProxy({ target: { host: "127.0.0.1", port: testbed.apiserverPort } });
      await using far = clientFor(
        testbed.kubeconfigFor({
          server: `https://127.0.0.1:${proxy.port}`,
          token: testbed.adminToken,
          namespace,
        }),
      );
      const distant = far.lock({ name });
      const created = await distant.create(record(), CALL);
      const accepted = proxy.acceptedCount;
      await proxy.setMode("silence");
      const started = performance.now();
      // The first on the kept connection: sent. The second must make one, which nobody answers: not sent.
      const [write, read] = await Promise.all([
        failure(distant.update(record({ holderIdentity: "late" }), created, { timeoutMs: 500 })),
        failure(distant.create(record(), { timeoutMs: 500 })),
      ]);
      expect(performance.now() - started).toBeLessThan(1_500);
      expect(write).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
      expect(read).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
      proxy.reset();
      await proxy.setMode("pass");
      expect(present(await distant.get(CALL)).record.holderIdentity).toBe("tenure-1");
      expect(proxy.acceptedCount).toBeGreaterThan(accepted + 1);
    });

    it("of the answer alone leaves unknown what was written", async () => {
      await using proxy = await startTcpProxy({ target: { host: "127.0.0.1", port: testbed.apiserverPort } });
      await using far = clientFor(
        testbed.kubeconfigFor({
          server: `https://127.0.0.1:${proxy.port}`,
          token: testbed.adminToken,
          namespace,
        }),
      );
      const distant = far.lock({ name });
      const created = await distant.create(record(), CALL);
      await proxy.setMode("cut-responses");
      const error = await failure(
        distant.update(record({ holderIdentity: "landed" }), created, { timeoutMs: 500 }),
      );
      expect(error).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
      proxy.reset();
      await proxy.setMode("pass");
      expect(present(await distant.get(CALL)).record.holderIdentity).toBe("landed");
    });
  });

  describe("the server's certificate", () => {
    it("is named with issuer and expiry where it is not trusted", async () => {
      const { LeaseClient: Client } = await import("../src/index.ts");
      await using stranger = new Client({
        kubeConfig: {
          getCurrentCluster: () => ({ server: testbed.apiserverUrl }),
          applyToHTTPSOptions: async () => {},
        },
      });
      const error = await failure(stranger.lock({ name, namespace }).create(record(), CALL));
      expect(error).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
      expect(error.message).toMatch(/issued by CN=.*, valid from .* to /);
    });
  });

  describe("together with client-go", () => {
    let participant: ClientGoParticipant | undefined;

    afterEach(async () => {
      await participant?.[Symbol.asyncDispose]();
      participant = undefined;
    });

    // Servers from KUBEBUILDER_ASSETS come without client-go; where they are required it is built, and nothing may be skipped.
    it.skipIf(testbed.clientGoPath === undefined)("reads what it wrote, through its whole turn", async () => {
      participant = testbed.startClientGo({
        kubeconfigPath: testbed.adminKubeconfigPath,
        namespace,
        lease: name,
        identity: "go-1",
        labels: { go: "yes" },
        releaseOnCancel: true,
        retryPeriodMs: 500,
      });
      await participant.waitFor("started");
      const held = present(await lock.get(CALL));
      const { metadata, spec } = await stored();
      expect(held.record).toEqual({
        holderIdentity: "go-1",
        leaseDurationMs: 15_000,
        acquireTime: spec["acquireTime"],
        renewTime: expect.stringMatching(/\.\d{6}Z$/),
        leaderTransitions: 0,
        strategy: undefined,
        preferredHolder: undefined,
      });
      expect(held.incarnation).toBe(metadata["uid"]);
      const renewed = await pollUntil(
        async () => {
          const now = present(await lock.get(CALL));
          return now.version === held.version ? undefined : now;
        },
        { what: "a renewal", timeoutMs: 10_000 },
      );
      expect(present(renewed.record.renewTime) > present(held.record.renewTime)).toBe(true);
      await participant.stop();
      const freed = present(await lock.get(CALL));
      expect(freed.record).toMatchObject({ holderIdentity: "", leaseDurationMs: 1000, leaderTransitions: 0 });
      // What we write over it, Go reads: it waits while we hold, and takes over what we free.
      const ours = await lock.update(record({ leaderTransitions: 1 }), freed, CALL);
      participant = testbed.startClientGo({
        kubeconfigPath: testbed.adminKubeconfigPath,
        namespace,
        lease: name,
        identity: "go-2",
        retryPeriodMs: 500,
      });
      await participant.waitFor(({ event, leader }) => event === "newLeader" && leader === "tenure-1");
      await lock.update(
        record({ holderIdentity: "", leaseDurationMs: 1000, leaderTransitions: 1 }),
        ours,
        CALL,
      );
      await participant.waitFor("started");
      const taken = present(await lock.get(CALL));
      expect(taken.record).toMatchObject({ holderIdentity: "go-2", leaderTransitions: 2 });
      expect((await stored()).metadata["labels"]).toEqual({ go: "yes" });
    });
  });

  // Last: they take the apiserver away for a while.
  describe("an apiserver that restarts", () => {
    it("is found again by calls and by a watch", async () => {
      const created = await lock.create(record(), CALL);
      const ending = new AbortController();
      const events = lock.watch({ signal: ending.signal, from: created })[Symbol.asyncIterator]();
      const updated = await lock.update(record({ leaderTransitions: 4 }), created, CALL);
      expect(await events.next()).toMatchObject({ value: { current: { version: updated.version } } });
      const next = events.next();
      await testbed.apiserver.kill();
      const error = await failure(
        lock.update(record({ leaderTransitions: 5 }), updated, { timeoutMs: 1_000 }),
      );
      expect(["ERR_LOCK_UNAVAILABLE", "ERR_LOCK_OUTCOME_UNKNOWN"]).toContain(error.code);
      expect(await failure(lock.get({ timeoutMs: 1_000 }))).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
      await testbed.apiserver.start();
      const after = await lock.update(record({ leaderTransitions: 5 }), updated, CALL);
      // Either the stream went on from its version, or the new server no longer knew it.
      const { value } = await next;
      if (value?.kind === "changed") expect(value.current?.version).toBe(after.version);
      else expect(value).toEqual({ kind: "resync" });
      ending.abort();
    });

    it("and no longer knows a version says resync", async () => {
      const created = await lock.create(record(), CALL);
      let last = created;
      for (let transitions = 4; transitions < 8; transitions += 1) {
        last = await lock.update(record({ leaderTransitions: transitions }), last, CALL);
      }
      await testbed.apiserver.stop();
      await testbed.apiserver.start();
      const ending = new AbortController();
      const events = lock.watch({ signal: ending.signal, from: created })[Symbol.asyncIterator]();
      expect(await events.next()).toEqual({ done: false, value: { kind: "resync" } });
      expect(await events.next()).toMatchObject({
        value: { kind: "changed", current: { version: last.version } },
      });
      ending.abort();
    });

    it("and hangs, settles every call in time", async () => {
      const created = await lock.create(record(), CALL);
      await testbed.apiserver.pause();
      try {
        const started = performance.now();
        const error = await failure(lock.update(record(), created, { timeoutMs: 500 }));
        expect(error).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
        expect(await failure(lock.get({ timeoutMs: 500 }))).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
        expect(performance.now() - started).toBeLessThan(2_000);
      } finally {
        await testbed.apiserver.resume();
      }
      await pollUntil(() => lock.get(CALL), { what: "the apiserver", timeoutMs: 10_000 });
    });
  });
});
