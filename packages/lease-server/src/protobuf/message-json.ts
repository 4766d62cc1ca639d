import { formatGoTime, MICRO_TIME, SECOND_TIME, ZERO_TIME } from "../object/go-time.ts";
import type { Field, FieldType, Message } from "./messages.ts";
import { ProtobufError, type WireField, wireFields } from "./wire.ts";

/** A message as the JSON of the same object; fields that the table does not have are passed over, as Go does. @throws {@link ProtobufError} */
export function messageJson(bytes: Buffer, message: Message): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const field of wireFields(bytes)) {
    const known = message[field.number];
    if (known === undefined) continue;
    if (known.type === "map") putEntry(json, known, bytesOf(field));
    else put(json, known, jsonValueOf(field, known.type));
  }
  return json;
}

function put(json: Record<string, unknown>, { name, repeated }: Field, value: unknown): void {
  if (value === undefined) return;
  if (repeated) json[name] = [...((json[name] as unknown[] | undefined) ?? []), value];
  else json[name] = value;
}

function putEntry(json: Record<string, unknown>, { name }: Field, entry: Buffer): void {
  const { key = "", value = "" } = messageJson(entry, ENTRY) as { key?: string; value?: string };
  // Not by assignment: a key may be "__proto__".
  json[name] = Object.fromEntries([...Object.entries(json[name] ?? {}), [key, value]]);
}

const ENTRY: Message = {
  1: { name: "key", type: "optionalString" },
  2: { name: "value", type: "optionalString" },
};
const TIMESTAMP: Message = {
  1: { name: "seconds", type: "optionalInt64" },
  2: { name: "nanos", type: "optionalInt32" },
};
const RAW: Message = { 1: { name: "raw", type: "optionalString" } };

/** `undefined` for what JSON leaves out. */
function jsonValueOf(field: WireField, type: Exclude<FieldType, "map">): unknown {
  switch (type) {
    case "string":
      return bytesOf(field).toString("utf8") || undefined;
    case "optionalString":
      return bytesOf(field).toString("utf8");
    case "int":
      return Number(BigInt.asIntN(64, varintOf(field))) || undefined;
    case "optionalInt32":
      return Number(BigInt.asIntN(32, varintOf(field)));
    case "optionalInt64":
      return Number(BigInt.asIntN(64, varintOf(field)));
    case "optionalBool":
      return varintOf(field) !== 0n;
    case "time":
    case "microTime":
      return timeOf(bytesOf(field), type);
    case "json":
      return jsonOf(bytesOf(field));
    default:
      return messageJson(bytesOf(field), type);
  }
}

/** Go's zero time is sent as no seconds at all, and is `null` in JSON. */
function timeOf(bytes: Buffer, type: "time" | "microTime"): string | null {
  const { seconds, nanos = 0 } = messageJson(bytes, TIMESTAMP) as { seconds?: number; nanos?: number };
  if (seconds === undefined) return null;
  const micros = BigInt(seconds) * 1_000_000n + BigInt(nanos) / 1000n;
  if (micros < ZERO_TIME || micros > LAST_TIME) throw new ProtobufError(`time out of range: ${seconds} s`);
  return formatGoTime(type === "time" ? SECOND_TIME : MICRO_TIME, micros);
}

/** 9999-12-31T23:59:59.999999Z: the last that JSON's form can say. */
const LAST_TIME = 253_402_300_799_999_999n;

/** `FieldsV1` carries JSON. */
function jsonOf(bytes: Buffer): unknown {
  const { raw = "null" } = messageJson(bytes, RAW) as { raw?: string };
  try {
    return JSON.parse(raw);
  } catch (error) {
    throw new ProtobufError(error instanceof Error ? error.message : String(error));
  }
}

function bytesOf(field: WireField): Buffer {
  if (field.kind === "bytes") return field.value;
  throw new ProtobufError(`wrong wireType = 0 for field ${field.number}`);
}

function varintOf(field: WireField): bigint {
  if (field.kind === "varint") return field.value;
  throw new ProtobufError(`wrong wireType = 2 for field ${field.number}`);
}
