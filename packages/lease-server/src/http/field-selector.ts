import { ApiError } from "../api-error.ts";
import { goQuote } from "../object/parse-json.ts";
import type { StoredObject } from "../store/stored-object.ts";

/** Whether an object is selected. */
export type Selector = (object: StoredObject) => boolean;

/** A field selector, and the one name that it admits, if it says one. */
export interface FieldSelector {
  readonly selects: Selector;
  readonly name: string | undefined;
}

const FIELDS = { "metadata.name": "name", "metadata.namespace": "namespace" } as const;

/**
 * A field selector: `metadata.name=x`, `metadata.namespace!=y`, joined by commas.
 * @throws `ApiError` 400, for any other field too.
 */
export function fieldSelector(text: string): FieldSelector {
  const terms = text
    .split(/(?<!\\),/)
    .filter((term) => term !== "")
    .map(fieldTerm);
  const named = terms.find(({ field, equal }) => equal && field === "name");
  return {
    name: named?.value === "" ? undefined : named?.value,
    selects: ({ metadata }) =>
      terms.every(({ field, equal, value }) => ((metadata[field] ?? "") === value) === equal),
  };
}

function fieldTerm(term: string): {
  readonly field: "name" | "namespace" | "uid";
  readonly equal: boolean;
  readonly value: string;
} {
  const match = /^(?<field>.*?)(?<operator>!=|==|=)(?<value>.*)$/s.exec(term)?.groups;
  if (match === undefined) {
    throw new ApiError(400, "BadRequest", `invalid selector: '${term}'; can't understand '${term}'`);
  }
  const { field = "", operator, value = "" } = match;
  // As the real server: a term that says nothing is none.
  if (field === "" && value === "") return { field: "uid", equal: false, value: "" };
  const [unescaped] = value.replaceAll(/\\[\\,=]/g, "").match(/[\\,=]/) ?? [];
  if (unescaped !== undefined) {
    const code = value.charCodeAt(value.indexOf(unescaped));
    throw new ApiError(400, "BadRequest", `invalid field selector: unescaped character in value: ${code}`);
  }
  if (!Object.hasOwn(FIELDS, field)) {
    throw new ApiError(
      400,
      "BadRequest",
      `${goQuote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
  return {
    field: FIELDS[field as keyof typeof FIELDS], // just seen
    equal: operator !== "!=",
    value: value.replaceAll(/\\([\\,=])/g, "$1"),
  };
}
