import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { FakeClock } from "@tenure/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeConfigLike } from "./kube-config.ts";
import { LeaseClient } from "./lease-client.ts";
import { json, lease, page, RECORD, StubApi, type silence, status } from "./stub-api.fixture.ts";

const CALL = { timeoutMs: 5_000 };

let stub: StubApi;
let clock: FakeClock;
const clients: LeaseClient[] = [];

beforeEach(async () => {
  stub = await StubApi.start();
  clock = new FakeClock();
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await stub[Symbol.asyncDispose]();
});

/** A lock whose configuration gives these tokens, one after the other; the last one stays. */
function lockWithTokens(tokens: string[], reload?: () => KubeConfigLike) {
  const asked: string[] = [];
  const client = new LeaseClient({
    clock,
    reload,
    kubeConfig: {
      getCurrentCluster: () => ({ server: stub.url }),
      applyToHTTPSOptions: async (options) => {
        const token = tokens.length > 1 ? tokens.shift() : tokens[0];
        asked.push(token ?? "");
        options.headers = { ...options.headers, Authorization: `Bearer ${token}\n` };
      },
    },
  });
  clients.push(client);
  return { lock: client.lock({ name: "app", namespace: "team" }), asked };
}

/** The stub's next answer is a 401, but only when the returned function is called. */
function refuseLater(): () => void {
  let refuse = (): void => {};
  stub.reply((response, request) => {
    refuse = () => status(401)(response, request);
  });
  return () => refuse();
}

const sentTokens = () => stub.requests.map(({ headers }) => headers.authorization);

