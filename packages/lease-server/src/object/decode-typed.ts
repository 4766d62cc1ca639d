import { formatGoTime, parseGoTime, ZERO_TIME } from "./go-time.ts";
import {
  compareBytes,
  type Json,
  JsonNumber,
  JsonObject,
  jsonKind,
  plainJson,
  withoutRepeats,
} from "./json.ts";
import type { FieldSchema, Schema, StructSchema } from "./lease-schema.ts";
import { goQuote } from "./parse-json.ts";

/** A value that does not fit its field; its message is the one of Go's `encoding/json`. */
export class DecodeError extends Error {}

/** What is read so far: fields that are absent or have Go's zero value are left out. */
export type Decoded = Readonly<Record<string, unknown>>;

const MAX_STRICT_ERRORS = 100;

/**
 * Reads a document into a struct as Go's `encoding/json` does, field names case-sensitive.
 * @param strictPath where the document stands in a larger one.
 * @returns the fields that are set, in the order of the schema, and what a strict reading would refuse.
 * @throws {@link DecodeError} at the first value of a wrong type.
 */
export function decodeStruct(
  document: Json,
  schema: StructSchema,
  strictPath = "",
): { readonly value: Decoded; readonly strictErrors: readonly string[] } {
  const decoder = new Decoder();
  const value = decoder.value(document, { schema }, undefined, { structName: "", path: [], strictPath });
  if (decoder.firstMismatch !== undefined) throw new DecodeError(decoder.firstMismatch);
  return { value: (value ?? {}) as Decoded, strictErrors: [...decoder.strictErrors] };
}

interface Place {
  /** The struct that holds the field, and the path of fields to it: how a mismatch is reported. */
  readonly structName: string;
  readonly path: readonly string[];
  /** With indices and map keys: how an unknown or repeated field is reported. */
  readonly strictPath: string;
}

class Decoder {
  /** Go goes on after a mismatch and reports the first, unless a value with a reader of its own fails. */
  firstMismatch: string | undefined;
  readonly strictErrors = new Set<string>();

  /** @returns the value, `undefined` where it is the zero value or absent. */
  value(json: Json, { schema, pointer }: FieldSchema, before: unknown, place: Place): unknown {
    if (json === null) return nullOf(schema, pointer === true, before);
    switch (schema.kind) {
      case "struct":
        if (!(json instanceof JsonObject)) return this.#mismatch(json, schema, place);
        return this.#struct(json, schema, (before ?? {}) as Decoded, place);
      case "map":
        if (!(json instanceof JsonObject)) return this.#mismatch(json, schema, place);
        return this.#map(json, schema.of, (before ?? {}) as Decoded, place);
      case "list":
        if (!Array.isArray(json)) return this.#mismatch(json, schema, place);
        return json.map((item, index) => {
          const strictPath = `${place.strictPath}[${index}]`;
          return (
            this.value(item, { schema: schema.of }, undefined, { ...place, strictPath }) ?? zeroOf(schema.of)
          );
        });
      case "time":
        return readTime(json, schema.layout, pointer === true, place);
      case "raw":
        return plainJson(withoutRepeats(json, () => undefined));
      case "string":
        if (typeof json !== "string") return this.#mismatch(json, schema, place);
        return json === "" && pointer !== true ? undefined : json;
      case "bool":
        if (typeof json !== "boolean") return this.#mismatch(json, schema, place);
        return json;
      default:
        return this.#integer(json, schema, pointer === true, place);
    }
  }

  #struct(json: JsonObject, schema: StructSchema, before: Decoded, place: Place): Decoded {
    const read = new Map<string, unknown>(Object.entries(before));
    const seen = new Set<string>();
    for (const [name, member] of json.members) {
      const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
      const strictPath = place.strictPath === "" ? name : `${place.strictPath}.${name}`;
      if (field === undefined) {
        this.#strict("unknown", strictPath);
        continue;
      }
      if (seen.has(name)) this.#strict("duplicate", strictPath);
      seen.add(name);
      const inside = { structName: schema.structName, path: [...place.path, name], strictPath };
      read.set(name, this.value(member, field, read.get(name), inside));
    }
    return Object.fromEntries(
      Object.keys(schema.fields)
        .map((name) => [name, read.get(name)] as const)
        .filter(([, value]) => value !== undefined),
    );
  }

  #map(json: JsonObject, of: Schema, before: Decoded, place: Place): Decoded {
    const read = new Map<string, unknown>(Object.entries(before));
    const seen = new Set<string>();
    for (const [name, member] of json.members) {
      const strictPath = `${place.strictPath}.${name}`;
      if (seen.has(name)) this.#strict("duplicate", strictPath);
      seen.add(name);
      read.set(name, this.value(member, { schema: of }, undefined, { ...place, strictPath }) ?? zeroOf(of));
    }
    // Go writes the keys of a map in order.
    return Object.fromEntries([...read].sort(([left], [right]) => compareBytes(left, right)));
  }

  #integer(json: Json, schema: Schema, pointer: boolean, place: Place): unknown {
    if (!(json instanceof JsonNumber)) return this.#mismatch(json, schema, place);
    const limit = schema.kind === "int32" ? 2n ** 31n : 2n ** 63n;
    const value = /^-?\d+$/.test(json.text) ? BigInt(json.text) : undefined;
    if (value === undefined || value < -limit || value >= limit) {
      return this.#mismatch(json, schema, place, `number ${json.text}`);
    }
    return value === 0n && !pointer ? undefined : Number(value);
  }

  #mismatch(json: Json, schema: Schema, place: Place, what: string = jsonKind(json)): undefined {
    this.firstMismatch ??= mismatch(what, place, schema.goType);
  }

  #strict(what: "unknown" | "duplicate", path: string): void {
    if (this.strictErrors.size < MAX_STRICT_ERRORS) this.strictErrors.add(`${what} field ${goQuote(path)}`);
  }
}

function mismatch(what: string, { structName, path }: Place, goType: string): string {
  if (path.length === 0) return `json: cannot unmarshal ${what} into Go value of type ${goType}`;
  return `json: cannot unmarshal ${what} into Go struct field ${structName}.${path.join(".")} of type ${goType}`;
}

/** `null` empties pointers, maps and lists, and leaves the rest as it was. */
function nullOf(schema: Schema, pointer: boolean, before: unknown): unknown {
  const emptied = pointer || schema.kind === "map" || schema.kind === "list" || schema.kind === "time";
  return emptied ? undefined : before;
}

function zeroOf(schema: Schema): unknown {
  return schema.kind === "struct" ? {} : "";
}

/** `null` for Go's zero time where that differs from none: Kubernetes writes it so. */
function readTime(
  json: Json,
  layout: Parameters<typeof parseGoTime>[0],
  pointer: boolean,
  place: Place,
): string | null | undefined {
  if (typeof json !== "string") throw new DecodeError(mismatch(jsonKind(json), place, "string"));
  const micros = parseGoTime(layout, json);
  if (micros === ZERO_TIME) return pointer ? null : undefined;
  return formatGoTime(layout, micros);
}
