import {
  type Case,
  edit,
  get,
  heldLease,
  JSON_PATCH,
  lease,
  MERGE_PATCH,
  patch,
  post,
  put,
} from "../step.ts";

/** Requests that must leave nothing behind. */
export const dryRunCases: readonly Case[] = [
  { name: "dry run: create", steps: [post("?dryRun=All", heldLease("a")), get("a")] },
  {
    name: "dry run: create what is there, and what is not valid",
    steps: [
      post("", heldLease("a")),
      post("?dryRun=All", heldLease("a")),
      post("?dryRun=All", lease("b", { leaseDurationSeconds: 0 })),
    ],
  },
  {
    name: "dry run: update",
    steps: [
      post("", heldLease("a"), { as: "a" }),
      put("a?dryRun=All", edit("a", { "spec.holderIdentity": "y" })),
      put("a?dryRun=All", edit("a", { "metadata.resourceVersion": "1" })),
      get("a"),
    ],
  },
  {
    name: "dry run: update of an unknown name",
    steps: [put("a?dryRun=All", heldLease("a")), get("a")],
  },
  {
    name: "dry run: patches",
    steps: [
      post("", heldLease("a")),
      patch(MERGE_PATCH, "a?dryRun=All", { spec: { holderIdentity: "y" } }),
      patch(JSON_PATCH, "a?dryRun=All", [{ op: "remove", path: "/spec/holderIdentity" }]),
      get("a"),
    ],
  },
  {
    name: "dry run: values that are none",
    steps: [
      post("?dryRun=Some", heldLease("a")),
      post("?dryRun=all", heldLease("a")),
      post("?dryRun=", heldLease("b")),
      post("?dryRun=All&dryRun=All", heldLease("c")),
      post("?dryRun=All&dryRun=None", heldLease("c")),
      put("a?dryRun=true", heldLease("a")),
      patch(MERGE_PATCH, "a?dryRun=true", {}),
    ],
  },
];
