import type { Access, AccessAttributes } from "../access/access.ts";
import { mayUsePath } from "../access/path-access.ts";
import { type FieldError, invalid, invalidError } from "../object/field-error.ts";
import { type Answer, objectAnswer } from "./answer.ts";
import type { ApiRequest } from "./api-request.ts";
import { readObject } from "./read-object.ts";

const GROUP = "authorization.k8s.io";
/** What everybody with a token may read. */
const NON_RESOURCE_URLS = [
  "/api",
  "/api/*",
  "/apis",
  "/apis/*",
  "/healthz",
  "/livez",
  "/openapi",
  "/openapi/*",
  "/readyz",
  "/version",
];
const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
const NAMESPACE_VERBS = ["get", "list", "watch", "create", "delete"];

type Fields = Readonly<Record<string, unknown>>;

/** `POST selfsubjectaccessreviews`: may I? @throws `ApiError` 400, 422. */
export function reviewAccess(request: ApiRequest, access: Access): Answer {
  const kind = "SelfSubjectAccessReview";
  const { spec } = readObject(request, { kind, goType: `authorization.${kind}` });
  const { resourceAttributes: resource, nonResourceAttributes: path } = fieldsOf(spec) ?? {};
  const attributes = fieldsOf(resource);
  const pathAttributes = fieldsOf(path);
  checkSubject(attributes, pathAttributes);
  const { caller } = request;
  const allowed =
    attributes === undefined
      ? mayUsePath(access, caller, textOf(pathAttributes?.["verb"]), textOf(pathAttributes?.["path"]))
      : access.allows(caller, attributesOf(attributes));
  return objectAnswer(201, {
    kind,
    apiVersion: `${GROUP}/v1`,
    metadata: {},
    spec:
      attributes === undefined ? { nonResourceAttributes: path } : { resourceAttributes: sent(attributes) },
    status: { allowed },
  });
}

/** `POST selfsubjectrulesreviews`: what may I, here? Told verb by verb, since rules can be of any shape. @throws `ApiError` 400 */
export function reviewRules(request: ApiRequest, access: Access): Answer {
  const kind = "SelfSubjectRulesReview";
  const { spec } = readObject(request, { kind, goType: `authorization.${kind}` });
  const namespace = textOf(fieldsOf(spec)?.["namespace"]);
  const may = (verbs: readonly string[], group: string, resource: string, scope?: string): object => ({
    verbs: verbs.filter((verb) => access.allows(request.caller, { verb, group, resource, namespace: scope })),
    apiGroups: [group],
    resources: [resource],
  });
  return objectAnswer(201, {
    kind,
    apiVersion: `${GROUP}/v1`,
    metadata: {},
    spec: {},
    status: {
      resourceRules: [
        may(VERBS, "coordination.k8s.io", "leases", namespace),
        may(NAMESPACE_VERBS, "", "namespaces"),
      ],
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: NON_RESOURCE_URLS }],
      // Rules for single names are not told.
      incomplete: true,
    },
  });
}

/** The real server forgets the kind in this message. */
function checkSubject(resource: Fields | undefined, path: Fields | undefined): void {
  const errors: FieldError[] = [];
  if (resource !== undefined && path !== undefined) {
    const shown = { Path: textOf(path["path"]), Verb: textOf(path["verb"]) };
    const why = "cannot be specified in combination with resourceAttributes";
    errors.push(invalid("spec.nonResourceAttributes", shown, why));
  }
  if (resource === undefined && path === undefined) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    errors.push(invalid("spec.resourceAttributes", null, why));
  }
  if (errors.length > 0) throw invalidError({ group: GROUP, kind: "", name: "" }, errors);
}

function attributesOf(attributes: Fields): AccessAttributes {
  return {
    verb: textOf(attributes["verb"]),
    group: textOf(attributes["group"]),
    resource: textOf(attributes["resource"]),
    namespace: textOf(attributes["namespace"]) || undefined,
    name: textOf(attributes["name"]) || undefined,
  };
}

/** Without what is empty, which is not stored. */
function sent(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
