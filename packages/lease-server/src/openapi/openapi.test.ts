import { describe, expect, it } from "vitest";
import { LEASE_SCHEMA } from "../object/lease-schema.ts";
import { definitionName } from "./definitions.ts";
import { OPENAPI_DOCUMENTS } from "./openapi.ts";

const documents = [...OPENAPI_DOCUMENTS];

describe("the OpenAPI documents", () => {
  it("list at /openapi/v3 exactly the documents of version 3 that there are", () => {
    const index = OPENAPI_DOCUMENTS.get("/openapi/v3") as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    const listed = Object.values(index.paths).map(({ serverRelativeURL }) => serverRelativeURL);
    const there = documents.map(([path]) => path).filter((path) => path.startsWith("/openapi/v3/"));
    expect(listed.toSorted()).toEqual(there.toSorted());
  });

  it.each(documents)("%s has everything that it refers to", (_, document) => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path = ""]) => path,
    );
    for (const reference of references) {
      const [head = "", ...rest] = reference.split("/");
      const name = rest.at(-1) ?? "";
      const holder = rest.length === 2 ? at(at(document, head), rest[0] ?? "") : at(document, head);
      expect(Object.keys(holder as object), reference).toContain(name);
    }
  });

  it("describe every field of a Lease", () => {
    const document = OPENAPI_DOCUMENTS.get("/openapi/v3/apis/coordination.k8s.io/v1");
    const schemas = at(at(document, "components"), "schemas") as Record<string, { properties?: object }>;
    const spec = LEASE_SCHEMA.fields["spec"]?.schema;
    expect(Object.keys(schemas[definitionName("LeaseSpec")]?.properties ?? {})).toEqual(
      spec?.kind === "struct" ? Object.keys(spec.fields) : [],
    );
    for (const { properties = {} } of Object.values(schemas)) {
      for (const property of Object.values(properties)) expect(property).toHaveProperty("description");
    }
  });

  it("say that a patch takes fieldValidation: else kubectl would validate by itself", () => {
    for (const path of ["/openapi/v3/apis/coordination.k8s.io/v1", "/openapi/v3/api/v1", "/openapi/v2"]) {
      const paths = at(OPENAPI_DOCUMENTS.get(path), "paths") as Record<
        string,
        { patch?: { parameters: { name: string }[] } }
      >;
      const patches = Object.values(paths).flatMap(({ patch }) => (patch === undefined ? [] : [patch]));
      expect(patches.length).toBeGreaterThan(0);
      for (const { parameters } of patches)
        expect(parameters.map(({ name }) => name)).toContain("fieldValidation");
    }
  });
});

function at(value: unknown, name: string): unknown {
  return (value as Record<string, unknown>)[name];
}
