import { describe, expect, it } from "vitest";
import { outputShape, wantsYaml } from "./negotiate.ts";

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

describe("outputShape", () => {
  it.each([
    [undefined, { kind: "object" }],
    ["", { kind: "object" }],
    ["*/*", { kind: "object" }],
    ["application/vnd.kubernetes.protobuf, application/json", { kind: "object" }],
    [`${TABLE}, application/json`, { kind: "table", version: "v1" }],
    ["application/json;as=Table;v=v1beta1;g=meta.k8s.io", { kind: "table", version: "v1beta1" }],
    ["application/json;as=Table;v=v2;g=meta.k8s.io, application/json", { kind: "object" }],
    [`application/json;q=0.9, ${TABLE};q=0.8`, { kind: "object" }],
    [
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
      { kind: "partial", ofList: true, version: "v1" },
    ],
  ])("answers Accept: %s with the first that it has", (accept, shape) => {
    expect(outputShape(accept, { transforms: true })).toEqual(shape);
  });

  it("knows tables of resources only, and one document for all only where there is one", () => {
    expect(() => outputShape(TABLE, { transforms: false })).toThrow(expect.objectContaining({ code: 406 }));
    const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    expect(outputShape(aggregated, { transforms: false, aggregatedDiscovery: true })).toEqual({
      kind: "discovery",
      version: "v2",
    });
    expect(() => outputShape(aggregated, { transforms: false })).toThrow(
      expect.objectContaining({ code: 406 }),
    );
  });

  it("answers 406 when it has none of them", () => {
    for (const accept of ["text/html", "application/vnd.kubernetes.protobuf"]) {
      expect(() => outputShape(accept, { transforms: true })).toThrow(
        expect.objectContaining({ code: 406, reason: "NotAcceptable" }),
      );
    }
  });
});

describe("wantsYaml", () => {
  it("is for whoever names YAML before JSON", () => {
    expect(wantsYaml("application/yaml")).toBe(true);
    expect(wantsYaml("application/yaml, application/json")).toBe(true);
    expect(wantsYaml("application/json, application/yaml")).toBe(false);
    expect(wantsYaml("application/yaml;q=0.5, */*")).toBe(false);
    expect(wantsYaml(undefined)).toBe(false);
  });
});
