import { ApiError } from "../api-error.ts";
import { type FieldError, forbidden, invalidError, notSupported } from "../object/field-error.ts";
import { goQuote } from "../object/parse-json.ts";
import { type FieldSelector, fieldSelector, type Selector } from "./field-selector.ts";
import { labelSelector } from "./label-selector.ts";
import { isTrue } from "./request-target.ts";

/** How a list or a watch is asked for. */
export interface ListOptions {
  readonly watch: boolean;
  readonly selects: Selector;
  /** Whether a selector was given: then nobody counts what is left. */
  readonly selective: boolean;
  /** The one name that a field selector admits. */
  readonly name: string | undefined;
  /** As it was sent; `""` when it was not. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly includeObject: string;
}

/** @param only - the name in the URL: a watch of one object. @throws `ApiError` 400, 422. */
export function listOptions(query: URLSearchParams, only?: string): ListOptions {
  const fields: FieldSelector = fieldSelector(query.get("fieldSelector") ?? "");
  const labels = query.get("labelSelector") ?? "";
  const hasLabel = labelSelector(labels);
  const sendInitialEvents = query.get("sendInitialEvents");
  const options: ListOptions = {
    watch: isTrue(query.get("watch")),
    selects: (object) =>
      fields.selects(object) && hasLabel(object) && (only === undefined || object.metadata.name === only),
    selective: labels !== "" || (query.get("fieldSelector") ?? "") !== "",
    name: fields.name,
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    limit: integer(query, "limit") ?? 0,
    continueToken: query.get("continue") ?? "",
    allowWatchBookmarks: isTrue(query.get("allowWatchBookmarks")),
    sendInitialEvents: sendInitialEvents === null ? undefined : isTrue(sendInitialEvents),
    timeoutSeconds: integer(query, "timeoutSeconds"),
    includeObject: query.get("includeObject") ?? "",
  };
  const errors = options.watch ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) {
    throw invalidError({ group: "meta.k8s.io", kind: "ListOptions", name: "" }, errors);
  }
  return options;
}

/** A revision as it was sent. @throws `ApiError` 500, as the real server has it. */
export function parseRevision(text: string): bigint {
  if (/^\d+$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
  const problem = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
  throw new ApiError(
    500,
    "",
    `resourceVersion: Invalid value: ${goQuote(text)}: strconv.ParseUint: parsing ${goQuote(text)}: ${problem}`,
  );
}

/** A whole number of a query. @throws `ApiError` 400. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) {
    throw new ApiError(400, "BadRequest", `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  }
  return Number(text);
}

function listErrors(options: ListOptions): readonly FieldError[] {
  const { resourceVersion, resourceVersionMatch: match, continueToken, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (match !== "") {
    const refuse = (why: string): unknown => errors.push(forbidden("resourceVersionMatch", why));
    if (resourceVersion === "")
      refuse("resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (continueToken !== "") refuse("resourceVersionMatch is forbidden when continue is provided");
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push(notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && resourceVersion === "0") {
      refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (sendInitialEvents !== undefined) {
    errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return errors;
}

function watchErrors(options: ListOptions): readonly FieldError[] {
  const { resourceVersionMatch: match, continueToken, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  const refuse = (why: string): unknown => errors.push(forbidden("resourceVersionMatch", why));
  // The real server sets the match itself, and then refuses it.
  if (match === "" && continueToken !== "")
    refuse("resourceVersionMatch is forbidden when continue is provided");
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    refuse("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (match !== "") {
    if (sendInitialEvents === undefined) {
      refuse("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    }
    if (match !== "NotOlderThan") errors.push(notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
    if (continueToken !== "") refuse("resourceVersionMatch is forbidden when continue is provided");
  }
  return errors;
}
