/** A number as it was written: Kubernetes tells `1`, `1.0` and `1e0` apart, and has integers beyond 2^53. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Whether Kubernetes reads it as an integer where no type is asked for. */
  get isInteger(): boolean {
    if (!/^-?\d+$/.test(this.text)) return false;
    const value = BigInt(this.text);
    return value >= -(2n ** 63n) && value < 2n ** 63n;
  }
}

/** An object whose members keep their order, and may repeat a name until {@link withoutRepeats}. */
export class JsonObject {
  readonly members: [name: string, value: Json][];

  constructor(members: [name: string, value: Json][] = []) {
    this.members = members;
  }

  /** The last value of that name. */
  get(name: string): Json | undefined {
    return this.members.findLast(([other]) => other === name)?.[1];
  }

  has(name: string): boolean {
    return this.members.some(([other]) => other === name);
  }

  set(name: string, value: Json): void {
    const member = this.members.findLast(([other]) => other === name);
    if (member === undefined) this.members.push([name, value]);
    else member[1] = value;
  }

  delete(name: string): void {
    for (let index = this.members.length - 1; index >= 0; index--) {
      if (this.members[index]?.[0] === name) this.members.splice(index, 1);
    }
  }
}

/** A JSON document in which nothing was lost yet. */
export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;

/** A copy that shares nothing that can be changed. */
export function cloneJson(value: Json): Json {
  if (Array.isArray(value)) return value.map(cloneJson);
  if (value instanceof JsonObject) {
    return new JsonObject(value.members.map(([name, member]) => [name, cloneJson(member)]));
  }
  return value;
}

/** A copy in which the last of several members with one name stands; `repeated` hears the path of each repeat. */
export function withoutRepeats(value: Json, repeated: (path: string) => void, path = ""): Json {
  if (Array.isArray(value)) {
    return value.map((item, index) => withoutRepeats(item, repeated, `${path}[${index}]`));
  }
  if (!(value instanceof JsonObject)) return value;
  const result = new Map<string, Json>();
  for (const [name, member] of value.members) {
    const memberPath = path === "" ? name : `${path}.${name}`;
    if (result.has(name)) repeated(memberPath);
    result.set(name, withoutRepeats(member, repeated, memberPath));
  }
  return new JsonObject([...result]);
}

/** The document of a plain value: `undefined` members are left out. */
export function toJson(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return new JsonNumber(String(value));
  if (Array.isArray(value)) return value.map(toJson);
  const members: [string, Json][] = [];
  for (const [name, member] of Object.entries(value as object)) {
    if (member !== undefined) members.push([name, toJson(member)]);
  }
  return new JsonObject(members);
}

/** The value as JavaScript has it; large integers lose their last digits. */
export function plainJson(value: Json): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plainJson);
  if (!(value instanceof JsonObject)) return value;
  return Object.fromEntries(value.members.map(([name, member]) => [name, plainJson(member)]));
}

/** Puts the members in the order of their names, as Go writes those of a map. */
export function sortMembers(object: JsonObject): JsonObject {
  object.members.sort(([left], [right]) => compareBytes(left, right));
  return object;
}

/** Orders strings as Go does: by their bytes in UTF-8. */
export function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left, "utf8"), Buffer.from(right, "utf8"));
}

/** Compact text, as Go's `encoding/json` writes it. */
export function jsonText(value: Json): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (value instanceof JsonObject) {
    return `{${value.members.map(([name, member]) => `${stringText(name)}:${jsonText(member)}`).join(",")}}`;
  }
  return typeof value === "string" ? stringText(value) : String(value);
}

/** Go escapes what could end a script element in HTML. */
function stringText(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Equal but for the order of members and the spelling of numbers. */
export function jsonEquals(left: Json, right: Json): boolean {
  if (left instanceof JsonNumber && right instanceof JsonNumber) {
    if (left.isInteger && right.isInteger) return BigInt(left.text) === BigInt(right.text);
    return Number(left.text) === Number(right.text);
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    // The lengths are equal, so the other item is there.
    return (
      left.length === right.length && left.every((item, index) => jsonEquals(item, right[index] as Json))
    );
  }
  if (left instanceof JsonObject && right instanceof JsonObject) {
    return (
      left.members.length === right.members.length &&
      left.members.every(([name, member]) => {
        const other = right.get(name);
        return other !== undefined && jsonEquals(member, other);
      })
    );
  }
  return left === right;
}

/** The kind of value, in the words of Go's `encoding/json`. */
export function jsonKind(value: Json): "null" | "bool" | "string" | "number" | "array" | "object" {
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (value instanceof JsonNumber) return "number";
  return Array.isArray(value) ? "array" : "object";
}
