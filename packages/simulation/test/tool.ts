import { describe, expect, it } from "vitest";
// Not in the testbed's index: only who has other tools to find than its servers asks this.
import { areServersRequired } from "../../testbed/src/servers-required.ts";

/** A program that tests need, or why it cannot be had and how to get it. */
export type Tool<Found> = { readonly found: Found } | { readonly why: string };

/**
 * A `describe` that gets the tool. Where it cannot be had the suite fails if servers are required
 * ({@link areServersRequired}); else it is skipped and says why, loudly.
 */
export function describeWithTool<Found>(
  name: string,
  tool: Tool<Found>,
  suite: (found: Found) => void,
): void {
  if ("found" in tool) {
    describe(name, () => suite(tool.found));
  } else if (areServersRequired(process.env)) {
    it(`${name}: has its tool`, () => expect.fail(tool.why));
  } else {
    process.stderr.write(`\n${"!".repeat(100)}\n${name}: SKIPPED: ${tool.why}\n${"!".repeat(100)}\n\n`);
    // A user's machine without the tool; the reason is in the name, and above where it is seen.
    describe.skip(`${name} (skipped: ${tool.why})`, () => {
      it("needs a tool", () => {});
    });
  }
}
