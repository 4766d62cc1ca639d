import { describeWith } from "@tenure/testbed/vitest";
import { testOn } from "./conformance.fixture.ts";
import { startCluster, startSentinels } from "./servers.fixture.ts";

await describeWith("redis", "Redis", () => {
  testOn({
    variant: "Redis 7.0, Sentinel",
    server: "redis-server",
    noRestart: "to take one of these servers away is a fail-over, see lost-data.test.ts",
    start: startSentinels,
  });
  testOn({ variant: "Redis 7.0, Cluster", server: "redis-server", start: startCluster });
});
