import { describe, inject, it } from "vitest";
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
