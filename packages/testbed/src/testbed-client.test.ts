import { expect, it } from "vitest";
import { connectTestbed } from "./testbed.ts";
import type { TestbedDescription } from "./testbed-description.ts";

it("says how to get the client-go participant where it is missing", () => {
  const description = { apiserverUrl: "https://127.0.0.1:1", ca: "", adminToken: "", control: {} };
  const client = connectTestbed(description as TestbedDescription); // nothing else is read before the executable is
  const options = { kubeconfigPath: "", namespace: "default", lease: "app", identity: "a" };
  expect(() => client.startClientGo(options)).toThrow(/Go 1\.26 or newer .*`npx -y pnpm@\S+ testbed build`/);
});
