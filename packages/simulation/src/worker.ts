/** A process that runs the seeds it is sent, and answers with what became of each. */

import type { Report, SeedOrder } from "./reports.ts";
import { run } from "./run.ts";
import { settingsOf, worldOf } from "./seed-plan.ts";

// Traces of errors that are part of the game cost more than the game.
Error.stackTraceLimit = 0;

process.on("message", (order: SeedOrder) => {
  void work(order);
});
process.on("disconnect", () => process.exit(0));

async function work({ seeds, twice }: SeedOrder): Promise<void> {
  for (const seed of seeds) {
    const scenario = worldOf(seed);
    const outcome = await run(scenario);
    const again = twice ? await run(scenario) : outcome;
    const report: Report = {
      seed,
      settings: settingsOf(seed),
      violation: outcome.violation,
      hashes: [outcome.hash, again.hash],
      simulatedMs: outcome.simulatedMs,
      terms: outcome.terms,
      counts: [...outcome.counts],
    };
    process.send?.(report);
  }
}
