import type { Outcome } from "./run-case.ts";

/**
 * What may differ between two servers, or two runs of one, and why; everything else must be equal:
 *
 * - the name of the case's namespace (a fresh one for each run): `NS`;
 * - `uid`s (random): `uid-1`, `uid-2`, … by first appearance;
 * - `resourceVersion`s (each server counts on its own): of objects `rv1`, `rv2`, … in their order, so that *larger* and *equal* stay;
 *   of lists, tables and bookmarks `>=rv2`, because a server counts other writes in between; in messages likewise;
 * - how many bookmarks follow one another (sent by the server's clock): one;
 * - `continue` tokens (opaque): `<continue>`;
 * - `creationTimestamp`, `deletionTimestamp`, `time` of managedFields (the clock): `<time>`, if they have the form of one; also where a
 *   message quotes them;
 * - the order of managedFields entries (by time: depends on whether a second passed in between): sorted;
 * - the letters at the end of names that the server made, if they have the form: `<random>`;
 * - the Age column of tables (the clock): `<age>`;
 * - the server's own address: `<address>`.
 */
export function normalise(
  outcomes: readonly Outcome[],
  { namespace, address, generateNames }: NormaliseOptions,
): unknown[] {
  const seen = collect(outcomes);
  const rename = renamer(
    [
      [namespace, "NS"],
      [address, "<address>"],
      ...seen.uids.map((uid, index) => [uid, `uid-${index + 1}`] as const),
    ],
    generateNames,
  );
  const versions = [...seen.versions].sort((a, b) => (a < b ? -1 : 1));
  return outcomes.map((outcome) => normaliseValue(outcome, { rename, versions }) as unknown);
}

/** What of a run is its own. */
export interface NormaliseOptions {
  readonly namespace: string;
  /** Host and port of the server. */
  readonly address: string;
  /** The `generateName`s that were sent. */
  readonly generateNames: readonly string[];
}

interface Seen {
  readonly uids: string[];
  readonly versions: Set<bigint>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** The letters that Kubernetes makes names of, and how many. */
const GENERATED = "[bcdfghjklmnpqrstvwxz2456789]{5}";
/** What Kubernetes leaves of a generateName, so that the letters fit. */
const LONGEST_PREFIX = 58;
const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Uids, in the order of the answers, and versions. */
function collect(outcomes: readonly Outcome[]): Seen {
  const seen: Seen = { uids: [], versions: new Set() };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    const { uid, metadata } = value;
    if (typeof uid === "string" && UUID.test(uid) && !seen.uids.includes(uid)) seen.uids.push(uid);
    if (isObject(metadata) && !isCollective(value)) {
      const { resourceVersion } = metadata;
      if (typeof resourceVersion === "string" && /^\d+$/.test(resourceVersion)) {
        seen.versions.add(BigInt(resourceVersion));
      }
    }
    Object.values(value).forEach(visit);
  };
  visit(outcomes);
  return seen;
}

/** Lists, tables and bookmarks (which have no name): their version is that of the server, not of an object. */
function isCollective({ kind, metadata }: JsonObject): boolean {
  if (typeof kind !== "string" || !isObject(metadata)) return false;
  return kind.endsWith("List") || kind === "Table" || metadata["name"] === undefined;
}

function renamer(
  pairs: readonly (readonly [string, string])[],
  generateNames: readonly string[],
): (text: string) => string {
  const generated = generateNames.map((prefix) => {
    const kept = prefix.slice(0, LONGEST_PREFIX);
    return [new RegExp(`(?<=${kept})${GENERATED}`, "g"), "<random>"] as const;
  });
  return (text) => {
    const named = pairs.reduce((result, [from, to]) => result.replaceAll(from, to), text);
    return generated.reduce((result, [pattern, to]) => result.replace(pattern, to), named);
  };
}

interface Rules {
  readonly rename: (text: string) => string;
  /** Of objects, ascending. */
  readonly versions: readonly bigint[];
}

function normaliseValue(value: unknown, rules: Rules): unknown {
  if (typeof value === "string") return rules.rename(value);
  if (Array.isArray(value)) return withoutRepeatedBookmarks(value).map((item) => normaliseValue(item, rules));
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

/** Leaves the last of bookmarks that follow one another. */
function withoutRepeatedBookmarks(items: readonly unknown[]): readonly unknown[] {
  const isBookmark = (item: unknown): boolean => isObject(item) && item["type"] === "BOOKMARK";
  return items.filter((item, index) => !(isBookmark(item) && isBookmark(items[index + 1])));
}

/** The places in messages where the apiserver writes a version: of an object, and its own. */
const OBJECT_VERSION =
  /(ResourceVersion in object meta: |ResourceVersion in record \(|too old resource version: |\\"resourceVersion\\":\\")(\d+)/g;
const SERVER_VERSION = /(too old resource version: rv\d+ \(|Too large resource version: \d+, current: )\d+/g;
/** Where it quotes an object. */
const QUOTED_TIME = /(\\"(?:creationTimestamp|time)\\":\\")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

function normaliseMessage(message: string, rules: Rules): string {
  return message
    .replace(
      OBJECT_VERSION,
      (_, before: string, digits: string) => before + symbolOf(BigInt(digits), false, rules),
    )
    .replace(SERVER_VERSION, "$1<version>")
    .replace(QUOTED_TIME, "$1<time>");
}

function blankAges(table: Record<string, unknown>): void {
  for (const row of (table["rows"] ?? []) as Record<string, unknown>[]) {
    // Always the last column; the later tables of a watch do not define their columns again.
    const cells = row["cells"];
    if (Array.isArray(cells) && /^\d+s$/.test(String(cells.at(-1)))) cells[cells.length - 1] = "<age>";
  }
}
