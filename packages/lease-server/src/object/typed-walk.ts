import { type Json, JsonObject, jsonText } from "./json.ts";
import type { ListSchema, Schema } from "./lease-schema.ts";

/** The schema of a member of an object: `undefined` where there is no such field. */
export function memberSchema(schema: Schema, name: string): Schema | undefined {
  if (schema.kind === "map") return schema.of;
  if (schema.kind !== "struct" || !Object.hasOwn(schema.fields, name)) return undefined;
  return schema.fields[name]?.schema;
}

/** Whether server-side apply owns such a value as a whole. */
export function isLeaf(schema: Schema): boolean {
  if (schema.kind === "struct") return schema.atomic === true;
  if (schema.kind === "list") return schema.items.by === "none";
  return schema.kind !== "map";
}

/** The path element of a member. */
export function memberElement(name: string): string {
  return `f:${name}`;
}

/**
 * The path element of an item of a list that is no leaf.
 * @throws `Error` where the item has no identity, worded as the real server words it.
 */
export function itemElement(schema: ListSchema, item: Json): string {
  if (schema.items.by === "key") {
    if (item === null) throw new Error("associative list with keys may not have a null element");
    if (!(item instanceof JsonObject)) {
      throw new Error("associative list with keys may not have non-map elements");
    }
    const value = item.get(schema.items.key);
    // Owner references have an empty uid by default.
    return `k:${jsonText(new JsonObject([[schema.items.key, value ?? ""]]))}`;
  }
  if (item === null) throw new Error("associative list without keys has an element that's an explicit null");
  if (item instanceof JsonObject) {
    throw new Error("associative list without keys has an element that's a map type");
  }
  if (Array.isArray(item)) throw new Error("not supported: associative list with lists as elements");
  return `v:${jsonText(item)}`;
}

/** Items by path element; several where a list repeats one. */
export function itemsByElement(
  schema: ListSchema,
  items: readonly Json[],
): ReadonlyMap<string, readonly Json[]> {
  const found = new Map<string, Json[]>();
  for (const item of items) {
    const element = itemElement(schema, item);
    const same = found.get(element);
    if (same === undefined) found.set(element, [item]);
    else same.push(item);
  }
  return found;
}

/** The members of an object, none for `null`. */
export function membersOf(value: Json | undefined): readonly (readonly [string, Json])[] {
  return value instanceof JsonObject ? value.members : [];
}

/** The items of a list, none for `null`. */
export function itemsOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** A member of a member, where both objects are there. */
export function memberOf(object: JsonObject, first: string, second: string): Json | undefined {
  const inside = object.get(first);
  return inside instanceof JsonObject ? inside.get(second) : undefined;
}
