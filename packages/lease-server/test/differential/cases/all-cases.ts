import type { Case, Step } from "../step.ts";
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
import { watchCases } from "./watch.ts";

/** The set. */
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
    steps.reduce((sum, step) => sum + 1 + ("meanwhile" in step ? count(step.meanwhile ?? []) : 0), 0);
  return cases.reduce((sum, { steps }) => sum + count(steps), 0);
}
