import { type Case, del, get, heldLease, lease, post } from "../step.ts";

const TABLE = { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" } };
const PARTIAL = { headers: { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" } };
const PARTIAL_LIST = {
  headers: { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" },
};

/** What kubectl asks for, and what metadata clients ask for. */
export const tableCases: readonly Case[] = [
  {
    name: "table: of one and of many",
    steps: [
      post("", heldLease("a")),
      post("", lease("b")),
      get("a", TABLE),
      get("", TABLE),
      get("?limit=1", TABLE),
    ],
  },
  {
    name: "table: of none",
    steps: [get("", TABLE), get("a", TABLE)],
  },
  {
    name: "table: with objects, with metadata, with nothing",
    steps: [
      post("", heldLease("a")),
      ...["Object", "Metadata", "None", "Nonsense"].map((what) => get(`?includeObject=${what}`, TABLE)),
    ],
  },
  {
    name: "table: of versions that there are not",
    steps: [
      post("", heldLease("a")),
      get("", { headers: { accept: "application/json;as=Table;v=v1beta1;g=meta.k8s.io" } }),
      get("", { headers: { accept: "application/json;as=Table;v=v9;g=meta.k8s.io" } }),
      get("", { headers: { accept: "application/json;as=Nonsense;v=v1;g=meta.k8s.io" } }),
      get("", { headers: { accept: "application/json;as=Table;v=v9;g=meta.k8s.io,application/json" } }),
    ],
  },
  {
    name: "table: of what is created and deleted",
    steps: [post("", heldLease("a"), TABLE), del("a", undefined, TABLE)],
  },
  {
    name: "partial metadata: of one and of many",
    steps: [
      post("", heldLease("a", { labels: { x: "y" } })),
      get("a", PARTIAL),
      get("", PARTIAL_LIST),
      get("", PARTIAL),
    ],
  },
];
