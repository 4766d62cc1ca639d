import { type Case, edit, get, heldLease, lease, post, put } from "../step.ts";

const NAMED = `"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"a"}`;

function sending(name: string, body: string | undefined, headers: Record<string, string> = {}): Case {
  return { name: `body: ${name}`, steps: [post("", body, { headers })] };
}

const JSON_TYPE = { "content-type": "application/json" };

/** Bodies that cannot be read, or only just. */
export const bodyCases: readonly Case[] = [
  sending("empty", ""),
  sending("none at all", undefined, JSON_TYPE),
  sending("white space", "  \n"),
  sending("not JSON", "not json"),
  sending("cut off", `{${NAMED},"spec":{"holderId`),
  sending("cut off in the middle of a key", `{${NAMED},"sp`),
  sending("text after the object", `{${NAMED},"spec":{}} trailing`),
  sending("another object after the object", `{${NAMED},"spec":{}}{${NAMED}}`),
  sending("a list", "[]"),
  sending("null", "null"),
  sending("a number", "5"),
  sending("a string", `"lease"`),
  sending("an empty object", "{}"),
  sending("a comma too many", `{${NAMED},"spec":{},}`),
  sending("single quotes", `{'kind':'Lease'}`),
  sending("a kind that is a number", `{"kind":5,"apiVersion":"coordination.k8s.io/v1"}`),
  sending("a key twice", `{${NAMED},"spec":{"holderIdentity":"x","holderIdentity":"y"}}`),
  sending("keys in another case", `{${NAMED},"Spec":{"HolderIdentity":"x"}}`),
  sending("a byte order mark", `\ufeff{${NAMED},"spec":{}}`),
  sending(
    "YAML",
    "kind: Lease\napiVersion: coordination.k8s.io/v1\nmetadata:\n  name: a\nspec:\n  holderIdentity: x\n  leaseDurationSeconds: 15\n",
    {
      "content-type": "application/yaml",
    },
  ),
  {
    name: "body: bad YAML",
    steps: [
      post("", "kind: Lease\n  name: [\n", {
        headers: { "content-type": "application/yaml" },
        pick: withoutParser,
      }),
    ],
  },
  sending("JSON named YAML", `{${NAMED},"spec":{"holderIdentity":"x"}}`, {
    "content-type": "application/yaml",
  }),
  sending("YAML named JSON", "kind: Lease\n"),
  sending("JSON with a charset", `{${NAMED},"spec":{}}`, {
    "content-type": "application/json; charset=utf-8",
  }),
  sending("without a content type", `{${NAMED},"spec":{}}`, { "content-type": "" }),
  sending("text/plain", `{${NAMED},"spec":{}}`, { "content-type": "text/plain" }),
  sending("a content type that is none", `{${NAMED},"spec":{}}`, { "content-type": "nonsense" }),
  sending("a form", "a=b", { "content-type": "application/x-www-form-urlencoded" }),
  sending("3 MiB and more", `{${NAMED},"spec":{"holderIdentity":"${"x".repeat(3 * 1024 * 1024 + 1)}"}}`),
  {
    name: "body: of a PUT, another kind",
    steps: [post("", heldLease("a")), put("a", { ...lease("a"), kind: "Pod", apiVersion: "v1" })],
  },
  {
    name: "body: of a PUT, empty and cut off",
    steps: [post("", heldLease("a")), put("a", ""), put("a", `{${NAMED},`), get("a")],
  },
  {
    name: "body: accepted only as something else",
    steps: [
      post("", heldLease("a"), { as: "a" }),
      get("a", { headers: { accept: "text/html" } }),
      get("a", { headers: { accept: "*/*" } }),
      get("a", { headers: { accept: "" } }),
      get("a", { headers: { accept: "application/xml, application/json;q=0.5" } }),
      get("a", { headers: { accept: "application/json;stream=watch" } }),
      put("a", edit("a"), { headers: { accept: "image/png" } }),
    ],
  },
  {
    name: "body: answered in YAML",
    steps: [
      post("", lease("a", { holderIdentity: "x" }), {
        headers: { accept: "application/yaml" },
        pick: () => "YAML",
      }),
      get("b", { headers: { accept: "application/yaml" } }),
    ],
  },
];

/** Another parser of YAML has other words. */
function withoutParser(body: unknown): unknown {
  const { message, ...rest } = body as { message: string };
  return { ...rest, message: message.split("yaml: ")[0] };
}