describe("credentials", () => {
  it("are asked for once for all calls of ten seconds, then again", async () => {
    const { lock, asked } = lockWithTokens(["first", "second"]);
    stub.reply(...Array.from({ length: 5 }, () => json(200, lease())));
    await Promise.all([lock.get(CALL), lock.get(CALL), lock.get(CALL)]);
    await clock.advance(9_999);
    await lock.get(CALL);
    expect(asked).toEqual(["first"]);
    await clock.advance(1);
    await lock.get(CALL);
    expect(asked).toEqual(["first", "second"]);
    // The line end of a token file is not sent: it would be no legal header.
    expect(sentTokens()).toEqual([...Array(4).fill("Bearer first"), "Bearer second"]);
  });

  it("are loaded anew after a 401 although a refresh from what was refused is under way, which then changes nothing", async () => {
    const patient = { timeoutMs: 60_000 };
    let letRefreshEnd = (): void => {};
    let asked = 0;
    const config = (token: string, slowFrom: number): KubeConfigLike => ({
      getCurrentCluster: () => ({ server: stub.url }),
      applyToHTTPSOptions: async (options) => {
        asked += 1;
        if (asked === slowFrom) await new Promise<void>((resolve) => (letRefreshEnd = resolve));
        options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
      },
    });
    const client = new LeaseClient({ clock, kubeConfig: config("old", 2), reload: () => config("new", 0) });
    clients.push(client);
    const lock = client.lock({ name: "app", namespace: "team" });
    const refuse = refuseLater();
    stub.reply(json(200, lease()), json(200, lease()), json(200, lease()));
    const refused = lock.get(patient); // with the old token
    await stub.request(1);
    await clock.advance(10_000);
    const refreshing = lock.get(patient); // waits for a refresh of the old token
    refuse();
    expect((await refused)?.version).toBe("100");
    letRefreshEnd();
    await refreshing;
    await lock.get(patient);
    expect(sentTokens()).toEqual(["Bearer old", "Bearer new", "Bearer old", "Bearer new"]);
  });

  it("that no header can carry are no credentials, and nothing of them is shown", async () => {
    const { lock } = lockWithTokens(["canary\ncanary"]);
    const error = await lock.create(RECORD, CALL).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ERR_LOCK_UNAUTHENTICATED", outcome: "not-applied" });
    expect(String(error)).toContain("cannot be sent as a header");
    expect(String(error)).not.toContain("canary");
  });

  it("of a proxy may hold a % that encodes nothing", async () => {
    const client = new LeaseClient({
      clock,
      kubeConfig: {
        getCurrentCluster: () => ({ server: stub.url, proxyUrl: "http://user:p%zz@proxy.example" }),
        applyToHTTPSOptions: async (options) => void Object.assign(options, { agent: new Agent() }),
      },
    });
    clients.push(client);
    stub.reply(json(200, lease()));
    expect((await client.lock({ name: "app", namespace: "team" }).get(CALL))?.version).toBe("100");
  });

  it("are the same also where a proxy's agent is another, so a 401 loads them anew", async () => {
    const tokens = ["old", "old", "new"];
    const client = new LeaseClient({
      clock,
      kubeConfig: {
        getCurrentCluster: () => ({ server: stub.url, proxyUrl: "http://proxy.example" }),
        applyToHTTPSOptions: async (options) =>
          void Object.assign(options, {
            agent: new Agent(),
            headers: { Authorization: `Bearer ${tokens.shift()}` },
          }),
      },
    });
    clients.push(client);
    const lock = client.lock({ name: "app", namespace: "team" });
    const refuse = refuseLater();
    stub.reply(json(200, lease()), json(200, lease()));
    const first = lock.get(CALL);
    await stub.request(1);
    // The call's own timer does not fire before the clock is turned.
    clock.stall(10_000);
    await lock.get(CALL);
    refuse();
    await first;
    expect(sentTokens()).toEqual(["Bearer old", "Bearer old", "Bearer new"]);
  });

  it("of a proxy that moved go the new way", async () => {
    const agents = [new Agent({ keepAlive: true }), new Agent()];
    let proxies = 0;
    const client = new LeaseClient({
      clock,
      kubeConfig: {
        getCurrentCluster: () => ({ server: stub.url, proxyUrl: `http://proxy-${proxies}.example` }),
        applyToHTTPSOptions: async (options) => void Object.assign(options, { agent: agents[proxies++] }),
      },
    });
    clients.push(client);
    const lock = client.lock({ name: "app", namespace: "team" });
    stub.reply(json(200, lease()), json(200, lease()));
    await lock.get(CALL);
    await clock.advance(10_000);
    await lock.get(CALL);
    agents[0]?.destroy();
    expect([proxies, stub.connections]).toEqual([2, 2]);
  });

  it("are loaded anew once after a 401, and the call is made again with them", async () => {
    const { lock } = lockWithTokens(["old", "new"]);
    stub.reply(status(401), json(201, lease()));
    expect((await lock.create(RECORD, CALL)).version).toBe("100");
    expect(sentTokens()).toEqual(["Bearer old", "Bearer new"]);
    expect(stub.requests[1]?.body).toBe(stub.requests[0]?.body);
  });

  it("that are refused twice are an error, and nothing was written", async () => {
    const { lock } = lockWithTokens(["old", "new"]);
    stub.reply(status(401, { reason: "Unauthorized", message: "Unauthorized" }), page(401));
    await expect(lock.create(RECORD, CALL)).rejects.toMatchObject({
      code: "ERR_LOCK_UNAUTHENTICATED",
      outcome: "not-applied",
    });
    expect(stub.requests).toHaveLength(2);
  });

  it("come from `reload` after a 401, which stays the configuration", async () => {
    let reloads = 0;
    const { lock, asked } = lockWithTokens(["cached"], () => {
      reloads += 1;
      return {
        getCurrentCluster: () => ({ server: stub.url }),
        applyToHTTPSOptions: async (options) =>
          void Object.assign(options, { headers: { authorization: `Bearer fresh-${reloads}` } }),
      };
    });
    stub.reply(status(401), json(200, lease()), json(200, lease()));
    await lock.get(CALL);
    await clock.advance(10_000);
    await lock.get(CALL);
    expect(sentTokens()).toEqual(["Bearer cached", "Bearer fresh-1", "Bearer fresh-1"]);
    expect([reloads, asked.length]).toEqual([1, 1]);
  });

  it("are loaded once for all calls that were refused together", async () => {
    const { lock, asked } = lockWithTokens(["old", "new", "newer"]);
    const byToken = (response: Parameters<typeof silence>[0], request: Parameters<typeof silence>[1]) =>
      (request.headers.authorization === "Bearer old" ? status(401) : json(200, lease()))(response, request);
    stub.reply(...Array.from({ length: 20 }, () => byToken));
    await Promise.all(Array.from({ length: 10 }, () => lock.get(CALL)));
    expect(asked).toEqual(["old", "new"]);
  });

  it("that were merely read again, and are the same, do not pass for new ones", async () => {
    const { lock } = lockWithTokens(["old", "old", "new"]);
    const refuse = refuseLater();
    stub.reply(json(200, lease()), json(200, lease()));
    const first = lock.get(CALL);
    await stub.request(1);
    // The clock jumps over the call's deadline, too, but its timer does not fire before it is turned.
    clock.stall(10_000);
    await lock.get(CALL);
    refuse();
    await first;
    expect(sentTokens()).toEqual(["Bearer old", "Bearer old", "Bearer new"]);
  });

  it("of another cluster are never shown to this one", async () => {
    const { lock } = lockWithTokens(["old"], () => ({
      getCurrentCluster: () => ({ server: "https://other.example" }),
      applyToHTTPSOptions: async (options) =>
        void Object.assign(options, { headers: { authorization: "Bearer others" } }),
    }));
    stub.reply(status(401));
    await expect(lock.get(CALL)).rejects.toMatchObject({
      code: "ERR_LOCK_UNAUTHENTICATED",
      message: expect.stringContaining("names another server"),
    });
    expect(sentTokens()).toEqual(["Bearer old"]);
  });

  it("share their deadline with the call, also when loaded anew", async () => {
    let asked = 0;
    const client = new LeaseClient({
      kubeConfig: {
        getCurrentCluster: () => ({ server: stub.url }),
        applyToHTTPSOptions: () => (asked++ === 0 ? Promise.resolve() : new Promise(() => {})),
      },
    });
    clients.push(client);
    stub.reply(status(401));
    // The 401 wrote nothing, so nothing is unknown.
    await expect(client.lock({ name: "app" }).create(RECORD, { timeoutMs: 100 })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
  });

  it("that hang are asked for again only after a minute", async () => {
    let asked = 0;
    const client = new LeaseClient({
      clock,
      kubeConfig: {
        getCurrentCluster: () => ({ server: stub.url }),
        applyToHTTPSOptions: () => (asked++ === 0 ? new Promise(() => {}) : Promise.resolve()),
      },
    });
    clients.push(client);
    const lock = client.lock({ name: "app", namespace: "team" });
    const first = lock.get(CALL).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await first).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
    const second = lock.get(CALL).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect([asked, await second]).toMatchObject([1, { code: "ERR_LOCK_UNAVAILABLE" }]);
    await clock.advance(60_000);
    stub.reply(json(200, lease()));
    await lock.get(CALL);
    expect(asked).toBe(2);
  });
});

