import { type Case, get, lease, post } from "../step.ts";

/** Names that the server makes up. */
export const generateNameCases: readonly Case[] = [
  {
    name: "generateName: twice, two names",
    steps: [
      post("", { ...lease("x"), metadata: { generateName: "worker-" } }, { as: "a" }),
      post("", { ...lease("x"), metadata: { generateName: "worker-" } }),
      get("$(a.metadata.name)"),
    ],
  },
  {
    name: "generateName: and a name, which wins",
    steps: [post("", lease("a", {}, { generateName: "worker-" }))],
  },
  {
    name: "generateName: not valid",
    steps: [post("", { ...lease("x"), metadata: { generateName: "Not Valid-" } })],
  },
  {
    name: "generateName: cut to what leaves room for the letters",
    steps: [post("", { ...lease("x"), metadata: { generateName: "a".repeat(60) } })],
  },
  {
    name: "generateName: in a dry run",
    steps: [post("?dryRun=All", { ...lease("x"), metadata: { generateName: "worker-" } })],
  },
];
