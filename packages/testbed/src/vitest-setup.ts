/**
 * Global setup of the vitest projects "servers" and "conformance": one testbed for each. Tests get it through
 * `describeWithServers` or `connectTestbed` of `@tenure/testbed/vitest`.
 */
import type { TestProject } from "vitest/node";
import { findServers } from "./find-servers.ts";
import { areServersRequired } from "./servers-required.ts";
import { startTestbedWith } from "./testbed.ts";
import type { ProvidedTestbed } from "./vitest.ts";

/**
 * Starts the testbed and provides its description; the function it returns stops it. Where the servers cannot be had
 * it throws if they are required ({@link areServersRequired}); else it says so loudly, and the tests are skipped. Required
 * servers include the client-go participant where Go can build it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const isRequired = areServersRequired(process.env);
  const found = await findServers({ buildForClientGo: isRequired });
  if (!found.available) {
    if (isRequired) throw new Error(`The tests need real servers: ${found.why}`);
    process.stderr.write(
      `\n${"!".repeat(100)}\nTests with real servers are SKIPPED: ${found.why}\n${"!".repeat(100)}\n\n`,
    );
    provide(project, { available: false, why: found.why });
    return async () => {};
  }
  const testbed = await startTestbedWith(found.executables);
  provide(project, { available: true, description: testbed.description });
  return async () => await testbed.stop();
}

function provide(project: TestProject, provided: ProvidedTestbed): void {
  project.provide("tenureTestbed", provided);
}
