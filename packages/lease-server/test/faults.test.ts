/** What a client of Kubernetes lives through when faults are set, over HTTP and with `lock-k8s-lease`. */
import { once } from "node:events";
import { connect } from "node:net";
import { type LeaseServer, startLeaseServer } from "@tenure/lease-server";
import { LeaseClient } from "@tenure/lock-k8s-lease";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { exchange } from "./differential/exchange.ts";

const RECORD = {
  holderIdentity: "worker-1",
  leaseDurationMs: 15_000,
  acquireTime: "2026-11-25T10:00:00.000000Z",
  renewTime: "2026-11-25T10:00:00.000000Z",
  leaderTransitions: 0,
};
/** For calls that are answered. */
const PATIENT = { timeoutMs: 10_000 };
/** For calls that are not. */
const IMPATIENT = { timeoutMs: 1000 };

let server: LeaseServer;
beforeEach(async () => {
  server = await startLeaseServer();
});
afterEach(() => server.close());

describe("an update under faults", () => {
  it("is refused with the status that is set, nothing done, as often as is said", async () => {
    const { lock, created } = await held();
    await set({ rules: [{ verbs: ["update"], errorRate: 1, next: 2 }] });
    for (let refusals = 0; refusals < 2; refusals++) {
      await expect(lock.update(renewed(1), created, PATIENT)).rejects.toMatchObject({
        code: "ERR_LOCK_UNAVAILABLE",
      });
    }
    expect((await lock.get(PATIENT))?.version).toBe(created.version);
    await lock.update(renewed(1), created, PATIENT);
  });

  it("is told when to come again", async () => {
    const { lock, created } = await held();
    await set({ rules: [{ errorRate: 1, errorStatus: 429, retryAfterSeconds: 3, next: 1 }] });
    const throttled = lock.update(renewed(1), created, PATIENT);
    await expect(throttled).rejects.toMatchObject({ code: "ERR_LOCK_THROTTLED", retryAfterMs: 3000 });
  });

  it("that hangs is not done, and its client does not know", async () => {
    const { lock, created } = await held();
    await set({ rules: [{ verbs: ["update"], hangRate: 1, next: 1 }] });
    const outcome = { code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" };
    await expect(lock.update(renewed(1), created, IMPATIENT)).rejects.toMatchObject(outcome);
    expect((await lock.get(PATIENT))?.version).toBe(created.version);
  });

  for (const [rate, what] of [
    ["swallowAnswerRate", "swallowed"],
    ["cutAnswerRate", "cut"],
  ] as const) {
    it(`whose answer is ${what} is done, and its client does not know`, async () => {
      const { lock, created } = await held();
      await set({ rules: [{ verbs: ["update"], [rate]: 1, next: 1 }] });
      const outcome = { code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" };
      await expect(lock.update(renewed(1), created, IMPATIENT)).rejects.toMatchObject(outcome);
      const found = await lock.get(PATIENT);
      expect(found?.version).not.toBe(created.version);
      expect(found?.record.renewTime).toBe(renewed(1).renewTime);
    });
  }

  it("waits for its latency before anything is done", async () => {
    const { lock, created } = await held();
    await set({ rules: [{ verbs: ["update"], latencyMs: 60_000, next: 1 }] });
    await expect(lock.update(renewed(1), created, IMPATIENT)).rejects.toMatchObject({ outcome: "unknown" });
    expect((await lock.get(PATIENT))?.version).toBe(created.version);
    await set({ rules: [{ latencyMs: [20, 40] }] });
    const startedAt = performance.now();
    await lock.update(renewed(1), created, PATIENT);
    // Timers of Node may fire a millisecond early.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19);
  });

  it("is spared when the fault is for another name, verb or user agent", async () => {
    const { lock, created } = await held();
    await set({
      rules: [
        { names: ["another"], hangRate: 1 },
        { verbs: ["patch"], hangRate: 1 },
        { userAgents: ["kubectl/"], hangRate: 1 },
      ],
    });
    await lock.update(renewed(1), created, PATIENT);
    expect((await ask("GET")).body).toMatchObject({
      rules: [{ suffered: 0 }, { suffered: 0 }, { suffered: 0 }],
    });
  });
});

describe("a watch under faults", () => {
  it("is ended when its answer is cut", async () => {
    await held();
    await set({ rules: [{ verbs: ["watch"], names: ["demo"], cutAnswerRate: 1, next: 1 }] });
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    // A fault ends the connection: as an error or as an end, both are the client's.
    socket.on("error", () => {});
    const query = "watch=true&fieldSelector=metadata.name%3Ddemo";
    socket.write(
      `GET /apis/coordination.k8s.io/v1/namespaces/default/leases?${query} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    socket.resume();
    await once(socket, "close");
    expect((await ask("GET")).body).toMatchObject({ rules: [{ suffered: 1 }] });
  });
});

describe("/-/faults", () => {
  it("sets, shows and clears, and is spared itself", async () => {
    const rules = [{ hangRate: 1, next: 5 }];
    expect(await ask("GET")).toEqual({ status: 200, body: { rules: [] } });
    expect(await ask("POST", { seed: 4, rules })).toEqual({
      status: 200,
      body: { seed: 4, rules: [{ ...rules[0], suffered: 0 }] },
    });
    expect(await ask("GET")).toEqual({
      status: 200,
      body: { seed: 4, rules: [{ ...rules[0], suffered: 0 }] },
    });
    expect(server.faults.describe()).toEqual({ seed: 4, rules: [{ ...rules[0], suffered: 0 }] });
    expect(await ask("DELETE")).toEqual({ status: 200, body: { rules: [] } });
    await held();
  });

  it("refuses what it cannot read with 400 and the place, and keeps what was set", async () => {
    await set({ seed: 1, rules: [{ latencyMs: 1 }] });
    const refused = await ask("POST", { rules: [{ errorRate: 7 }] });
    expect(refused).toMatchObject({
      status: 400,
      body: {
        kind: "Status",
        reason: "BadRequest",
        message: "Cannot set faults: Expected `rules[0].errorRate` from 0 to 1, got 7",
      },
    });
    expect((await ask("PUT", { rules: [] })).status).toBe(405);
    expect((await ask("GET")).body).toMatchObject({ seed: 1, rules: [{ latencyMs: 1 }] });
  });

  it("is for administrators alone where there are tokens", async () => {
    const guarded = await startLeaseServer({
      tokens: [
        { token: "admin-token", user: "admin", groups: ["system:masters"] },
        { token: "worker-token", user: "worker", rules: [{ verbs: ["*"] }] },
      ],
    });
    onTestFinished(() => guarded.close());
    const path = {
      origin: guarded.url,
      ca: undefined,
      path: "/-/faults",
      method: "POST",
      body: '{"rules":[]}',
    };
    const statusFor = async (headers: Record<string, string>) =>
      (await exchange({ ...path, headers })).status;
    expect(await statusFor({ Authorization: "Bearer admin-token" })).toBe(200);
    expect(await statusFor({ Authorization: "Bearer worker-token" })).toBe(403);
    expect(await statusFor({ Authorization: "Bearer nobody" })).toBe(401);
    expect(await statusFor({})).toBe(403);
  });
});

/** A lock that has been taken, with a client of its own. */
async function held() {
  const client = new LeaseClient({ kubeConfig: server.kubeConfig });
  onTestFinished(() => client.close());
  const lock = client.lock({ name: "demo", namespace: "default" });
  const created = await lock.create(RECORD, PATIENT);
  return { lock, created };
}

function renewed(seconds: number): typeof RECORD {
  return { ...RECORD, renewTime: `2026-11-25T10:00:0${seconds}.000000Z` };
}

async function set(settings: object): Promise<void> {
  expect((await ask("POST", settings)).status).toBe(200);
}

async function ask(
  method: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const { status, text } = await exchange({
    origin: server.url,
    ca: undefined,
    path: "/-/faults",
    method,
    headers: {},
    body: body && JSON.stringify(body),
  });
  return { status, body: JSON.parse(text) };
}
