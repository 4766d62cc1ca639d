import type { StoredObject } from "../store/stored-object.ts";
import type { OutputShape } from "./negotiate.ts";

const NAME_HELP =
  "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const AGE_HELP =
  "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";
const HOLDER_HELP =
  "holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.";

const column = (name: string, description: string, format = ""): object => ({
  name,
  type: "string",
  format,
  description,
  priority: 0,
});

const COLUMNS = {
  Lease: [column("Name", NAME_HELP, "name"), column("Holder", HOLDER_HELP), column("Age", AGE_HELP)],
  Namespace: [
    column("Name", NAME_HELP, "name"),
    column("Status", "The status of the namespace"),
    column("Age", AGE_HELP),
  ],
};

/** Metadata of a list. */
export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
  readonly remainingItemCount?: number | undefined;
}

/** How an answer with objects is to look. */
export interface ShapeRequest {
  readonly shape: OutputShape;
  /** What each row of a table carries: `"None"`, `"Object"`, or else `"Metadata"`. */
  readonly includeObject: string;
  readonly nowMs: number;
}

/** One object as it goes out. `withColumns` is false for all but the first rows of a watch. */
export function shapedObject(object: StoredObject, request: ShapeRequest, withColumns = true): object {
  switch (request.shape) {
    case "table":
      return table(
        object.kind,
        [object],
        { resourceVersion: object.metadata.resourceVersion ?? "" },
        request,
        withColumns,
      );
    case "partial":
      return partial(object);
    default:
      return object;
  }
}

/** A list as it goes out. */
export function shapedList(
  kind: StoredObject["kind"],
  items: readonly StoredObject[],
  metadata: ListMeta,
  request: ShapeRequest,
): object {
  switch (request.shape) {
    case "table":
      return table(kind, items, metadata, request, true);
    case "partial":
      return {
        kind: "PartialObjectMetadataList",
        apiVersion: "meta.k8s.io/v1",
        metadata,
        items: items.map(partial),
      };
    default:
      return {
        kind: `${kind}List`,
        apiVersion: kind === "Lease" ? "coordination.k8s.io/v1" : "v1",
        metadata,
        items: items.map(({ kind: _, apiVersion: __, ...item }) => item),
      };
  }
}

function table(
  kind: StoredObject["kind"],
  items: readonly StoredObject[],
  metadata: ListMeta,
  request: ShapeRequest,
  withColumns: boolean,
): object {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: withColumns ? COLUMNS[kind] : null,
    rows: items.map((item) => ({ cells: cells(item, request.nowMs), ...row(item, request.includeObject) })),
  };
}

function cells(object: StoredObject, nowMs: number): readonly string[] {
  const { name, creationTimestamp } = object.metadata;
  const second = object.kind === "Lease" ? (object.spec.holderIdentity ?? "") : "Active";
  return [name, second, age(creationTimestamp, nowMs)];
}

function row(object: StoredObject, includeObject: string): object {
  if (includeObject === "None") return { object: null };
  return { object: includeObject === "Object" ? object : partial(object) };
}

function partial({ metadata }: StoredObject): object {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}

/** `"12s"`, `"3m10s"`, `"5h"`, …: as kubectl shows ages (apimachinery's HumanDuration). */
export function age(creationTimestamp: string | undefined, nowMs: number): string {
  if (creationTimestamp === undefined) return "<unknown>";
  const seconds = Math.floor((nowMs - Date.parse(creationTimestamp)) / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 24 * 8) return withRest(days, "d", hours % 24, "h");
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  if (hours < 24 * 365 * 8) return withRest(years, "y", days % 365, "d");
  return `${years}y`;
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`;
}
