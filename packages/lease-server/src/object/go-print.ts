import { compareBytes, type Json, JsonNumber, JsonObject } from "./json.ts";

/** A value as Go's `%v` prints it: `map[a:1 b:[x y]]`. */
export function goPrint(value: Json): string {
  if (value === null) return "<nil>";
  if (value instanceof JsonNumber) return value.isInteger ? value.text : String(Number(value.text));
  if (Array.isArray(value)) return `[${value.map(goPrint).join(" ")}]`;
  if (!(value instanceof JsonObject)) return String(value);
  const members = value.members.toSorted(([left], [right]) => compareBytes(left, right));
  return `map[${members.map(([name, member]) => `${name}:${goPrint(member)}`).join(" ")}]`;
}

/** The type of a value, as Go's `%s` prints it. */
export function goTypeName(value: Json): string {
  if (value === null) return "%!s(<nil>)";
  if (value instanceof JsonNumber) return value.isInteger ? "int64" : "float64";
  if (Array.isArray(value)) return "[]interface {}";
  if (value instanceof JsonObject) return "map[string]interface {}";
  return typeof value === "boolean" ? "bool" : "string";
}
