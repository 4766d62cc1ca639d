import { describe, inject, it } from "vitest";
import { findProgram } from "./obtain/find-program.ts";
import type { ServerName } from "./obtain/server-programs.ts";
import { areServersRequired } from "./servers-required.ts";
import { connectTestbed as connectTo } from "./testbed.ts";
import type { TestbedClient } from "./testbed-client.ts";
import type { TestbedDescription } from "./testbed-description.ts";

/** What the global setup tells the tests. */
export type ProvidedTestbed =
  | { readonly available: true; readonly description: TestbedDescription }
  | { readonly available: false; readonly why: string };

declare module "vitest" {
  interface ProvidedContext {
    /** Set by `packages/testbed/src/vitest-setup.ts`. */
    tenureTestbed: ProvidedTestbed;
  }
}

/**
 * The testbed of this test run. Its apiserver can be stopped, killed, paused and started from here too: the process
 * that runs vitest does it. Test files run one after another, so a file may take it away as long as it gives it back;
 * a test that changes more than that starts its own with `startTestbed`.
 * @throws Error when the servers cannot be had; {@link describeWithServers} skips in that case.
 */
export function connectTestbed(): TestbedClient {
  const provided = inject("tenureTestbed");
  if (!provided.available) throw new Error(provided.why);
  return connectTo(provided.description);
}

/** A `describe` that gets the testbed of this run; where the servers cannot be had it is skipped and says why. */
export function describeWithServers(name: string, suite: (testbed: TestbedClient) => void): void {
  const provided = inject("tenureTestbed");
  if (provided.available) {
    describe(name, () => suite(connectTo(provided.description)));
  } else {
    // A loud skip; where servers are required the global setup has failed the run before.
    describe.skip(`${name} (skipped: ${provided.why})`, () => {
      it("needs real servers", () => {});
    });
  }
}

/**
 * A `describe` for tests that start a server of their own, e.g. with `startRedis`: to be awaited, at the top of the file.
 * Gets the server's program first, which can be a download or a build of about a minute.
 *
 * Where it cannot be had the suite is skipped and says why; with `CI` or `TENURE_REQUIRE_SERVERS=1` the file fails.
 * @throws Error when the server is required and cannot be had.
 */
export async function describeWith(
  servers: ServerName | readonly ServerName[],
  name: string,
  suite: () => void,
): Promise<void> {
  const missing: string[] = [];
  for (const server of typeof servers === "string" ? [servers] : servers) {
    const found = await findProgram(server);
    if (!found.available) missing.push(found.why);
  }
  if (missing.length === 0) {
    describe(name, suite);
    return;
  }
  const why = missing.join(" ");
  if (areServersRequired(process.env)) throw new Error(`The tests need real servers: ${why}`);
  process.stderr.write(`\n${"!".repeat(100)}\n${name}: SKIPPED: ${why}\n${"!".repeat(100)}\n\n`);
  // A user's machine without the server; the reason is in the name, and above where it is seen.
  describe.skip(`${name} (skipped: ${why})`, () => {
    it("needs real servers", () => {});
  });
}
