import { Cluster, Redis } from "ioredis";
import * as ioredis5 from "ioredis5";
import { describe, expect, it } from "vitest";
import { deploymentOf } from "./deployment.ts";

describe.each([
  ["ioredis 6", { Redis, Cluster }],
  // Its types are another version's, its constructors take the same.
  ["ioredis 5", ioredis5 as unknown as { Redis: typeof Redis; Cluster: typeof Cluster }],
])("of a client of %s", (_, client) => {
  it("takes over where the server is and how to get in, and nothing that could send twice or late", () => {
    const redis = new client.Redis("rediss://me:secret@redis.example:6380/2", {
      lazyConnect: true,
      keyPrefix: "app:",
      maxRetriesPerRequest: 50,
      commandTimeout: 5,
      reconnectOnError: () => 2,
      enableAutoPipelining: true,
      stringNumbers: true,
      monitor: true,
    });
    expect(deploymentOf(redis)).toEqual({
      kind: "standalone",
      options: {
        host: "redis.example",
        port: 6380,
        family: 0,
        username: "me",
        password: "secret",
        tls: true,
        updateSentinels: true,
        enableTLSForSentinelMode: false,
      },
      database: 2,
      nodes: [],
      natMap: undefined,
    });
    expect(redis.status).toBe("wait");
  });

  it("takes over its Sentinels", () => {
    const sentinels = [{ host: "s1", port: 26379 }];
    const redis = new client.Redis({ sentinels, name: "main", sentinelPassword: "s", lazyConnect: true });
    expect(deploymentOf(redis)).toMatchObject({
      kind: "sentinel",
      options: { sentinels, name: "main", sentinelPassword: "s" },
    });
  });

  it("takes over a cluster's nodes, with what one of them says for itself", () => {
    const cluster = new client.Cluster(["redis://:own@n1:7000", 7001, "redis://n3:7002", "n4"], {
      lazyConnect: true,
      scaleReads: "slave",
      redisOptions: { username: "me", password: "all", keyPrefix: "app:" },
      natMap: { "10.0.0.1:7000": { host: "n1", port: 7000 } },
    });
    expect(deploymentOf(cluster)).toEqual({
      kind: "cluster",
      options: { host: "n1", port: 7000, username: "me", password: "own" },
      database: 0,
      nodes: [
        { host: "n1", port: 7000 },
        { host: "127.0.0.1", port: 7001 },
        { host: "n3", port: 7002 },
        { host: "n4", port: 6379 },
      ],
      natMap: { "10.0.0.1:7000": { host: "n1", port: 7000 } },
    });
  });
});

it("takes the options of a client that is none yet", () => {
  expect(deploymentOf({ host: "h", port: 1, retryStrategy: null })).toMatchObject({
    kind: "standalone",
    options: { host: "h", port: 1 },
    database: 0,
  });
});

it.each([
  [undefined, "undefined"],
  [null, "null"],
  ["redis://localhost", "string"],
  [[], "an array"],
])("refuses %j", (redis, what) => {
  expect(() => deploymentOf(redis)).toThrow(
    new TypeError(`Expected \`redis\` as a client of ioredis or the options of one, got ${what}`),
  );
});

it("refuses to read from a replica, and nodes that are to be looked up", () => {
  expect(() => deploymentOf({ sentinels: [], name: "main", role: "slave" })).toThrow(RangeError);
  const cluster = new Cluster(["n1"], { lazyConnect: true, useSRVRecords: true });
  expect(() => deploymentOf(cluster)).toThrow(/useSRVRecords/);
});
