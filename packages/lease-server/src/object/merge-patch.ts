import { cloneJson, type Json, JsonObject, sortMembers } from "./json.ts";

/**
 * The document after a JSON merge patch (RFC 7396). Like the real server it also drops the `null` members of objects that are
 * items of a list where the patch adds something new. Neither argument is changed.
 */
export function mergePatch(target: Json, patch: JsonObject): Json {
  return merge(cloneJson(target), cloneJson(patch));
}

function merge(target: Json, patch: Json): Json {
  if (!(target instanceof JsonObject)) return withoutNulls(patch);
  sortMembers(target);
  if (!(patch instanceof JsonObject)) return patch;
  for (const [name, value] of patch.members) {
    const current = target.get(name) ?? null;
    if (value === null) target.delete(name);
    else target.set(name, current === null ? withoutNulls(value) : merge(current, value));
  }
  return sortMembers(target);
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => (item === null ? null : withoutNulls(item)));
  if (!(value instanceof JsonObject)) return value;
  const kept = value.members.filter(([, member]) => member !== null);
  return sortMembers(new JsonObject(kept.map(([name, member]) => [name, withoutNulls(member)])));
}
