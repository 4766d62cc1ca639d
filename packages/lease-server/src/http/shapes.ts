import type { StoredObject } from "../store/stored-object.ts";
import { age } from "./age.ts";
import { notAcceptable, type OutputShape } from "./negotiate.ts";

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
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * One object as it goes out. `withColumns` is false for all but the first rows of a watch.
 * @throws `ApiError` 406 when the shape is one of lists.
 */
export function shapedObject(object: StoredObject, request: ShapeRequest, withColumns = true): object {
  const { shape } = request;
  switch (shape.kind) {
    case "table": {
      const { resourceVersion = "" } = object.metadata;
      return table(object.kind, [object], { resourceVersion }, request, withColumns);
    }
    case "partial":
      if (!shape.ofList) return partial(object, shape.version);
      throw notAcceptable(
        `you requested PartialObjectMetadataList, but the requested object is not a list (${goType(object.kind)})`,
      );
    default:
      return object;
  }
}

/** A list as it goes out. @throws `ApiError` 406 when the shape is one of single objects. */
export function shapedList(
  kind: StoredObject["kind"],
  items: readonly StoredObject[],
  metadata: ListMeta,
  request: ShapeRequest,
): object {
  const { shape } = request;
  switch (shape.kind) {
    case "table":
      return table(kind, items, metadata, request, true);
    case "partial":
      if (!shape.ofList) {
        throw notAcceptable(
          `you requested PartialObjectMetadata, but the requested object is a list (${goType(kind)}List)`,
        );
      }
      return {
        kind: "PartialObjectMetadataList",
        apiVersion: `meta.k8s.io/${shape.version}`,
        metadata,
        items: items.map((item) => partial(item, shape.version)),
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

/** As the real server calls its types. */
function goType(kind: StoredObject["kind"]): string {
  return kind === "Lease" ? "*coordination.Lease" : "*core.Namespace";
}

function table(
  kind: StoredObject["kind"],
  items: readonly StoredObject[],
  metadata: ListMeta,
  { shape, includeObject, now }: ShapeRequest,
  withColumns: boolean,
): object {
  const version = shape.kind === "table" ? shape.version : "v1";
  const nowMs = now();
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: withColumns ? COLUMNS[kind] : null,
    rows: items.map((item) => ({
      cells: cells(item, nowMs),
      object: rowObject(item, includeObject, version),
    })),
  };
}

function cells(object: StoredObject, nowMs: number): readonly string[] {
  const { name = "", creationTimestamp } = object.metadata;
  return [
    name,
    object.kind === "Lease" ? (object.spec.holderIdentity ?? "") : phase(object),
    age(creationTimestamp, nowMs),
  ];
}

function phase(object: StoredObject): string {
  return (object as { readonly status?: { readonly phase?: string } }).status?.phase ?? "";
}

function rowObject(object: StoredObject, includeObject: string, version: string): object | null {
  if (includeObject === "Object") return object;
  // The bookmark that ends the state is known by its metadata.
  const isMarked = object.metadata.annotations?.["k8s.io/initial-events-end"] !== undefined;
  return includeObject === "None" && !isMarked ? null : partial(object, version);
}

function partial({ metadata }: StoredObject, version: string): object {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata };
}
