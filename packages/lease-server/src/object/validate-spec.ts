import { type FieldError, forbidden, invalid, notSupported } from "./field-error.ts";
import type { LeaseSpec } from "./lease.ts";
import { labelKeyProblems } from "./names.ts";

/** What is wrong with the `spec` of a Lease. */
export function specErrors(spec: LeaseSpec): readonly FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec;
  const errors: FieldError[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(invalid("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0"));
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    errors.push(invalid("spec.leaseTransitions", leaseTransitions, "must be greater than or equal to 0"));
  }
  if (strategy !== undefined) errors.push(...strategyErrors(strategy));
  if ((preferredHolder ?? "") !== "" && (strategy ?? "") === "") {
    errors.push(forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined"));
  }
  return errors;
}

function strategyErrors(strategy: string): readonly FieldError[] {
  // The real server names the field twice.
  const path = "spec.strategy.strategy";
  if (strategy.includes("/"))
    return labelKeyProblems(strategy).map((problem) => invalid(path, strategy, problem));
  if (strategy === "OldestEmulationVersion") return [];
  return [notSupported(path, strategy, ["OldestEmulationVersion"])];
}
