import { type Case, FORGET, NEXT_SECOND, type Step } from "../step.ts";
import { accessCases } from "./access.ts";
import { applyCases } from "./apply.ts";
import { bodyCases } from "./bodies.ts";
import { createCases } from "./create.ts";
import { deleteCases } from "./delete.ts";
import { discoveryCases } from "./discovery.ts";
import { dryRunCases } from "./dry-run.ts";
import { fieldValidationCases } from "./field-validation.ts";
import { generateNameCases } from "./generate-name.ts";
import { listCases } from "./list.ts";
import { microTimeCases } from "./micro-times.ts";
import { namespaceCases } from "./namespaces.ts";
import { patchCases } from "./patch.ts";
import { protobufCases } from "./protobuf.ts";
import { routingCases } from "./routing.ts";
import { tableCases } from "./table.ts";
import { updateCases } from "./update.ts";
import { forgettingCases, watchCases } from "./watch.ts";

export { forgettingCases };

/** The set, but for {@link forgettingCases}. */
export const allCases: readonly Case[] = [
  ...createCases,
  ...generateNameCases,
  ...bodyCases,
  ...protobufCases,
  ...fieldValidationCases,
  ...microTimeCases,
  ...updateCases,
  ...deleteCases,
  ...patchCases,
  ...applyCases,
  ...dryRunCases,
  ...listCases,
  ...watchCases,
  ...tableCases,
  ...discoveryCases,
  ...namespaceCases,
  ...accessCases,
  ...routingCases,
];

/** How many requests some cases make. */
export function requestCount(cases: readonly Case[]): number {
  const count = (steps: readonly Step[]): number =>
    steps.reduce(
      (sum, step) =>
        sum +
        (step === FORGET || step === NEXT_SECOND ? 0 : 1) +
        ("meanwhile" in step ? count(step.meanwhile ?? []) : 0),
      0,
    );
  return cases.reduce((sum, { steps }) => sum + count(steps), 0);
}
