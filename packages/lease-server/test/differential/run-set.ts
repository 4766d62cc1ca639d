import { normalise } from "./normalise.ts";
import { runCase } from "./run-case.ts";
import type { Case } from "./step.ts";
import type { Target } from "./target.ts";

/** Cases under way at once: they have namespaces of their own, and most of their time is waiting. */
const LANES = 6;

/** What each case brought on a server, by its name, normalised. */
export type Transcript = ReadonlyMap<string, readonly unknown[]>;

/** Sends the whole set. `run` tells this run's namespaces from those of others; letters and digits. */
export async function runSet(cases: readonly Case[], target: Target, run: string): Promise<Transcript> {
  const transcript = new Map<string, readonly unknown[]>();
  const waiting = cases.entries();
  const lane = async (): Promise<void> => {
    for (const [index, aCase] of waiting) {
      const namespace = `diff-${run}-${String(index).padStart(3, "0")}`;
      await target.createNamespace(namespace);
      const outcomes = await runCase(aCase, target, namespace);
      const normalised = normalise(outcomes, {
        namespace,
        address: new URL(target.url).host,
        generateNames: generateNamesOf(aCase),
      });
      transcript.set(aCase.name, normalised);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return transcript;
}

function generateNamesOf({ steps }: Case): string[] {
  const bodies = steps.map(({ body }) => body as { metadata?: { generateName?: string } } | undefined);
  return [...new Set(bodies.flatMap((body) => body?.metadata?.generateName ?? []))];
}
