import { pathText } from "./field-set.ts";
import { goPrint, goTypeName } from "./go-print.ts";
import { type Json, JsonNumber, JsonObject } from "./json.ts";
import type { ListSchema, Schema } from "./lease-schema.ts";
import { itemElement, memberElement, memberSchema } from "./typed-walk.ts";

/** What server-side apply refuses in an object before it merges it, in the real server's words; `undefined` for nothing. */
export function typeProblems(value: Json, schema: Schema): string | undefined {
  const problems = problemsOf(value, schema, "");
  if (problems.length < 2) return problems[0];
  return ["errors:", ...problems.map((problem) => `  ${problem}`)].join("\n");
}

function problemsOf(value: Json, schema: Schema, path: string): readonly string[] {
  if (value === null || schema.kind === "raw") return [];
  const at = (problem: string): readonly string[] => [path === "" ? problem : `${path}: ${problem}`];
  switch (schema.kind) {
    case "struct":
    case "map":
      if (!(value instanceof JsonObject)) return at(`expected map, got &{${goPrint(value)}}`);
      return membersProblems(value, schema, path);
    case "list":
      if (!Array.isArray(value)) return at(`expected list, got &{${goPrint(value)}}`);
      return itemsProblems(value, schema, path);
    case "bool":
      return typeof value === "boolean" ? [] : at(`expected boolean, got &{${goPrint(value)}}`);
    case "time":
      if (!Array.isArray(value) && !(value instanceof JsonObject)) return [];
      return at(`expected any scalar, got &{${goPrint(value)}}`);
    case "string":
      return typeof value === "string"
        ? []
        : at(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
    default:
      return value instanceof JsonNumber
        ? []
        : at(`expected numeric (int or float), got ${goTypeName(value)}`);
  }
}

function membersProblems(value: JsonObject, schema: Schema, path: string): readonly string[] {
  const problems: string[] = [];
  for (const [name, member] of value.members) {
    const memberPath = `${path}${pathText([memberElement(name)])}`;
    const inside = memberSchema(schema, name);
    // The real server stops at the first, in random order.
    if (inside === undefined) return [...problems, `${memberPath}: field not declared in schema`];
    problems.push(...problemsOf(member, inside, memberPath));
  }
  return problems;
}

function itemsProblems(items: readonly Json[], schema: ListSchema, path: string): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    let element: string | undefined;
    if (schema.items.by !== "none") {
      try {
        element = itemElement(schema, item);
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        return [...problems, `${path}: element ${index}: ${detail}`];
      }
      if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${pathText([element])}`);
      seen.add(element);
    }
    problems.push(
      ...problemsOf(item, schema.of, `${path}${element === undefined ? `[${index}]` : pathText([element])}`),
    );
  }
  return problems;
}

/** A value as Go's `%#v` prints it. */
function goSyntax(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!(value instanceof JsonObject)) return goPrint(value);
  const members = value.members.map(([name, member]) => `${JSON.stringify(name)}:${goSyntax(member)}`);
  return `map[string]interface {}{${members.join(", ")}}`;
}