describe("basic authentication", () => {
  it("is sent as node:http does it", async () => {
    const client = new LeaseClient({
      kubeConfig: {
        getCurrentCluster: () => ({ server: stub.url }),
        applyToHTTPSOptions: async (options) => void Object.assign(options, { auth: "user:pass word" }),
      },
    });
    clients.push(client);
    stub.reply(json(200, lease()));
    await client.lock({ name: "app", namespace: "team" }).get(CALL);
    expect(sentTokens()).toEqual([`Basic ${Buffer.from("user:pass word").toString("base64")}`]);
  });
});

describe("with client-node's KubeConfig", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenure-credentials-"));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** client-node refuses plain HTTP unless verification is off. */
  function kubeConfig(user: object): KubeConfig {
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: "c", server: stub.url, skipTLSVerify: true }],
      users: [{ name: "u", ...user }],
      contexts: [{ name: "x", cluster: "c", user: "u" }],
      currentContext: "x",
    });
    return config;
  }

  function lockFor(user: object) {
    const client = new LeaseClient({ kubeConfig: kubeConfig(user), reload: () => kubeConfig(user) });
    clients.push(client);
    return client.lock({ name: "app", namespace: "team" });
  }

  it("a rotated token file is read again after a 401", async () => {
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, "one\n");
    const lock = lockFor({ authProvider: { name: "tokenFile", config: { tokenFile } } });
    stub.reply(json(200, lease()), status(401), json(200, lease()));
    await lock.get(CALL);
    await writeFile(tokenFile, "two\n");
    await lock.get(CALL);
    expect(sentTokens()).toEqual(["Bearer one", "Bearer one", "Bearer two"]);
  });

  it("a plugin is run again after a 401, though its answer never expires", async () => {
    const counter = join(folder, "count");
    const script = `echo x >> ${counter}; echo "{\\"status\\":{\\"token\\":\\"run-$(wc -l < ${counter} | tr -d ' ')\\"}}"`;
    const lock = lockFor({ exec: { command: "/bin/sh", args: ["-c", script] } });
    stub.reply(json(200, lease()), status(401), json(200, lease()));
    await lock.get(CALL);
    await lock.get(CALL);
    expect(sentTokens()).toEqual(["Bearer run-1", "Bearer run-1", "Bearer run-2"]);
  });

  it.each([
    [
      "a plugin that is not there",
      { exec: { command: "/no/such/plugin" } },
      /spawn \/no\/such\/plugin \/no\/such\/plugin ENOENT/,
    ],
    [
      "a token file that is not there",
      { authProvider: { config: { tokenFile: "/no/such/token" } } },
      /open \/no\/such\/token ENOENT/,
    ],
    ["a plugin without a command", { exec: {} }, /No command was specified/],
  ])("%s is said to be missing", async (_, user, message) => {
    await expect(lockFor(user).create(RECORD, CALL)).rejects.toMatchObject({
      code: "ERR_LOCK_UNAUTHENTICATED",
      outcome: "not-applied",
      message: expect.stringMatching(message),
    });
    expect(stub.connections).toBe(0);
  });
});
