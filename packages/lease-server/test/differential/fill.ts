import type { Edited } from "./step.ts";

/** Bodies by the name of their answer, and `ns`. */
export type Known = Readonly<Record<string, unknown>>;

const REFERENCE = /\$\(([a-zA-Z0-9_.-]+)\)/g;

/** Puts in what a text refers to. @throws Error when there is no such thing: an earlier answer was not as expected. */
export function fillText(text: string, known: Known): string {
  return text.replace(REFERENCE, (_, path: string) => String(look(path, known)));
}

/** A body to send: bytes as they are, a string filled, anything else as JSON with its strings filled. */
export function fillBody(body: unknown, known: Known): string | Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  if (typeof body === "string") return fillText(body, known);
  return JSON.stringify(fill(body, known));
}

function fill(value: unknown, known: Known): unknown {
  if (typeof value === "string") return fillText(value, known);
  if (Array.isArray(value)) return value.map((item) => fill(item, known));
  if (typeof value !== "object" || value === null) return value;
  if (isEdited(value)) return applyEdit(value, known);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, known)]));
}

function isEdited(value: object): value is Edited {
  return "from" in value && "set" in value;
}

function applyEdit({ from, set }: Edited, known: Known): unknown {
  const result: unknown = structuredClone(look(from, known));
  for (const [path, value] of Object.entries(set)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let parent = result as Record<string, unknown>; // a JSON object: the edits are of Leases
    for (const key of keys) {
      parent[key] ??= {};
      parent = parent[key] as Record<string, unknown>;
    }
    if (value === undefined) delete parent[last];
    else parent[last] = fill(value, known);
  }
  return result;
}

function look(path: string, known: Known): unknown {
  let value: unknown = known;
  for (const key of path.split(".")) {
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  if (value === undefined) throw new Error(`Expected an earlier answer to have ${path}`);
  return value;
}
