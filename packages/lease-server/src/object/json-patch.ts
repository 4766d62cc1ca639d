import { cloneJson, type Json, JsonNumber, JsonObject, jsonEquals, sortMembers } from "./json.ts";

/** An operation that cannot be done on this document. */
export class JsonPatchError extends Error {}

/**
 * The document after the operations of a JSON patch (RFC 6902), with the liberties that Kubernetes takes: `replace` of a
 * missing field adds it, `test` of a missing field passes for `null`, `copy` of one copies `null`, -1 is the last item.
 * @throws {@link JsonPatchError}
 */
export function applyJsonPatch(document: Json, operations: readonly JsonObject[]): Json {
  const root = { document: touched(cloneJson(document)) };
  for (const operation of operations) apply(root, operation);
  return root.document;
}

interface Root {
  document: Json;
}

function apply(root: Root, operation: JsonObject): void {
  const kind = operation.get("op") ?? "unknown";
  if (kind === "add") locate(root, pointerOf(operation, "path")).add(newValue(operation));
  else if (kind === "remove") locate(root, pointerOf(operation, "path")).remove();
  else if (kind === "replace") replace(root, operation);
  else if (kind === "move") move(root, operation);
  else if (kind === "copy") copy(root, operation);
  else if (kind === "test") test(root, operation);
  else throw new JsonPatchError(`Unexpected kind: ${String(kind)}`);
}

function copy(root: Root, operation: JsonObject): void {
  const value = locate(root, pointerOf(operation, "from")).get() ?? null;
  locate(root, pointerOf(operation, "path")).add(cloneJson(value));
}

function replace(root: Root, operation: JsonObject): void {
  const pointer = pointerOf(operation, "path");
  const value = newValue(operation);
  if (pointer !== "") {
    const place = locate(root, pointer);
    place.get();
    place.set(value);
    return;
  }
  if (!Array.isArray(value) && !(value instanceof JsonObject)) {
    throw new JsonPatchError("replace operation value must be object or array");
  }
  root.document = touched(value);
}

function move(root: Root, operation: JsonObject): void {
  const from = locate(root, pointerOf(operation, "from"));
  const value = from.get();
  from.remove();
  // What is missing cannot be removed, so there is a value.
  locate(root, pointerOf(operation, "path")).add(value ?? null);
}

function test(root: Root, operation: JsonObject): void {
  const pointer = pointerOf(operation, "path");
  const found = pointer === "" ? root.document : (locate(root, pointer).get() ?? null);
  if (!sameValue(found, operation.get("value") ?? null)) {
    throw new JsonPatchError(`testing value ${pointer} failed`);
  }
}

/** Numbers are compared as they are written. */
function sameValue(left: Json, right: Json): boolean {
  if (left instanceof JsonNumber && right instanceof JsonNumber) return left.text === right.text;
  return jsonEquals(left, right);
}

/** Where a pointer leads to: the last container on its way, and the key in it. */
interface Place {
  get(): Json | undefined;
  set(value: Json): void;
  add(value: Json): void;
  remove(): void;
}

function locate(root: Root, pointer: string): Place {
  const [, ...keys] = pointer.split("/");
  const key = keys.pop();
  let container = root.document;
  for (const step of keys) {
    const next: Json | undefined = placeIn(container, plainKey(step), pointer).get();
    if (!Array.isArray(next) && !(next instanceof JsonObject)) throw missing(pointer);
    container = touched(next);
  }
  if (key === undefined) throw missing(pointer);
  return placeIn(container, plainKey(key), pointer);
}

function placeIn(container: Json, key: string, pointer: string): Place {
  if (container instanceof JsonObject) {
    return {
      get: () => container.get(key),
      set: (value) => insertSorted(container, key, value),
      add: (value) => insertSorted(container, key, value),
      remove: () => {
        if (!container.has(key)) throw missing(pointer);
        container.delete(key);
      },
    };
  }
  if (!Array.isArray(container)) throw missing(pointer);
  return {
    get: () => container[indexIn(container.length, key, pointer)],
    set: (value) => {
      container.splice(indexIn(container.length, key, pointer), 1, value);
    },
    add: (value) => {
      const index = key === "-" ? container.length : indexIn(container.length + 1, key, pointer);
      container.splice(index, 0, value);
    },
    remove: () => {
      container.splice(indexIn(container.length, key, pointer), 1);
    },
  };
}

function indexIn(length: number, key: string, pointer: string): number {
  if (!/^[+-]?\d+$/.test(key)) throw missing(pointer);
  const index = Number(key);
  if (index >= length || index < -length) throw missing(pointer);
  return index < 0 ? index + length : index;
}

/** Kubernetes writes the members of every object that it looked into in order. */
function touched<T extends Json>(value: T): T {
  if (value instanceof JsonObject) sortMembers(value);
  return value;
}

function insertSorted(object: JsonObject, name: string, value: Json): void {
  object.set(name, value);
  sortMembers(object);
}

function pointerOf(operation: JsonObject, name: "path" | "from"): string {
  const pointer = operation.get(name);
  if (typeof pointer !== "string") throw new JsonPatchError(`operation is missing ${name} field`);
  return pointer;
}

function newValue(operation: JsonObject): Json {
  return cloneJson(operation.get("value") ?? null);
}

function plainKey(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function missing(pointer: string): JsonPatchError {
  return new JsonPatchError(`doc is missing path: ${pointer}`);
}
