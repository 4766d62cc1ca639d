import { ApiError } from "../api-error.ts";
import { goPrint, goTypeName } from "./go-print.ts";
import { type Json, JsonObject, jsonEquals } from "./json.ts";
import type { Schema } from "./lease-schema.ts";
import { senseless, strategicMerge, withoutDirectives } from "./strategic-merge.ts";

interface Lists {
  readonly original: readonly Json[];
  readonly patch: readonly Json[];
  readonly schema: Schema;
}

/** A list after a patch: merged by key or as a set where the field says so, else replaced. */
export function mergeList({
  original,
  patch,
  schema,
  isDeleteList,
}: Lists & { readonly isDeleteList: boolean }): Json[] {
  const items = schema.kind === "list" ? schema.items : { by: "none" as const };
  if (items.by === "none" && !isDeleteList) return [...patch];
  if (original.length === 0 && patch.length === 0) return [];
  const type = itemType([original, patch]);
  if (type !== "map[string]interface {}") {
    if (isDeleteList) return original.filter((item) => !isIn(patch, item));
    const merged = withoutSame([...original, ...patch]);
    return inOrder({ merged, patchOrder: patch, liveOrder: original, key: undefined });
  }
  if (items.by !== "key") throw senseless("cannot merge lists without merge key for struct");
  const { kept, changes } = followItemDirectives(original, patch, items.key);
  const merged = [...kept];
  for (const change of changes) {
    const key = keyOf(change, items.key);
    const index = merged.findIndex((item) => item instanceof JsonObject && sameKey(item.get(items.key), key));
    const found = merged[index];
    if (found instanceof JsonObject && schema.kind === "list") {
      merged[index] = strategicMerge(found, change, schema.of);
    } else merged.push(change);
  }
  return inOrder({ merged, patchOrder: changes, liveOrder: kept, key: items.key });
}

/** A list after a patch with a `$setElementOrder`; `undefined` where there is no list. */
export function orderedBy({
  order,
  original,
  patch,
  schema,
}: {
  readonly order: readonly Json[];
  readonly original: readonly Json[] | undefined;
  readonly patch: readonly Json[] | undefined;
  readonly schema: Schema;
}): Json[] | undefined {
  const key = schema.kind === "list" && schema.items.by === "key" ? schema.items.key : undefined;
  checkOrder(patch ?? [], order, key);
  if (original === undefined && patch === undefined) return undefined;
  const merged =
    original === undefined
      ? (patch ?? []).map(withoutDirectives).filter((item) => item !== undefined)
      : patch === undefined
        ? [...original]
        : mergeList({ original, patch, schema, isDeleteList: false });
  itemType([original ?? [], patch ?? []]);
  return inOrder({ merged, patchOrder: order, liveOrder: original ?? [], key });
}

/** The order of items in the patch, before that of items in the stored list. */
function inOrder({
  merged,
  patchOrder,
  liveOrder,
  key,
}: {
  readonly merged: readonly Json[];
  readonly patchOrder: readonly Json[];
  readonly liveOrder: readonly Json[];
  readonly key: string | undefined;
}): Json[] {
  const isPatched = (item: Json): boolean => indexIn(patchOrder, item, key) >= 0;
  const patched = sortedBy(merged.filter(isPatched), patchOrder, key);
  const others = sortedBy(
    merged.filter((item) => !isPatched(item)),
    liveOrder,
    key,
  );
  const result: Json[] = [];
  while (patched.length > 0 || others.length > 0) {
    const [mine, theirs] = [others[0], patched[0]];
    const isFirst = theirs === undefined || (mine !== undefined && isBefore(liveOrder, mine, theirs, key));
    const next = (isFirst ? others : patched).shift();
    if (next !== undefined) result.push(next);
  }
  return result;
}

function isBefore(order: readonly Json[], left: Json, right: Json, key: string | undefined): boolean {
  const [leftIndex, rightIndex] = [indexIn(order, left, key), indexIn(order, right, key)];
  return leftIndex >= 0 && rightIndex >= 0 && leftIndex < rightIndex;
}

