import { type Case, del, edit, get, heldLease, MERGE_PATCH, patch, post, put, watch } from "../step.ts";

const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const review = (spec: unknown): object => ({
  apiVersion: "authorization.k8s.io/v1",
  kind: "SelfSubjectAccessReview",
  spec,
});
const leases = (verb: string, more: object = {}): object => ({
  resourceAttributes: { group: "coordination.k8s.io", resource: "leases", namespace: "$(ns)", verb, ...more },
});

/** Who may do what: `limited` may create leases, and get, update, watch and patch the one named `mine`. */
export const accessCases: readonly Case[] = [
  {
    name: "access: limited: what it may",
    steps: [
      post("", heldLease("mine"), { by: "limited", as: "mine" }),
      get("mine", { by: "limited" }),
      put("mine", edit("mine", { "spec.holderIdentity": "y" }), { by: "limited" }),
      patch(MERGE_PATCH, "mine", { spec: { holderIdentity: "z" } }, { by: "limited" }),
      watch("?watch=1&fieldSelector=metadata.name%3Dmine", 1, [], { by: "limited" }),
    ],
  },
  {
    name: "access: limited: what it may not",
    steps: [
      post("", heldLease("other"), { as: "other" }),
      get("other", { by: "limited" }),
      get("", { by: "limited" }),
      put("other", edit("other"), { by: "limited" }),
      patch(MERGE_PATCH, "other", {}, { by: "limited" }),
      del("mine", undefined, { by: "limited" }),
      del("", undefined, { by: "limited" }),
      watch("?watch=1&timeoutSeconds=1", "end", [], { by: "limited" }),
      watch("?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dother", "end", [], { by: "limited" }),
      get("/apis/coordination.k8s.io/v1/leases", { by: "limited" }),
      get("/api/v1/namespaces", { by: "limited" }),
      get("/api/v1/namespaces/$(ns)", { by: "limited" }),
    ],
  },
  {
    name: "access: limited: a PUT of an unknown name is a create too",
    steps: [put("mine", heldLease("mine"), { by: "limited" })],
  },
  {
    name: "access: nobody may do nothing",
    steps: [
      post("", heldLease("a"), { by: "nobody" }),
      get("a", { by: "nobody" }),
      get("", { by: "nobody" }),
      get("/apis/coordination.k8s.io/v1", { by: "nobody" }),
      get("/nonsense", { by: "nobody" }),
    ],
  },
  {
    name: "access: a token that is not known",
    steps: [
      get("a", { by: "stranger" }),
      post("", heldLease("a"), { by: "stranger" }),
      get("/version", { by: "stranger" }),
    ],
  },
  {
    name: "access: a header that is no bearer token",
    steps: [
      get("a", { headers: { authorization: "Bearer" } }),
      get("a", { headers: { authorization: "Bearer " } }),
    ],
  },
  {
    name: "review: as the administrator",
    steps: [
      post(REVIEWS, review(leases("get", { name: "a" })), { pick: withoutMetadata }),
      post(REVIEWS, review(leases("create")), { pick: withoutMetadata }),
      post(REVIEWS, review({ nonResourceAttributes: { path: "/readyz", verb: "get" } }), {
        pick: withoutMetadata,
      }),
    ],
  },
  {
    name: "review: as limited",
    steps: [
      post(REVIEWS, review(leases("get", { name: "mine" })), { by: "limited", pick: withoutReason }),
      post(REVIEWS, review(leases("get", { name: "other" })), { by: "limited", pick: withoutMetadata }),
      post(REVIEWS, review(leases("get")), { by: "limited", pick: withoutMetadata }),
      post(REVIEWS, review(leases("create")), { by: "limited", pick: withoutReason }),
      post(REVIEWS, review(leases("delete", { name: "mine" })), { by: "limited", pick: withoutMetadata }),
      post(REVIEWS, review({ resourceAttributes: { group: "", resource: "namespaces", verb: "list" } }), {
        by: "limited",
        pick: withoutMetadata,
      }),
    ],
  },
  {
    name: "review: bad ones",
    steps: [
      post(REVIEWS, review({})),
      post(REVIEWS, review({ ...leases("get"), nonResourceAttributes: { path: "/x", verb: "get" } })),
      post(REVIEWS, { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview" }),
      post(REVIEWS, heldLease("a")),
      post(REVIEWS, "not json"),
      get(REVIEWS),
    ],
  },
];

/** A review is not stored: who wrote which of its fields is of no use, and lease-server does not say it. */
function withoutMetadata(body: unknown): unknown {
  const { metadata: _, ...rest } = body as Record<string, unknown>;
  return rest;
}

/** Without `reason` too, where the real server names the role and its binding. */
function withoutReason(body: unknown): unknown {
  const { kind, apiVersion, spec, status } = body as Record<string, object>;
  return { kind, apiVersion, spec, status: { ...status, reason: undefined } };
}
