import { startRedisCluster, startRedisSentinel } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { expect, it } from "vitest";
import { tenure, tenureJson } from "./tenure.fixture.ts";

/** Leads once, and looks at it. */
async function expectToServe(url: string): Promise<void> {
  const led = await tenure(["run", "--lock", url, "--once", "--", "true"]);
  expect(led.exit, led.stderr).toBe(0);
  const status = await tenureJson("status", ["status", url]);
  expect(status).toMatchObject({ exit: 1, document: { state: "free", clock: { source: "store" } } });
  const check = await tenureJson<{ readonly items: readonly { readonly result: string }[] }>("check", [
    "check",
    url,
  ]);
  expect(check.exit).toBe(0);
  expect(check.document.items.filter(({ result }) => result === "unknown")).toEqual([]);
}

await describeWith("redis", "a lock of Redis by URL", () => {
  it("is found behind Sentinels", async () => {
    await using sentinels = await startRedisSentinel();
    const hosts = sentinels.sentinels.map(({ host, port }) => `${host}:${port}`).join(",");
    await expectToServe(`redis://${hosts}/app?sentinel=${sentinels.masterName}`);
  });

  it("is found in a Cluster", async () => {
    await using cluster = await startRedisCluster();
    const hosts = cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(",");
    await expectToServe(`redis://${hosts}/app?cluster=true`);
  });
});
