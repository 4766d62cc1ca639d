import { ApiError } from "../api-error.ts";
import { parseJson } from "../object/parse-json.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { keyOf, pathOf, type StoredObject } from "../store/stored-object.ts";
import { type Answer, objectAnswer } from "./answer.ts";
import { type ListOptions, parseRevision } from "./list-options.ts";
import { type ListMeta, type ShapeRequest, shapedList } from "./shapes.ts";

/** What is listed. */
export interface ListRequest {
  readonly kind: StoredObject["kind"];
  /** `undefined`: all of them. */
  readonly namespace: string | undefined;
  readonly options: ListOptions;
  readonly shape: ShapeRequest;
  /** What goes out for an object. */
  readonly present?: ((object: StoredObject) => StoredObject) | undefined;
}

/** A list, or one page of it. @throws `ApiError` 400, 410, 504. */
export function listObjects(store: ObjectStore, request: ListRequest): Answer {
  const { kind, namespace, options, shape, present = (object: StoredObject) => object } = request;
  const from = startOf(store, options);
  const all =
    from.revision === store.revision
      ? store.list(kind, namespace)
      : store.listAt(kind, namespace, from.revision);
  if (all === undefined) throw expired(options, from.after);
  const selected = all.filter((object) => pathOf(keyOf(object)) > from.after && options.selects(object));
  // With version 0 the real server answers from its cache, which knows no pages.
  const limit = options.resourceVersion === "0" ? 0 : options.limit;
  const page = limit > 0 ? selected.slice(0, limit) : selected;
  const last = page.at(-1);
  const left = selected.length - page.length;
  const metadata: ListMeta = {
    resourceVersion: String(from.revision),
    ...(left > 0 && last !== undefined
      ? { continue: continueToken(from.revision, pathOf(keyOf(last))) }
      : {}),
    // With a selector the real server does not know how many are left.
    ...(left > 0 && !options.selective ? { remainingItemCount: left } : {}),
  };
  return objectAnswer(200, shapedList(kind, page.map(present), metadata, shape));
}

interface Start {
  readonly revision: bigint;
  /** The last path that was given already. */
  readonly after: string;
}

function startOf(store: ObjectStore, options: ListOptions): Start {
  const { resourceVersion, resourceVersionMatch, limit } = options;
  if (options.continueToken !== "") {
    if (resourceVersion !== "" && resourceVersion !== "0") {
      throw new ApiError(400, "BadRequest", "specifying resource version is not allowed when using continue");
    }
    const { revision, after } = readContinueToken(options.continueToken);
    // With version 0 the real server goes on in what it has now; so it does with the token of its own 410.
    const isPast = resourceVersion !== "0" && revision >= 0n && revision < store.revision;
    return { revision: isPast ? revision : store.revision, after };
  }
  const asked = resourceVersion === "" ? 0n : listRevision(resourceVersion);
  if (asked > store.revision) throw tooLarge(asked, store.revision);
  // As the real server: a page of a given version is of that very version.
  const exact = resourceVersionMatch === "Exact" || (limit > 0 && resourceVersionMatch === "" && asked > 0n);
  return { revision: exact ? asked : store.revision, after: "" };
}

/** A list words it otherwise than a watch. */
function listRevision(text: string): bigint {
  try {
    return parseRevision(text);
  } catch (error) {
    throw new ApiError(400, "BadRequest", `invalid resource version: ${(error as Error).message}`);
  }
}

const VERSION = "meta.k8s.io/v1";
/** In a token: whatever there is when it is used. */
const NOW = -1n;

function continueToken(revision: bigint, after: string): string {
  return Buffer.from(JSON.stringify({ v: VERSION, rv: String(revision), start: after })).toString(
    "base64url",
  );
}

function readContinueToken(token: string): Start {
  const refuse = (why: string): never => {
    throw new ApiError(400, "BadRequest", `invalid continue token: continue key is not valid: ${why}`);
  };
  const text = Buffer.from(token, "base64url").toString("utf8");
  try {
    parseJson(text);
  } catch (error) {
    refuse((error as Error).message); // a JsonSyntaxError
  }
  const { v = "", rv, start } = (JSON.parse(text) ?? {}) as Record<string, unknown>; // of anything else they are undefined
  if (v !== VERSION) refuse(`server does not recognize this encoded version ${v}`);
  if (typeof rv === "string" && /^-?\d+$/.test(rv) && typeof start === "string" && start !== "") {
    return { revision: BigInt(rv), after: start };
  }
  return refuse("encoded start key or version is not valid");
}

function expired({ continueToken: token }: ListOptions, after: string): ApiError {
  if (token === "") {
    return new ApiError(410, "Expired", "The resourceVersion for the provided list is too old.");
  }
  const message =
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
  return new ApiError(410, "Expired", message, undefined, { continue: continueToken(NOW, after) });
}

/** The 504 for a version from the future; the real server waits 3 s for it first. */
export function tooLarge(asked: bigint, current: bigint): ApiError {
  return new ApiError(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
