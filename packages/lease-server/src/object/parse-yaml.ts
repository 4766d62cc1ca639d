import { type Document, isScalar, LineCounter, parseAllDocuments, visit } from "yaml";
import { type Json, JsonNumber, JsonObject } from "./json.ts";

/** YAML 1.1 without what Kubernetes' reader does not know: times stay strings, there are no numbers to base 60. */
const UNKNOWN_TAGS = new Set([
  "tag:yaml.org,2002:timestamp",
  "tag:yaml.org,2002:binary",
  "tag:yaml.org,2002:omap",
  "tag:yaml.org,2002:pairs",
  "tag:yaml.org,2002:set",
]);

/**
 * Reads the first document of a YAML text as JSON; the last of several members with one name stands.
 * @throws `Error`, "yaml: line …", where it is no YAML or has no JSON form.
 */
export function parseYaml(text: string): {
  readonly document: Json;
  readonly strictErrors: readonly string[];
} {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: "1.1",
    uniqueKeys: false,
    intAsBigInt: true,
    lineCounter,
    logLevel: "silent",
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === "string" ||
          !(UNKNOWN_TAGS.has(tag.tag) || ("format" in tag && tag.format === "TIME")),
      ),
  });
  const document = Array.isArray(documents) ? documents[0] : undefined;
  if (document === undefined) return { document: null, strictErrors: [] };
  const [error] = document.errors;
  if (error !== undefined) {
    throw new Error(`yaml: line ${error.linePos?.[0].line ?? 1}: ${error.message.split(" at line ", 1)[0]}`);
  }
  const repeated = repeatedKeys(document, lineCounter);
  const strictErrors = repeated.length === 0 ? [] : [`yaml: unmarshal errors:\n${repeated.join("\n")}`];
  return { document: asJson(document.toJS({ mapAsMap: true })), strictErrors };
}

function repeatedKeys(document: Document.Parsed, lineCounter: LineCounter): readonly string[] {
  const found: string[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const line = lineCounter.linePos(key.range?.[0] ?? 0).line;
          found.push(`  line ${line}: key ${JSON.stringify(String(key.value))} already set in map`);
        }
        seen.add(key.value);
      }
    },
  });
  return found;
}

function asJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return new JsonNumber(String(value));
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Error(`json: unsupported value: ${value}`);
    return new JsonNumber(String(value));
  }
  if (Array.isArray(value)) return value.map(asJson);
  if (value instanceof Map) {
    return new JsonObject([...value].map(([key, member]) => [keyText(key), asJson(member)]));
  }
  throw new Error("yaml: a value that JSON has no form for");
}

function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (typeof key === "number" || typeof key === "bigint" || typeof key === "boolean") return String(key);
  throw new Error("yaml: a key of a map must be a string, a number or a boolean");
}
