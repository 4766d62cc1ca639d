import { type Json, JsonObject } from "./json.ts";

/** The document after a JSON merge patch (RFC 7396). Neither argument is changed. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!(patch instanceof JsonObject)) return patch;
  const merged = new JsonObject(
    target instanceof JsonObject ? [...target.members.map(([n, v]): [string, Json] => [n, v])] : [],
  );
  for (const [name, value] of patch.members) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return merged;
}
