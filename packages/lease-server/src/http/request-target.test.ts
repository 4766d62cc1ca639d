import { describe, expect, it } from "vitest";
import { parseQuery, requestTarget, verbOf } from "./request-target.ts";

const LEASES = "/apis/coordination.k8s.io/v1";

/** `"verb resource namespace/name"`, or `"path"`. */
function read(method: string, url: string): string {
  const [path = "", search = ""] = url.split("?");
  const target = requestTarget(path);
  if (target.kind === "path") return "path";
  const { resource, namespace = "*", name = "" } = target;
  return `${verbOf(method, target, parseQuery(search)) ?? "none"} ${resource} ${namespace}/${name}`;
}

describe("requestTarget and verbOf", () => {
  it.each([
    ["GET", `${LEASES}/leases`, "list leases */"],
    ["GET", `${LEASES}/leases?watch=1`, "watch leases */"],
    ["GET", `${LEASES}/leases?watch=false`, "list leases */"],
    ["GET", `${LEASES}/namespaces/a/leases/`, "list leases a/"],
    ["GET", `${LEASES}/namespaces/a/leases/b`, "get leases a/b"],
    ["GET", `${LEASES}/namespaces/a/leases/b?watch=true`, "get leases a/b"],
    ["GET", `${LEASES}/namespaces/a/leases/%62`, "get leases a/b"],
    ["GET", `${LEASES}/watch/leases`, "watch leases */"],
    ["GET", `${LEASES}/watch/namespaces/a/leases/b`, "watch leases a/b"],
    ["POST", `${LEASES}/namespaces/a/leases`, "create leases a/"],
    ["PUT", `${LEASES}/namespaces/a/leases/b`, "update leases a/b"],
    ["PATCH", `${LEASES}/namespaces/a/leases/b`, "patch leases a/b"],
    ["DELETE", `${LEASES}/namespaces/a/leases/b`, "delete leases a/b"],
    ["DELETE", `${LEASES}/namespaces/a/leases`, "deletecollection leases a/"],
    ["HEAD", `${LEASES}/namespaces/a/leases/b`, "none leases a/b"],
    ["GET", "/api/v1/namespaces", "list namespaces */"],
    ["DELETE", "/api/v1/namespaces/a", "delete namespaces */a"],
    ["GET", "/api/v1/watch/namespaces/a", "watch namespaces */a"],
    ["POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "create selfsubjectaccessreviews */"],
    ["GET", `${LEASES}/namespaces//leases`, "path"],
    ["GET", `${LEASES}/namespaces/a/leases/b/c`, "path"],
    ["GET", `${LEASES}/namespaces/a/leases/b%2Fc`, "path"],
    ["GET", `${LEASES}/leases/a`, "path"],
    ["GET", `${LEASES}/`, "path"],
    ["GET", LEASES, "path"],
    ["GET", "/api/v1/namespaces/a/pods", "path"],
    ["GET", "/", "path"],
    ["GET", "*", "path"],
  ])("reads %s %s as %j", (method, url, expected) => {
    expect(read(method, url)).toBe(expected);
  });
});

describe("parseQuery", () => {
  it("leaves out what cannot be read, as the real server does", () => {
    expect([...parseQuery("a=1&b=%zz&c=1;d=2&e=%20f+g&a=2")]).toEqual([
      ["a", "1"],
      ["e", " f g"],
      ["a", "2"],
    ]);
  });
});
