import type { FieldSet } from "./field-set.ts";
import { type Json, JsonObject } from "./json.ts";
import type { ListSchema, Schema } from "./lease-schema.ts";
import {
  isLeaf,
  itemElement,
  itemsByElement,
  itemsOf,
  memberElement,
  memberSchema,
  membersOf,
} from "./typed-walk.ts";

/** `live` with everything that `applied` sets: maps and lists that are no leaf are merged item by item. */
export function mergeTyped(live: Json, applied: Json, schema: Schema): Json | undefined {
  return merge(live, applied, schema);
}

/** `value` without the fields and items of `set`; `undefined` when nothing is left of it. */
export function removeFields(value: Json, set: FieldSet, schema: Schema): Json | undefined {
  if (schema.kind !== "list" && schema.kind !== "map" && schema.kind !== "struct") return value;
  // The real server takes a leaf that something below it is taken from away as a whole; empty ones go, too.
  if (isLeaf(schema)) return undefined;
  if (schema.kind === "list") {
    const kept = itemsOf(value).flatMap((item) => {
      const element = itemElement(schema, item);
      if (set.has(element)) return [];
      const below = set.below(element);
      return below.isEmpty ? [item] : [removeFields(item, below, schema.of) ?? null];
    });
    return kept.length === 0 ? undefined : kept;
  }
  const kept: [string, Json][] = [];
  for (const [name, member] of membersOf(value)) {
    const element = memberElement(name);
    if (set.has(element)) continue;
    const below = set.below(element);
    const inside = memberSchema(schema, name);
    const rest = below.isEmpty || inside === undefined ? member : removeFields(member, below, inside);
    kept.push([name, rest ?? null]);
  }
  return kept.length === 0 ? undefined : new JsonObject(kept);
}

function merge(live: Json | undefined, applied: Json | undefined, schema: Schema): Json | undefined {
  if (isLeaf(schema) || (isEmptyCollection(live) && isEmptyCollection(applied)))
    return applied === undefined ? live : applied;
  return schema.kind === "list" ? mergeItems(live, applied, schema) : mergeMembers(live, applied, schema);
}

function mergeMembers(live: Json | undefined, applied: Json | undefined, schema: Schema): Json | undefined {
  const left = new Map(membersOf(live));
  const right = new Map(membersOf(applied));
  const merged: [string, Json][] = [];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const inside = memberSchema(schema, name);
    if (inside === undefined) continue;
    const value = merge(left.get(name), right.get(name), inside);
    if (value !== undefined) merged.push([name, value]);
  }
  return merged.length === 0 ? undefined : new JsonObject(merged);
}

/** Keeps the order of the applied items, and puts those of `live` alone where they stood among the common ones. */
function mergeItems(live: Json | undefined, applied: Json | undefined, schema: ListSchema): Json | undefined {
  const left = itemsOf(live).map((item) => ({ item, element: itemElement(schema, item) }));
  const right = itemsOf(applied).map((item) => ({ item, element: itemElement(schema, item) }));
  const liveItems = itemsByElement(schema, itemsOf(live));
  const appliedItems = itemsByElement(schema, itemsOf(applied));
  const shared = right.filter(({ element }) => liveItems.has(element)).map(({ element }) => element);
  const done = new Set<string>();
  const merged: Json[] = [];
  const take = ({ item, element }: { readonly item: Json; readonly element: string }): void => {
    const same = liveItems.get(element) ?? [];
    // An item that `live` has several times is replaced, not merged.
    const value = merge(same.length === 1 ? same[0] : undefined, item, schema.of);
    if (value !== undefined) merged.push(value);
    done.add(element);
  };

  let next = shared.shift();
  let at = 0;
  let from = 0;
  while (at < left.length || from < right.length) {
    const mine = left[at];
    const theirs = right[from];
    if (mine !== undefined && theirs !== undefined) {
      if (mine.element === theirs.element) {
        take(theirs);
        at++;
        from++;
        next = shared.shift();
        continue;
      }
      if (appliedItems.has(mine.element) && next !== undefined && next !== mine.element) {
        at++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!appliedItems.has(mine.element)) {
        merged.push(mine.item);
        at++;
        continue;
      }
      if (done.has(mine.element)) at++;
    }
    if (theirs !== undefined) {
      take(theirs);
      from++;
      if (next === theirs.element) next = shared.shift();
    }
  }
  return merged.length === 0 ? undefined : merged;
}

function isEmptyCollection(value: Json | undefined): boolean {
  return membersOf(value).length === 0 && itemsOf(value).length === 0;
}
