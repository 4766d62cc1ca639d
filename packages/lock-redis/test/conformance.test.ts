import { describeWith } from "@tenure/testbed/vitest";
import { testOn } from "./conformance.fixture.ts";
import { startStandalone } from "./servers.fixture.ts";

await describeWith("redis", "Redis", () => {
  testOn({ variant: "Redis 7.0", server: "redis-server", start: startStandalone });
  testOn({ variant: "Redis 7.0, TLS", server: "redis-server", start: () => startStandalone({ tls: true }) });
});

await describeWith("valkey", "Valkey", () => {
  testOn({
    variant: "Valkey 9.1",
    server: "valkey-server",
    start: () => startStandalone({ server: "valkey" }),
  });
});
