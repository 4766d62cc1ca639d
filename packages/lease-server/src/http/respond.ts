import type { AccessAttributes } from "../access/access.ts";
import { forbidden } from "../access/forbidden.ts";
import { checkPath } from "../access/path-access.ts";
import { ApiError } from "../api-error.ts";
import type { StoredNamespace } from "../journal/journal.ts";
import { OPENAPI_DOCUMENTS } from "../openapi/openapi.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { reviewAccess, reviewRules } from "./access-reviews.ts";
import { type Answer, objectAnswer } from "./answer.ts";
import { type ApiRequest, header } from "./api-request.ts";
import { deleteCollection } from "./delete-collection.ts";
import { discoveryDocument, GROUP_PATHS, versionDocument } from "./discovery.ts";
import { fieldSelector } from "./field-selector.ts";
import {
  createLease,
  deleteLease,
  getLease,
  type LeaseApiOptions,
  patchLeaseByName,
  updateLease,
} from "./lease-api.ts";
import { listObjects } from "./list-objects.ts";
import { listOptions } from "./list-options.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { createNamespace, deleteNamespace, namespaceNotFound, presented } from "./namespace-api.ts";
import { outputShape } from "./negotiate.ts";
import type { RequestTarget } from "./request-target.ts";
import { shapeRequest } from "./shape-request.ts";
import { shapedObject } from "./shapes.ts";
import { watchObjects } from "./watch-stream.ts";

type ResourceTarget = Extract<RequestTarget, { kind: "resource" }>;

/** Everything that answers need. */
export type RespondOptions = LeaseApiOptions;

/** What a request for a resource wants to do, for RBAC. */
export function attributesOf(target: ResourceTarget, verb: string, query: URLSearchParams): AccessAttributes {
  const { group, resource } = target;
  const attributes = { verb, group, resource };
  // To the real server a namespace is in itself.
  if (resource === "namespaces") return { ...attributes, namespace: target.name, name: target.name };
  const { namespace, name } = target;
  if (name !== undefined || (verb !== "list" && verb !== "watch")) return { ...attributes, namespace, name };
  return { ...attributes, namespace, name: selectedName(query) };
}

/** Of a collection of one: `fieldSelector=metadata.name=NAME`. */
function selectedName(query: URLSearchParams): string | undefined {
  try {
    return fieldSelector(query.get("fieldSelector") ?? "").name;
  } catch {
    return undefined; // refused later, if its sender may list at all
  }
}

/** Answers a request for a resource, if its caller may. @throws `ApiError` */
export async function respondToResource(
  request: ApiRequest,
  target: ResourceTarget,
  verb: string,
  options: RespondOptions,
): Promise<Answer> {
  const attributes = attributesOf(target, verb, request.query);
  if (!options.access.allows(request.caller, attributes)) throw forbidden(request.caller, attributes);
  switch (target.resource) {
    case "leases":
      return await respondToLeases(request, target, verb, options);
    case "namespaces":
      return await respondToNamespaces(request, target, verb, options);
    case "selfsubjectaccessreviews":
      if (verb === "create") return reviewAccess(request, options.access);
      throw methodNotAllowed();
    case "selfsubjectrulesreviews":
      if (verb === "create") return reviewRules(request, options.access);
      throw methodNotAllowed();
  }
}

async function respondToLeases(
  request: ApiRequest,
  { namespace, name }: ResourceTarget,
  verb: string,
  options: RespondOptions,
): Promise<Answer> {
  if (verb === "list" || verb === "watch") return collection(request, "Lease", namespace, name, options);
  if (namespace === undefined) throw methodNotAllowed();
  if (name === undefined) {
    if (verb === "create") return await createLease(request, namespace, options);
    if (verb === "deletecollection") return await deleteCollection(request, namespace, options);
    throw methodNotAllowed();
  }
  switch (verb) {
    case "get":
      return getLease(request, namespace, name, options);
    case "update":
      return await updateLease(request, namespace, name, options);
    case "patch":
      return await patchLeaseByName(request, namespace, name, options);
    case "delete":
      return await deleteLease(request, namespace, name, options);
    default:
      throw methodNotAllowed();
  }
}

async function respondToNamespaces(
  request: ApiRequest,
  { name }: ResourceTarget,
  verb: string,
  options: RespondOptions,
): Promise<Answer> {
  if (verb === "list" || verb === "watch") return collection(request, "Namespace", undefined, name, options);
  const shape = shapeRequest(request, options);
  const { store } = options;
  if (verb === "create" && name === undefined) return await createNamespace(request, store, shape);
  if (verb === "delete" && name !== undefined) return await deleteNamespace(request, name, store, shape);
  if (verb !== "get" || name === undefined) throw methodNotAllowed();
  const found = store.get({ kind: "Namespace", name });
  if (found === undefined) throw namespaceNotFound(name);
  return objectAnswer(200, shapedObject(present(found), shape));
}

function collection(
  request: ApiRequest,
  kind: StoredObject["kind"],
  namespace: string | undefined,
  name: string | undefined,
  options: RespondOptions,
): Answer {
  const wanted = listOptions(request.query, name);
  const shape = shapeRequest(request, options);
  const what = { kind, namespace, options: wanted, shape, present };
  return wanted.watch
    ? watchObjects(options.store, { ...what, signal: request.signal })
    : listObjects(options.store, what);
}

function present(object: StoredObject): StoredObject {
  return object.kind === "Namespace" ? presented(object as StoredNamespace) : object;
}

/** Answers a request for anything else: discovery, health, versions, OpenAPI. @throws `ApiError` 403, 405, 406 */
export function respondToPath(request: ApiRequest, path: string, { access }: RespondOptions): Answer {
  const { method } = request;
  checkPath(access, request.caller, method, path);
  const bare = path.endsWith("/") && path !== "/" ? path.slice(0, -1) : path;
  const isRead = method === "GET" || method === "HEAD";
  if (HEALTH.has(bare) && isRead) return { kind: "text", status: 200, text: "ok" };
  const document = bare === "/version" ? versionDocument() : OPENAPI_DOCUMENTS.get(bare);
  if (document !== undefined) {
    if (!isRead) throw methodNotAllowed();
    // As the real server sends its index.
    const headers = bare === "/openapi/v3" ? { "Content-Type": "text/plain; charset=utf-8" } : {};
    return { kind: "object", status: 200, object: document, headers };
  }
  if (discoveryDocument(bare, { kind: "object" }, request.address) === undefined) return notFound(bare);
  // The real server does not look at the method of this one.
  if (!isRead && bare !== "/apis") throw methodNotAllowed();
  const shape = outputShape(header(request, "accept"), { transforms: false, aggregatedDiscovery: true });
  const found = discoveryDocument(bare, shape, request.address) ?? {};
  if (shape.kind !== "discovery") return objectAnswer(200, found);
  const type = `application/json;g=apidiscovery.k8s.io;v=${shape.version};as=APIGroupDiscoveryList`;
  const headers = { "Content-Type": type, "Cache-Control": "public" };
  return { kind: "object", status: 200, object: found, headers };
}

const HEALTH: ReadonlySet<string> = new Set(
  ["/readyz", "/livez", "/healthz"].flatMap((path) => [path, `${path}/ping`]),
);

/** Under a group that there is the real server says so as an object. */
function notFound(path: string): Answer {
  const isOfGroup = GROUP_PATHS.some((group) => path.startsWith(`${group}/`));
  if (!isOfGroup) return { kind: "text", status: 404, text: "404 page not found\n" };
  throw new ApiError(404, "NotFound", "the server could not find the requested resource", {});
}
