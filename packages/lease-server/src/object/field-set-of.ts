import { FieldSet } from "./field-set.ts";
import { type Json, JsonObject } from "./json.ts";
import type { Schema } from "./lease-schema.ts";
import { isLeaf, itemsByElement, itemsOf, memberElement, memberSchema, membersOf } from "./typed-walk.ts";

/** The fields that an object sets: what its applier owns. */
export function fieldSetOf(value: Json, schema: Schema): FieldSet {
  return FieldSet.of(pathsOf(value, schema, []));
}

/** `set` with the named fields that it goes through: a map that has entries in it counts as set itself. */
export function withNamedFields(set: FieldSet, schema: Schema): FieldSet {
  type Step = Parameters<FieldSet["withNamedParents"]>[0];
  const step =
    (at: Schema | undefined): Step =>
    (element) => {
      const name = element.startsWith("f:") ? element.slice(2) : undefined;
      if (at === undefined) return { isNamed: false, below: step(undefined) };
      if (name !== undefined) {
        return {
          isNamed: at.kind === "struct" && Object.hasOwn(at.fields, name),
          below: step(memberSchema(at, name)),
        };
      }
      return { isNamed: false, below: step(at.kind === "list" ? at.of : undefined) };
    };
  return set.withNamedParents(step(schema));
}

function* pathsOf(value: Json, schema: Schema, path: readonly string[]): Iterable<readonly string[]> {
  if (isLeaf(schema)) {
    yield path;
    return;
  }
  if (schema.kind === "list") {
    for (const [element, items] of itemsByElement(schema, itemsOf(value))) {
      const [item] = items;
      if (items.length === 1 && item !== undefined) yield* pathsOf(item, schema.of, [...path, element]);
      yield [...path, element];
    }
    return;
  }
  for (const [name, member] of membersOf(value)) {
    const inside = memberSchema(schema, name);
    if (inside === undefined) continue;
    const memberPath = [...path, memberElement(name)];
    yield* pathsOf(member, inside, memberPath);
    const isEmptyObject = member instanceof JsonObject && member.members.length === 0;
    if (member === null || isEmptyObject || schema.kind === "map") yield memberPath;
  }
}
