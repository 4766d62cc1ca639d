import { type Decoded, DecodeError } from "./decode-typed.ts";
import { formatGoTime, parseGoTime, ZERO_TIME } from "./go-time.ts";
import { type Json, JsonNumber, JsonObject, jsonKind, plainJson } from "./json.ts";
import type { FieldSchema, Schema, StructSchema } from "./lease-schema.ts";

/**
 * Reads a document into a struct as Kubernetes' converter for unstructured objects does: after a strategic merge and in
 * server-side apply. It words its errors otherwise than `decodeStruct`, takes `2.0` for an integer and lets integers overflow.
 * @throws {@link DecodeError} at the first value of a wrong type.
 */
export function convertStruct(
  document: JsonObject,
  schema: StructSchema,
): { readonly value: Decoded; readonly strictErrors: readonly string[] } {
  const unknown: string[] = [];
  const value = convert(document, { schema }, "", unknown);
  return { value: value as Decoded, strictErrors: unknown.map((path) => `unknown field "${path}"`).sort() };
}

function convert(json: Json, { schema, pointer }: FieldSchema, path: string, unknown: string[]): unknown {
  if (json === null) return undefined;
  switch (schema.kind) {
    case "struct":
      return convertMembers(json, schema, path, unknown);
    case "map": {
      if (!(json instanceof JsonObject)) throw new DecodeError(`cannot restore map from ${goKind(json)}`);
      const entries = json.members.map(([name, member]) => [
        name,
        convert(member, { schema: schema.of }, path, unknown) ?? "",
      ]);
      return Object.fromEntries(entries.sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)));
    }
    case "list":
      if (!Array.isArray(json)) throw new DecodeError(`cannot restore slice from ${goKind(json)}`);
      return json.map((item, index) => {
        const zero = schema.of.kind === "struct" ? {} : "";
        return convert(item, { schema: schema.of }, `${path}[${index}]`, unknown) ?? zero;
      });
    case "time": {
      if (typeof json !== "string") {
        throw new DecodeError(`json: cannot unmarshal ${jsonKind(json)} into Go value of type string`);
      }
      const micros = parseGoTime(schema.layout, json);
      if (micros === ZERO_TIME) return pointer === true ? null : undefined;
      return formatGoTime(schema.layout, micros);
    }
    case "raw":
      return plainJson(json);
    default:
      return convertScalar(json, schema, pointer === true);
  }
}

function convertMembers(json: Json, schema: StructSchema, path: string, unknown: string[]): Decoded {
  if (!(json instanceof JsonObject)) throw new DecodeError(`cannot restore struct from: ${goKind(json)}`);
  const read: [string, unknown][] = [];
  for (const [name, field] of Object.entries(schema.fields)) {
    const member = json.get(name);
    if (member === undefined) continue;
    const value = convert(member, field, path === "" ? name : `${path}.${name}`, unknown);
    if (value !== undefined) read.push([name, value]);
  }
  for (const [name] of json.members) {
    if (!Object.hasOwn(schema.fields, name)) unknown.push(path === "" ? name : `${path}.${name}`);
  }
  return Object.fromEntries(read);
}

function convertScalar(json: Json, schema: Schema, pointer: boolean): unknown {
  if (schema.kind === "string") {
    if (typeof json === "string") return json === "" && !pointer ? undefined : json;
    if (json instanceof JsonNumber && json.isInteger) {
      throw new DecodeError(`cannot convert int64 to ${schema.goType}`);
    }
  }
  if (schema.kind === "bool" && typeof json === "boolean") return json;
  if ((schema.kind === "int32" || schema.kind === "int64") && json instanceof JsonNumber) {
    const value = json.isInteger ? BigInt(json.text) : wholeNumber(Number(json.text), schema.goType);
    const kept = Number(BigInt.asIntN(schema.kind === "int32" ? 32 : 64, value));
    return kept === 0 && !pointer ? undefined : kept;
  }
  throw new DecodeError(`unrecognized type: ${schema.kind}`);
}

function wholeNumber(value: number, goType: string): bigint {
  if (!Number.isInteger(value)) throw new DecodeError(`cannot convert float64 to ${goType}`);
  return BigInt(value);
}

function goKind(json: Json): string {
  if (json instanceof JsonNumber) return json.isInteger ? "int64" : "float64";
  if (Array.isArray(json)) return "slice";
  return json instanceof JsonObject ? "map" : typeof json === "boolean" ? "bool" : "string";
}
