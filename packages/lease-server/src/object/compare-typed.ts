import { FieldSet } from "./field-set.ts";
import { type Json, jsonEquals } from "./json.ts";
import type { ListSchema, Schema } from "./lease-schema.ts";
import { isLeaf, itemsByElement, itemsOf, memberElement, memberSchema, membersOf } from "./typed-walk.ts";

/** The fields in which two objects differ; none is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

type Path = readonly string[];

/** Compares two objects field by field, as server-side apply does. */
export function compareTyped(before: Json, after: Json, schema: Schema): Comparison {
  const found = { removed: [] as Path[], modified: [] as Path[], added: [] as Path[] };
  compare(before, after, schema, [], found);
  return {
    removed: FieldSet.of(found.removed),
    modified: FieldSet.of(found.modified),
    added: FieldSet.of(found.added),
  };
}

interface Found {
  readonly removed: Path[];
  readonly modified: Path[];
  readonly added: Path[];
}

function compare(
  before: Json | undefined,
  after: Json | undefined,
  schema: Schema,
  path: Path,
  found: Found,
): void {
  const bothEmpty = isEmptyCollection(before) && isEmptyCollection(after);
  if (isLeaf(schema) || bothEmpty) {
    if (before === undefined) found.added.push(path);
    else if (after === undefined) found.removed.push(path);
    else if (!jsonEquals(before, after)) found.modified.push(path);
    return;
  }
  if (schema.kind === "list") compareItems(before, after, schema, path, found);
  else compareMembers(before, after, schema, path, found);
  if (before === undefined) found.added.push(path);
  else if (after === undefined) found.removed.push(path);
}

function compareMembers(
  before: Json | undefined,
  after: Json | undefined,
  schema: Schema,
  path: Path,
  found: Found,
): void {
  const left = new Map(membersOf(before));
  const right = new Map(membersOf(after));
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const inside = memberSchema(schema, name);
    if (inside !== undefined) {
      compare(left.get(name), right.get(name), inside, [...path, memberElement(name)], found);
    }
  }
}

function compareItems(
  before: Json | undefined,
  after: Json | undefined,
  schema: ListSchema,
  path: Path,
  found: Found,
): void {
  const left = itemsByElement(schema, itemsOf(before));
  const right = itemsByElement(schema, itemsOf(after));
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const [was, is] = [left.get(element) ?? [], right.get(element) ?? []];
    const itemPath = [...path, element];
    if (was.length <= 1 && is.length <= 1) compare(was[0], is[0], schema.of, itemPath, found);
    else if (was.length > 1 && is.length > 1) {
      if (!jsonEquals([...was], [...is])) found.modified.push(itemPath);
    } else if (was.length > 1) {
      if (is.length === 1) compare(undefined, is[0], schema.of, itemPath, found);
      found.removed.push(itemPath);
    } else {
      if (was.length === 1) compare(was[0], undefined, schema.of, itemPath, found);
      found.added.push(itemPath);
    }
  }
}

function isEmptyCollection(value: Json | undefined): boolean {
  return membersOf(value).length === 0 && itemsOf(value).length === 0;
}