/** Insertion sort, as the real server sorts: where one of two items is not in `order`, the later one goes first. */
function sortedBy(items: readonly Json[], order: readonly Json[], key: string | undefined): Json[] {
  const sorted: Json[] = [];
  for (const item of items) {
    let at = sorted.length;
    for (; at > 0; at--) {
      const previous = sorted[at - 1] ?? null;
      const [mine, theirs] = [indexIn(order, item, key), indexIn(order, previous, key)];
      if (mine >= 0 && theirs >= 0 && mine >= theirs) break;
    }
    sorted.splice(at, 0, item);
  }
  return sorted;
}

function indexIn(order: readonly Json[], item: Json, key: string | undefined): number {
  return order.findIndex((other) => {
    if (key === undefined) return jsonEquals(other, item);
    return sameKey(keyOf(other, key), keyOf(item, key));
  });
}

function followItemDirectives(
  original: readonly Json[],
  patch: readonly Json[],
  key: string,
): { readonly kept: readonly Json[]; readonly changes: readonly JsonObject[] } {
  let kept = original;
  let isReplaced = false;
  const changes: JsonObject[] = [];
  for (const item of patch) {
    if (!(item instanceof JsonObject)) continue;
    const directive = item.get("$patch");
    if (directive === undefined) changes.push(item);
    else if (directive === "replace") isReplaced = true;
    else if (directive === "delete") {
      const deleted = keyOf(item, key);
      kept = kept.filter((other) => !sameKey(keyOf(other, key), deleted));
    } else if (directive === "merge") throw senseless("merging lists cannot yet be specified in the patch");
    else throw senseless(`unknown patch type: ${goPrint(directive)} in map: ${goPrint(item)}`);
  }
  return isReplaced ? { kept: changes, changes: [] } : { kept, changes };
}

/** The items of a patch must stand in the order that it asks for. */
function checkOrder(patch: readonly Json[], order: readonly Json[], key: string | undefined): void {
  if (order.length === 0 || patch.length === 0) return;
  const items = patch.filter((item) => !(item instanceof JsonObject && item.has("$patch")));
  let at = 0;
  for (const wanted of order) {
    const item = items[at];
    if (item === undefined) return;
    if (key === undefined ? jsonEquals(item, wanted) : sameKey(keyOf(item, key), keyOf(wanted, key))) at++;
  }
  if (at < items.length) {
    throw senseless(
      `The order in patch list:\n${goPrint([...patch])}\n doesn't match $setElementOrder list:\n${goPrint([...order])}\n`,
    );
  }
}

function keyOf(item: Json, key: string): Json {
  if (!(item instanceof JsonObject)) {
    throw senseless(`expected a map[string]interface {}, but received a ${goTypeName(item)}`);
  }
  const value = item.get(key);
  if (value === undefined) {
    throw senseless(`map: ${goPrint(item)} does not contain declared merge key: ${key}`);
  }
  return value;
}

function sameKey(left: Json | undefined, right: Json | undefined): boolean {
  return left !== undefined && right !== undefined && jsonEquals(left, right);
}

function isIn(list: readonly Json[], item: Json): boolean {
  return list.some((other) => jsonEquals(other, item));
}

/** Fills the place of a repeated item with the last one, as the real server does. */
function withoutSame(items: Json[]): Json[] {
  for (let left = 0; left < items.length - 1; left++) {
    for (let right = left + 1; right < items.length; right++) {
      if (!jsonEquals(items[left] ?? null, items[right] ?? null)) continue;
      const last = items.pop();
      if (right < items.length && last !== undefined) items[right] = last;
      right--;
    }
  }
  return items;
}

function itemType(lists: readonly (readonly Json[])[]): string {
  const types = new Set(lists.flat().map(goTypeName));
  const [type] = types;
  if (type === undefined) throw senseless("no elements in any of the given slices");
  if (type === "[]interface {}") {
    throw new ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {});
  }
  if (types.size > 1) {
    throw senseless(
      `list element types are not identical: [${lists.map((list) => goPrint([...list])).join(" ")}]`,
    );
  }
  return type;
}
