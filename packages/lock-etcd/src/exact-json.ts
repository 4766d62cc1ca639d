/** A JSON object as parsed: what it holds is not known yet. */
export type JsonObject = { readonly [key: string]: unknown };

/** What `JSON.rawJSON` makes: the text of a number, written back as it is. */
interface RawJson {
  readonly rawJSON: string;
}

// Node has had both functions since 21; TypeScript's es2023 library does not know them.
const exact = JSON as unknown as {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
};

/**
 * `JSON.parse` that loses no number: one that a `number` cannot hold as written (`9007199254740993`, `-0`, `1e400`, `1.0`)
 * becomes a `JSON.rawJSON` object, which `JSON.stringify` writes back digit for digit. So an object of somebody else's,
 * with fields that we do not know, survives being read and written.
 *
 * @throws `SyntaxError` when the text is not JSON; `RangeError` when it is nested too deeply.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, keepOddNumbers);
}

/** The number in a value of {@link parseExactJson}; `NaN` when it is none. */
export function numberIn(value: unknown): number {
  if (typeof value === "number") return value;
  return exact.isRawJSON(value) ? Number(value.rawJSON) : Number.NaN;
}

/** Whether a value of {@link parseExactJson} is an object with keys (no array, no number in disguise). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !exact.isRawJSON(value);
}

function keepOddNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined || String(value) === context.source)
    return value;
  return exact.rawJSON(context.source);
}
