import { ApiError } from "../api-error.ts";
import { pathText } from "./field-set.ts";
import { idOf, type Owned } from "./managed-fields.ts";
import { goQuote } from "./parse-json.ts";

/** A field that would change, and who owns it. */
export interface Conflict {
  readonly owned: Owned;
  readonly path: readonly string[];
}

/** Why a server-side apply without `force` cannot be done. */
export class Conflicts extends Error {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super("conflicts");
    this.conflicts = conflicts;
  }

  /** The 409 that names them all. */
  toApiError(): ApiError {
    const [first] = this.conflicts;
    const causes = this.conflicts.map(({ owned, path }) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${managerText(owned)}`,
      field: pathText(path),
    }));
    if (first !== undefined && this.conflicts.length === 1) {
      return applyConflict(
        `1 conflict: conflict with ${managerText(first.owned)}: ${pathText(first.path)}`,
        causes,
      );
    }
    const lines: string[] = [];
    let manager: string | undefined;
    for (const { owned, path } of this.conflicts) {
      if (idOf(owned) !== manager) lines.push(`conflicts with ${managerText(owned)}:`);
      manager = idOf(owned);
      lines.push(`- ${pathText(path)}`);
    }
    return applyConflict(`${this.conflicts.length} conflicts: ${lines.join("\n")}`, causes);
  }
}

function applyConflict(what: string, causes: readonly object[]): ApiError {
  return new ApiError(409, "Conflict", `Apply failed with ${what}`, { causes });
}

function managerText({ manager, operation, apiVersion, subresource }: Owned): string {
  const name =
    subresource === undefined
      ? goQuote(manager)
      : `${goQuote(manager)} with subresource ${goQuote(subresource)}`;
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
