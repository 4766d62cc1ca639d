import { type Case, edit, JSON_PATCH, lease, MERGE_PATCH, patch, post, put } from "../step.ts";

const MODES = ["Strict", "Warn", "Ignore"] as const;
const ODD = `{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"a","nonsense":1},"more":{},"spec":{"holderIdentity":"x","holderIdentity":"y","nonsense":true}}`;

/** Fields that the API does not know, and keys that come twice, under each way to treat them. */
export const fieldValidationCases: readonly Case[] = [
  ...MODES.map(
    (mode): Case => ({
      name: `fieldValidation=${mode}: unknown fields and a key twice`,
      steps: [post(`?fieldValidation=${mode}`, ODD)],
    }),
  ),
  ...MODES.map(
    (mode): Case => ({
      name: `fieldValidation=${mode}: an unknown field in a PUT and in patches`,
      steps: [
        post("", lease("a", { holderIdentity: "x" }), { as: "a" }),
        put(`a?fieldValidation=${mode}`, edit("a", { "spec.nonsense": 1 })),
        patch(MERGE_PATCH, `a?fieldValidation=${mode}`, { spec: { nonsense: 1 } }),
        patch(JSON_PATCH, `a?fieldValidation=${mode}`, [{ op: "add", path: "/spec/nonsense", value: 1 }]),
      ],
    }),
  ),
  ...MODES.map(
    (mode): Case => ({
      name: `fieldValidation=${mode}: nothing to find`,
      steps: [post(`?fieldValidation=${mode}`, lease("a", { holderIdentity: "x" }))],
    }),
  ),
  {
    name: "fieldValidation: a value that is none",
    steps: [post("?fieldValidation=Perhaps", lease("a")), post("?fieldValidation=strict", lease("a"))],
  },
  { name: "fieldValidation: left out", steps: [post("", ODD)] },
  {
    name: "fieldValidation=Strict: keys in another case",
    steps: [post("?fieldValidation=Strict", { ...lease("a"), spec: { HolderIdentity: "x" } })],
  },
  {
    name: "fieldValidation=Warn: YAML with an unknown field and a key twice",
    steps: [
      post(
        "?fieldValidation=Warn",
        "kind: Lease\napiVersion: coordination.k8s.io/v1\nmetadata:\n  name: a\nspec:\n  nonsense: 1\n  holderIdentity: x\n  holderIdentity: y\n",
        { headers: { "content-type": "application/yaml" } },
      ),
    ],
  },
];
