import { ApiError } from "../api-error.ts";
import { goPrint, goTypeName } from "./go-print.ts";
import { type Json, JsonObject } from "./json.ts";
import type { Schema } from "./lease-schema.ts";
import { mergeList, orderedBy } from "./strategic-list.ts";
import { memberSchema } from "./typed-walk.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_FROM_LIST = "$deleteFromPrimitiveList";
const ELEMENT_ORDER = "$setElementOrder";

/**
 * The document after a strategic merge patch. Both arguments are used up: what is left of the patch is what error messages of
 * the real server show of it.
 * @throws {@link ApiError} 400 for directives that cannot be followed; 500 where the real server says so.
 */
export function strategicMerge(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const directive = patch.get(DIRECTIVE);
  if (directive !== undefined) return followDirective(directive, patch);
  retainKeys(original, patch);
  orderElements(original, patch, schema);
  for (const [key, value] of [...patch.members]) mergeMember(original, key, value, schema);
  return original;
}

/** The 500 with which the real server answers patches that make no sense to it. */
export function senseless(message: string): ApiError {
  return new ApiError(500, "", message);
}

function mergeMember(original: JsonObject, key: string, value: Json, schema: Schema): void {
  const isDeleteList = key.startsWith(DELETE_FROM_LIST);
  const name = isDeleteList ? suffixOf(key, DELETE_FROM_LIST) : key;
  if (value === null) {
    original.delete(name);
    return;
  }
  const current = original.get(name);
  if (current === undefined || goTypeName(current) !== goTypeName(value)) {
    if (!isDeleteList) setOrDelete(original, name, withoutDirectives(withoutNulls(value)));
    return;
  }
  if (current instanceof JsonObject && value instanceof JsonObject) {
    original.set(name, strategicMerge(current, value, fieldOf(schema, name)));
    return;
  }
  if (Array.isArray(current) && Array.isArray(value)) {
    original.set(
      name,
      mergeList({ original: current, patch: value, schema: fieldOf(schema, name), isDeleteList }),
    );
    return;
  }
  setOrDelete(original, name, withoutDirectives(value));
}

function followDirective(directive: Json, patch: JsonObject): JsonObject {
  if (directive === "delete") return new JsonObject();
  if (directive !== "replace") {
    throw senseless(`unknown patch type: ${goPrint(directive)} in map: ${goPrint(patch)}`);
  }
  patch.delete(DIRECTIVE);
  return patch;
}

/** Drops what `$retainKeys` does not name. */
function retainKeys(original: JsonObject, patch: JsonObject): void {
  const keys = patch.get(RETAIN_KEYS);
  if (keys === undefined) return;
  patch.delete(RETAIN_KEYS);
  const bad = new ApiError(400, "BadRequest", "invalid patch format of retainKeys");
  if (!Array.isArray(keys)) throw bad;
  for (const [name, value] of patch.members) {
    if (value === null || name.startsWith(DELETE_FROM_LIST) || name.startsWith(ELEMENT_ORDER)) continue;
    if (!keys.includes(name)) throw bad;
  }
  for (const [name] of [...original.members]) if (!keys.includes(name)) original.delete(name);
}

/** Merges the lists that have a `$setElementOrder`, and puts them in that order. */
function orderElements(original: JsonObject, patch: JsonObject, schema: Schema): void {
  for (const [key, order] of [...patch.members]) {
    if (!key.startsWith(ELEMENT_ORDER)) continue;
    patch.delete(key);
    const orderList = listOf(order);
    const name = suffixOf(key, ELEMENT_ORDER);
    const current = original.has(name) ? listOf(original.get(name) ?? null) : undefined;
    const changed = patch.has(name) ? listOf(patch.get(name) ?? null) : undefined;
    const ordered = orderedBy({
      order: orderList,
      original: current,
      patch: changed,
      schema: fieldOf(schema, name),
    });
    if (ordered === undefined) continue;
    original.set(name, ordered);
    patch.delete(name);
  }
}

function listOf(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  throw senseless(`expected a []interface {}, but received a ${goTypeName(value)}`);
}

function suffixOf(key: string, prefix: string): string {
  const [first = "", ...rest] = key.split("/");
  if (first === prefix && rest.length > 0) return rest.join("/");
  const what = prefix === ELEMENT_ORDER ? "setElementOrder list" : "primitive list";
  throw new ApiError(400, "BadRequest", `invalid patch format of ${what}`);
}

function fieldOf(schema: Schema, name: string): Schema {
  if (schema.kind !== "struct") {
    throw senseless(`merging an object in json but data type is not struct, instead is: ${schema.kind}`);
  }
  const field = memberSchema(schema, name);
  if (field !== undefined) return field;
  throw senseless(
    `unable to find api field in struct ${schema.structName} for the json field ${JSON.stringify(name)}`,
  );
}

function setOrDelete(object: JsonObject, name: string, value: Json | undefined): void {
  if (value === undefined) object.delete(name);
  else object.set(name, value);
}

/** `undefined` for what is a directive itself. */
export function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!(value instanceof JsonObject)) return value;
  if (value.has(DIRECTIVE)) return undefined;
  const kept = value.members.map(([name, member]) => [name, withoutDirectives(member)] as const);
  return new JsonObject(kept.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!(value instanceof JsonObject)) return value;
  const kept = value.members.filter(([, member]) => member !== null);
  return new JsonObject(kept.map(([name, member]) => [name, withoutNulls(member)]));
}
