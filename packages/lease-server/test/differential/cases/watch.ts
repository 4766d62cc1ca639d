import {
  APPLY_PATCH,
  type Case,
  del,
  edit,
  FORGET,
  get,
  heldLease,
  lease,
  MERGE_PATCH,
  patch,
  post,
  put,
  watch,
} from "../step.ts";

const TWO = [
  post("", heldLease("a", { labels: { app: "demo" } }), { as: "a" }),
  post("", heldLease("b"), { as: "b" }),
];
const RENEW = put("a", edit("a", { "spec.holderIdentity": "y" }), { as: "renewed" });

/** Watches that are refused, or end by themselves. */
function refused(name: string, ...queries: string[]): Case {
  return {
    name: `watch: ${name}`,
    steps: [...TWO, ...queries.map((query) => watch(`?watch=1&timeoutSeconds=1&${query}`, "end"))],
  };
}

/** Event sequences. */
export const watchCases: readonly Case[] = [
  {
    name: "watch: from a version: what came after it, and what comes",
    steps: [
      ...TWO,
      watch("?watch=true&resourceVersion=$(a.metadata.resourceVersion)", 6, [
        RENEW,
        patch(MERGE_PATCH, "b", { metadata: { labels: { x: "y" } } }),
        del("a"),
        post("", lease("c")),
        post("", heldLease("a")),
      ]),
    ],
  },
  {
    name: "watch: from the version of a list",
    steps: [
      ...TWO,
      get("", { as: "list" }),
      watch("?watch=1&resourceVersion=$(list.metadata.resourceVersion)", 2, [RENEW, del("b")]),
    ],
  },
  {
    name: "watch: without a version: what is there first",
    steps: [...TWO, watch("?watch=1", 3, [RENEW])],
  },
  {
    name: "watch: version 0: what is there first",
    steps: [...TWO, watch("?watch=1&resourceVersion=0", 3, [RENEW])],
  },
  {
    name: "watch: a name by a field selector",
    steps: [
      ...TWO,
      watch("?watch=1&fieldSelector=metadata.name%3Da&resourceVersion=$(b.metadata.resourceVersion)", 3, [
        put("b", edit("b", { "spec.holderIdentity": "z" })),
        RENEW,
        del("b"),
        del("a"),
        post("", heldLease("a")),
      ]),
    ],
  },
  {
    name: "watch: labels: leaving and joining the selection are DELETED and ADDED",
    steps: [
      ...TWO,
      watch("?watch=1&labelSelector=app%3Ddemo&resourceVersion=$(b.metadata.resourceVersion)", 5, [
        patch(MERGE_PATCH, "a", { spec: { holderIdentity: "y" } }),
        patch(MERGE_PATCH, "a", { metadata: { labels: { app: "other" } } }),
        patch(MERGE_PATCH, "a", { spec: { holderIdentity: "z" } }),
        patch(MERGE_PATCH, "b", { metadata: { labels: { app: "demo" } } }),
        patch(MERGE_PATCH, "a", { metadata: { labels: { app: "demo" } } }),
        del("b"),
      ]),
    ],
  },
  {
    name: "watch: the selection of what is there first",
    steps: [...TWO, watch("?watch=1&labelSelector=app%3Ddemo", 2, [RENEW])],
  },
  {
    name: "watch: writes that change nothing bring no event",
    steps: [
      ...TWO,
      watch("?watch=1&resourceVersion=$(b.metadata.resourceVersion)", 1, [
        put("a", edit("a")),
        patch(MERGE_PATCH, "a", {}),
        put("a?dryRun=All", edit("a", { "spec.holderIdentity": "dry" })),
        post("", heldLease("a")),
        RENEW,
      ]),
    ],
  },
  {
    name: "watch: a lease with a finalizer: MODIFIED, then DELETED",
    steps: [
      post("", heldLease("a", { finalizers: ["example.com/guard"] }), { as: "a" }),
      watch("?watch=1&resourceVersion=$(a.metadata.resourceVersion)", 2, [
        del("a"),
        patch(MERGE_PATCH, "a", { metadata: { finalizers: null } }),
      ]),
    ],
  },
  {
    name: "watch: deletecollection, in the order of names",
    steps: [
      ...TWO,
      watch("?watch=1&resourceVersion=$(b.metadata.resourceVersion)&labelSelector=app", 1, [del("")]),
    ],
  },
  {
    name: "watch: a server-side apply",
    steps: [
      watch("?watch=1&resourceVersion=0", 2, [
        patch(APPLY_PATCH, "a?fieldManager=m", { ...lease("a"), spec: { holderIdentity: "x" } }),
        patch(APPLY_PATCH, "a?fieldManager=m", { ...lease("a"), spec: { holderIdentity: "y" } }),
      ]),
    ],
  },
  {
    name: "watch: ends after timeoutSeconds",
    steps: [
      ...TWO,
      watch("?watch=1&timeoutSeconds=2&resourceVersion=$(b.metadata.resourceVersion)", "end", [RENEW]),
    ],
  },
  {
    name: "watch: over all namespaces",
    steps: [
      ...TWO,
      watch("/apis/coordination.k8s.io/v1/leases?watch=1&fieldSelector=metadata.namespace%3D$(ns)", 3, [
        RENEW,
      ]),
    ],
  },
  {
    name: "watch: by the old path",
    steps: [
      ...TWO,
      watch("/apis/coordination.k8s.io/v1/watch/namespaces/$(ns)/leases", 3, [RENEW]),
      watch("/apis/coordination.k8s.io/v1/watch/namespaces/$(ns)/leases/a", 1),
    ],
  },
  {
    name: "watch: one lease by its path",
    steps: [...TWO, watch("a?watch=1&timeoutSeconds=1", "end")],
  },
  {
    name: "watch: bookmarks: one before the end",
    steps: [
      ...TWO,
      watch(
        "?watch=1&allowWatchBookmarks=true&timeoutSeconds=4&resourceVersion=$(b.metadata.resourceVersion)",
        "end",
        [RENEW],
      ),
    ],
  },
  {
    name: "watch: initial events and the bookmark after them",
    steps: [
      ...TWO,
      watch("?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan", 4, [
        RENEW,
      ]),
      watch(
        "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=0",
        3,
      ),
      watch(
        "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=$(b.metadata.resourceVersion)",
        3,
      ),
      watch(
        "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&labelSelector=app",
        2,
      ),
    ],
  },
  {
    name: "watch: initial events not wanted, and without bookmarks",
    steps: [
      ...TWO,
      watch("?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&timeoutSeconds=1", "end"),
      watch("?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1", "end"),
    ],
  },
  refused(
    "initial events with options that do not go with them",
    "sendInitialEvents=true",
    "sendInitialEvents=true&resourceVersionMatch=Exact",
    "resourceVersionMatch=NotOlderThan",
    "sendInitialEvents=perhaps&resourceVersionMatch=NotOlderThan",
  ),
  refused("a version that is not there yet", "resourceVersion=9000000000000000000"),
  refused("a version that is none", "resourceVersion=abc", "resourceVersion=-1"),
  refused("selectors that are bad", "labelSelector=%3D%3D", "fieldSelector=spec.holderIdentity%3Dx"),
  refused("limit and continue, which are for lists", "limit=1", "continue=x"),
  {
    name: "watch: values of watch and of the timeout",
    steps: [
      ...TWO,
      get("?watch=false"),
      get("?watch=0"),
      watch("?watch&timeoutSeconds=1", "end"),
      watch("?watch=yes&timeoutSeconds=1", "end"),
      watch("?watch=1&timeoutSeconds=x", 1),
    ],
  },
  {
    name: "watch: in tables",
    steps: [
      ...TWO,
      watch("?watch=1&resourceVersion=$(a.metadata.resourceVersion)", 2, [RENEW], {
        headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
      }),
    ],
  },
];

/** They make the server forget, which ends the watches of other cases: run them alone. */
export const forgettingCases: readonly Case[] = [
  {
    name: "watch: a version that was forgotten",
    steps: [
      ...TWO,
      FORGET,
      watch("?watch=1&timeoutSeconds=5&resourceVersion=$(a.metadata.resourceVersion)", "end"),
      watch(
        "?watch=1&timeoutSeconds=5&fieldSelector=metadata.name%3Da&resourceVersion=$(a.metadata.resourceVersion)",
        "end",
      ),
      get("a?resourceVersion=$(a.metadata.resourceVersion)"),
      get("", { as: "list" }),
      watch("?watch=1&resourceVersion=$(list.metadata.resourceVersion)", 1, [del("a")]),
    ],
  },
];
