import { describeWith } from "@tenure/testbed/vitest";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { expect, it, vi } from "vitest";
import { testOn } from "./conformance.fixture.ts";
import { startSentinels, startStandalone } from "./servers.fixture.ts";

vi.mock("ioredis", () => import("ioredis5"));

await describeWith("redis", "with ioredis 5", () => {
  it("it is ioredis 5 that is tested", () => {
    expect(Redis).toBe(Redis5);
  });

  testOn({
    variant: "Redis 7.0, ioredis 5",
    server: "redis-server",
    ioredis: "ioredis5",
    start: startStandalone,
  });
  testOn({
    variant: "Redis 7.0, Sentinel, ioredis 5",
    server: "redis-server",
    ioredis: "ioredis5",
    noRestart: "to take one of these servers away is a fail-over, see lost-data.test.ts",
    start: startSentinels,
  });
});
