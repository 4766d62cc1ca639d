import type { Outcome } from "./run-case.ts";

/**
 * What may differ between two servers, or two runs of one, and why; everything else must be equal:
 *
 * - the name of the case's namespace (a fresh one for each run): `NS`;
 * - `uid`s (random): `uid-1`, `uid-2`, … by first appearance;
 * - `resourceVersion`s (each server counts on its own): of objects `rv1`, `rv2`, … in their order, so that *larger* and *equal* stay;
 *   of lists, tables and bookmarks `>=rv2`, because a server counts other writes in between; in messages likewise;
 * - `continue` tokens (opaque): `<continue>`;
 * - `creationTimestamp`, `deletionTimestamp`, `time` of managedFields (the clock): `<time>`, if they have the form of one;
 * - the order of managedFields entries (by time: depends on whether a second passed in between): sorted;
 * - names that the server ended by random letters, if they have the form: `<generateName><random>`;
 * - the Age column of tables (the clock): `<age>`;
 * - the server's own address: `<address>`.
 */
export function normalise(
  outcomes: readonly Outcome[],
  { namespace, address }: { readonly namespace: string; readonly address: string },
): unknown[] {
  const seen = collect(outcomes);
  const rename = renamer([
    [namespace, "NS"],
    [address, "<address>"],
    ...seen.uids.map((uid, index) => [uid, `uid-${index + 1}`] as const),
    ...seen.generated,
  ]);
  const versions = [...seen.versions].sort((a, b) => (a < b ? -1 : 1));
  return outcomes.map((outcome) => normaliseValue(outcome, { rename, versions }) as unknown);
}

interface Seen {
  readonly uids: string[];
  readonly versions: Set<bigint>;
  /** Full name and what stands for it. */
  readonly generated: (readonly [string, string])[];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** The letters that Kubernetes makes names of, and how many. */
const GENERATED = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/;
const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Uids, versions and generated names, in the order of the answers. */
function collect(outcomes: readonly Outcome[]): Seen {
  const seen: Seen = { uids: [], versions: new Set(), generated: [] };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    const { uid, metadata } = value;
    if (typeof uid === "string" && UUID.test(uid) && !seen.uids.includes(uid)) seen.uids.push(uid);
    if (isObject(metadata)) {
      const { name, generateName, resourceVersion } = metadata;
      if (typeof resourceVersion === "string" && /^\d+$/.test(resourceVersion) && !isCollective(value))
        seen.versions.add(BigInt(resourceVersion));
      if (typeof name === "string" && typeof generateName === "string" && name.startsWith(generateName)) {
        if (GENERATED.test(name.slice(generateName.length)))
          seen.generated.push([name, `${generateName}<random>`]);
      }
    }
    Object.values(value).forEach(visit);
  };
  visit(outcomes);
  return seen;
}

/** Lists, tables and bookmarks: their version is that of the server, not of an object. */
function isCollective({ kind, metadata, spec }: JsonObject): boolean {
  if (typeof kind !== "string" || !isObject(metadata)) return false;
  return kind.endsWith("List") || kind === "Table" || isBookmark({ metadata, spec });
}

function isBookmark({ metadata, spec }: JsonObject): boolean {
  return isObject(metadata) && metadata["name"] === undefined && (spec === undefined || isObject(spec));
}

function renamer(pairs: readonly (readonly [string, string])[]): (text: string) => string {
  return (text) => pairs.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

interface Rules {
  readonly rename: (text: string) => string;
  /** Of objects, ascending. */
  readonly versions: readonly bigint[];
}

function normaliseValue(value: unknown, rules: Rules): unknown {
  if (typeof value === "string") return rules.rename(value);
  if (Array.isArray(value)) return value.map((item) => normaliseValue(item, rules));
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    result[rules.rename(key)] = normaliseField(key, item, value, rules);
  }
  if (value["kind"] === "Table") blankAges(result);
  return result;
}

function normaliseField(key: string, item: unknown, parent: JsonObject, rules: Rules): unknown {
  if (key === "metadata" && isObject(item)) return normaliseMetadata(item, isCollective(parent), rules);
  if (key === "message" && typeof item === "string") return normaliseMessage(rules.rename(item), rules);
  if (key === "time" && typeof item === "string") return SECONDS.test(item) ? "<time>" : item;
  return normaliseValue(item, rules);
}

function normaliseMetadata(metadata: JsonObject, isOfCollection: boolean, rules: Rules): unknown {
  const result = normaliseValue(metadata, rules) as Record<string, unknown>; // an object stays one
  const { resourceVersion, managedFields } = metadata;
  if (typeof resourceVersion === "string" && /^\d+$/.test(resourceVersion)) {
    result["resourceVersion"] = symbolOf(BigInt(resourceVersion), isOfCollection, rules);
  }
  if (typeof metadata["continue"] === "string" && metadata["continue"] !== "") {
    result["continue"] = "<continue>";
  }
  for (const key of ["creationTimestamp", "deletionTimestamp"]) {
    if (typeof metadata[key] === "string" && SECONDS.test(metadata[key])) result[key] = "<time>";
  }
  if (Array.isArray(managedFields)) {
    result["managedFields"] = (result["managedFields"] as unknown[]).toSorted((a, b) =>
      sortKey(a) < sortKey(b) ? -1 : 1,
    );
  }
  return result;
}

function sortKey(entry: unknown): string {
  if (!isObject(entry)) return "";
  return [entry["operation"], entry["manager"], entry["apiVersion"], entry["subresource"]].join("/");
}

function symbolOf(version: bigint, isOfCollection: boolean, { versions }: Rules): string {
  const rank = versions.filter((other) => other <= version).length;
  return isOfCollection ? `>=rv${rank}` : `rv${rank}`;
}

/** The places in messages where the apiserver writes a version. */
const VERSION_IN_MESSAGE =
  /(ResourceVersion in object meta: |too old resource version: \d+ \(|Too large resource version: \d+, current: )(\d+)/g;

function normaliseMessage(message: string, rules: Rules): string {
  return message.replace(VERSION_IN_MESSAGE, (_, before: string, digits: string) => {
    const isOfObject = before.startsWith("ResourceVersion");
    return before + (isOfObject ? symbolOf(BigInt(digits), false, rules) : "<version>");
  });
}

function blankAges(table: Record<string, unknown>): void {
  const { columnDefinitions, rows } = table;
  if (!Array.isArray(columnDefinitions) || !Array.isArray(rows)) return;
  const age = columnDefinitions.findIndex((column) => isObject(column) && column["name"] === "Age");
  for (const row of rows as Record<string, unknown>[]) {
    const cells = row["cells"];
    if (Array.isArray(cells) && /^\d+s$/.test(String(cells[age]))) cells[age] = "<age>";
  }
}
