import { type Case, del, get, heldLease, post } from "../step.ts";

const THREE = [
  post("", heldLease("c", { labels: { app: "demo", tier: "1" } }), { as: "c" }),
  post("", heldLease("a", { labels: { app: "demo" } }), { as: "a" }),
  post("", heldLease("b", { labels: { app: "other", "example.com/x": "y" } }), { as: "b" }),
];

/** Lists of three leases. */
function listing(name: string, ...queries: string[]): Case {
  return { name: `list: ${name}`, steps: [...THREE, ...queries.map((query) => get(`?${query}`))] };
}

function selecting(name: string, ...selectors: string[]): Case {
  return listing(name, ...selectors.map((selector) => `labelSelector=${encodeURIComponent(selector)}`));
}

function selectingFields(name: string, ...selectors: string[]): Case {
  return listing(name, ...selectors.map((selector) => `fieldSelector=${encodeURIComponent(selector)}`));
}

/** Lists: selectors, pages, versions. */
export const listCases: readonly Case[] = [
  { name: "list: empty", steps: [get("")] },
  listing("all, by name", ""),
  {
    name: "list: over all namespaces, one of them by a selector",
    steps: [...THREE, get("/apis/coordination.k8s.io/v1/leases?fieldSelector=metadata.namespace%3D$(ns)")],
  },
  selecting("labels: equal", "app=demo", "app==demo", "app=demo,tier=1", "app=none", "example.com/x=y"),
  selecting("labels: unequal and absent", "app!=demo", "!tier", "tier", "missing"),
  selecting("labels: sets", "app in (demo, other)", "app notin (demo)", "app in ()", "app in (demo),!tier"),
  selecting("labels: comparisons", "tier>0", "tier<1", "app>x"),
  selecting("labels: empty values", "app=", "app in (,demo)"),
  selecting(
    "labels: bad ones",
    "=demo",
    "app in",
    "app in (demo",
    "app=a b",
    "a/b/c=d",
    "-x=y",
    "app~demo",
    "app=demo,",
    ",",
  ),
  selecting("labels: a value that is too long", `app=${"x".repeat(64)}`),
  selectingFields(
    "fields: names",
    "metadata.name=a",
    "metadata.name==a",
    "metadata.name!=a",
    "metadata.name=none",
  ),
  selectingFields(
    "fields: several",
    "metadata.name=a,metadata.namespace=$(ns)",
    "metadata.namespace=elsewhere",
  ),
  selectingFields(
    "fields: bad ones",
    "spec.holderIdentity=x",
    "metadata.uid=x",
    "nonsense",
    "metadata.name",
    "metadata.name=a=b",
    "=",
    "metadata.name in (a)",
  ),
  listing("labels and fields", "labelSelector=app%3Ddemo&fieldSelector=metadata.name%3Da"),
  {
    name: "list: in pages of two",
    steps: [
      ...THREE,
      get("?limit=2", { as: "page" }),
      get("?limit=2&continue=$(page.metadata.continue)"),
      get("?continue=$(page.metadata.continue)"),
    ],
  },
  {
    name: "list: in pages, while others write",
    steps: [
      ...THREE,
      get("?limit=1", { as: "page" }),
      del("b"),
      post("", heldLease("bb")),
      get("?limit=1&continue=$(page.metadata.continue)", { as: "next" }),
      get("?limit=1&continue=$(next.metadata.continue)"),
    ],
  },
  {
    name: "list: in pages with a selector",
    steps: [
      ...THREE,
      get("?limit=1&labelSelector=app%3Ddemo", { as: "page" }),
      get("?limit=1&labelSelector=app%3Ddemo&continue=$(page.metadata.continue)"),
    ],
  },
  listing("limits", "limit=3", "limit=100", "limit=0", "limit=-1", "limit=x", "limit="),
  listing("a continue token that is none", "continue=bm90IGpzb24", "limit=1&continue=e30", "continue="),
  {
    name: "list: a continue token and a version",
    steps: [
      ...THREE,
      get("?limit=1", { as: "page" }),
      get("?limit=1&continue=$(page.metadata.continue)&resourceVersion=1"),
      get("?limit=1&continue=$(page.metadata.continue)&resourceVersion=0"),
    ],
  },
  listing(
    "versions",
    "resourceVersion=0",
    "resourceVersion=$(a.metadata.resourceVersion)",
    "resourceVersion=$(b.metadata.resourceVersion)&resourceVersionMatch=NotOlderThan",
    "resourceVersion=0&resourceVersionMatch=NotOlderThan",
    "resourceVersion=",
  ),
  listing(
    "an exact version",
    "resourceVersion=$(b.metadata.resourceVersion)&resourceVersionMatch=Exact",
    "resourceVersion=$(a.metadata.resourceVersion)&resourceVersionMatch=Exact",
    "resourceVersion=$(a.metadata.resourceVersion)&resourceVersionMatch=Exact&limit=1",
  ),
  listing(
    "bad versions",
    "resourceVersion=abc",
    "resourceVersion=-1",
    "resourceVersion=1.5",
    "resourceVersion=0&resourceVersionMatch=Exact",
    "resourceVersionMatch=NotOlderThan",
    "resourceVersionMatch=Exact",
    "resourceVersion=1&resourceVersionMatch=Nonsense",
  ),
  listing("a version that is not there yet", "resourceVersion=9000000000000000000"),
  listing(
    "an exact version that is not there yet",
    "resourceVersion=9000000000000000000&resourceVersionMatch=Exact",
  ),
  listing("sendInitialEvents, which is for watches", "sendInitialEvents=true"),
  listing("a timeout, which is ignored", "timeoutSeconds=1", "timeoutSeconds=x"),
  {
    name: "get: with versions",
    steps: [
      ...THREE,
      get("a?resourceVersion=0"),
      get("a?resourceVersion=$(b.metadata.resourceVersion)"),
      get("a?resourceVersion=abc"),
    ],
  },
  {
    name: "get: a version that is not there yet",
    steps: [...THREE, get("a?resourceVersion=9000000000000000000")],
  },
  { name: "get: unknown names", steps: [get("a"), get("NOT-VALID"), get("a%2Fb"), get("%20")] },
];
