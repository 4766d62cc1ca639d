import { describe, expect, it } from "vitest";
import type { AccessAttributes } from "./access.ts";
import { forbidden } from "./forbidden.ts";
import { openAccess } from "./open-access.ts";
import type { AccessRule } from "./rules.ts";
import { tokenAccess } from "./token-access.ts";

const LEASES = { group: "coordination.k8s.io", resource: "leases" };

describe("tokenAccess", () => {
  const access = tokenAccess({
    tokens: [
      { token: "token-a", user: "a", groups: ["team"] },
      { token: "token-b", user: "b", groups: ["system:masters"] },
    ],
  });

  it("knows who sent a token, as Kubernetes reads the header", () => {
    const caller = { user: "a", groups: ["team", "system:authenticated"] };
    for (const header of ["Bearer token-a", "bearer token-a", "BEARER token-a more", "  Bearer token-a  "]) {
      expect(access.authenticate(header)).toEqual(caller);
    }
    expect(access.authenticate("Bearer token-b").user).toBe("b");
  });

  it("answers 401 to another token, and says no more than that", () => {
    for (const header of ["Bearer token", "Bearer token-aa", "bearer TOKEN-A"]) {
      expect(() => access.authenticate(header), header).toThrow(
        expect.objectContaining({ code: 401, reason: "Unauthorized", message: "Unauthorized" }),
      );
    }
  });

  it("takes whoever sends no bearer token for anonymous, who may do nothing, not even ask what it may", () => {
    for (const header of [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      "Bearer  token-a",
      "Basic token-a",
      "token-a",
    ]) {
      const caller = access.authenticate(header);
      expect(caller, String(header)).toEqual({
        user: "system:anonymous",
        groups: ["system:unauthenticated"],
      });
      for (const attributes of [
        { ...LEASES, verb: "get", namespace: "default", name: "demo" },
        { group: "authorization.k8s.io", resource: "selfsubjectaccessreviews", verb: "create" },
      ]) {
        expect(access.allows(caller, attributes)).toBe(false);
      }
    }
  });

  it("forbids whatever no rule allows, and lets the masters do everything", () => {
    const attributes = { ...LEASES, verb: "get", namespace: "default", name: "demo" };
    expect(access.allows(access.authenticate("Bearer token-a"), attributes)).toBe(false);
    expect(access.allows(access.authenticate("Bearer token-b"), attributes)).toBe(true);
  });

  it("lets everybody with a token ask what they may do", () => {
    const attributes = {
      group: "authorization.k8s.io",
      resource: "selfsubjectaccessreviews",
      verb: "create",
    };
    expect(access.allows(access.authenticate("Bearer token-a"), attributes)).toBe(true);
    expect(access.allows(access.authenticate("Bearer token-a"), { ...attributes, verb: "list" })).toBe(false);
  });

  it("allows nothing to a caller that it did not authenticate", () => {
    const granted = tokenAccess({ tokens: [{ token: "t", user: "u", rules: [{ verbs: ["*"] }] }] });
    const attributes = { ...LEASES, verb: "get", namespace: "default", name: "demo" };
    expect(granted.allows(granted.authenticate("Bearer t"), attributes)).toBe(true);
    expect(granted.allows({ user: "u", groups: [] }, attributes)).toBe(false);
  });
});

describe("rules", () => {
  it("match as Kubernetes' do", () => {
    const cases: readonly [boolean, AccessRule, Partial<AccessAttributes>][] = [
      [true, { verbs: ["get"] }, {}],
      [false, { verbs: ["list"] }, {}],
      [false, { verbs: ["Get"] }, {}],
      [true, { verbs: ["*"] }, { verb: "deletecollection" }],
      [true, { verbs: ["get"], resources: ["*"] }, { group: "", resource: "namespaces" }],
      [
        true,
        { verbs: ["get"], apiGroups: [""], resources: ["namespaces"] },
        { group: "", resource: "namespaces" },
      ],
      [false, { verbs: ["get"], apiGroups: [""], resources: ["leases"] }, {}],
      [false, { verbs: ["get"] }, { group: "", resource: "namespaces" }],
      [false, { verbs: ["get"], resources: ["lease"] }, {}],
      [false, { verbs: ["get"], resources: ["leases/status"] }, {}],
      [true, { verbs: ["get"], namespaces: ["other", "default"] }, {}],
      [false, { verbs: ["get"], namespaces: ["other"] }, {}],
      [true, { verbs: ["list"] }, { verb: "list", namespace: undefined, name: undefined }],
      [
        false,
        { verbs: ["list"], namespaces: ["default"] },
        { verb: "list", namespace: undefined, name: undefined },
      ],
      [true, { verbs: ["list"], namespaces: ["*"] }, { verb: "list", namespace: undefined, name: undefined }],
    ];
    for (const [allowed, rule, changes] of cases) expectAllowed(allowed, rule, changes);
  });

  it("with names never match a request without one", () => {
    const rule: AccessRule = { verbs: ["*"], resourceNames: ["demo", "other"] };
    for (const verb of ["get", "update", "patch", "delete", "watch", "list"]) {
      expectAllowed(true, rule, { verb, name: "demo" });
      expectAllowed(false, rule, { verb, name: "third" });
    }
    for (const verb of ["create", "deletecollection", "list", "watch"]) {
      expectAllowed(false, rule, { verb, name: undefined });
      expectAllowed(false, rule, { verb, name: "" });
      expectAllowed(true, { verbs: [verb], resourceNames: [] }, { verb, name: undefined });
    }
    // As in Kubernetes "*" is a name like any other here.
    expectAllowed(false, { verbs: ["get"], resourceNames: ["*"] }, {});
  });
});

describe("openAccess", () => {
  it("takes everybody for an administrator", () => {
    const access = openAccess();
    const caller = access.authenticate(undefined);
    expect(caller.groups).toContain("system:masters");
    expect(access.authenticate("Bearer whatever")).toEqual(caller);
    expect(access.allows(caller, { ...LEASES, verb: "deletecollection", namespace: "default" })).toBe(true);
  });
});

describe("forbidden", () => {
  const caller = { user: "u", groups: [] };

  it("words a 403 as Kubernetes does, for a name, a collection, the whole cluster and another group", () => {
    const named = { ...LEASES, verb: "get", namespace: "default", name: "x" };
    expect(forbidden(caller, named).toStatus()).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message:
        'leases.coordination.k8s.io "x" is forbidden: User "u" cannot get resource "leases" in API group "coordination.k8s.io" in the namespace "default"',
      reason: "Forbidden",
      details: { name: "x", group: "coordination.k8s.io", kind: "leases" },
      code: 403,
    });
    const list = forbidden(caller, { ...LEASES, verb: "list", namespace: "default" });
    expect(list.message).toBe(
      'leases.coordination.k8s.io is forbidden: User "u" cannot list resource "leases" in API group "coordination.k8s.io" in the namespace "default"',
    );
    expect(list.details).toEqual({ group: "coordination.k8s.io", kind: "leases" });
    expect(forbidden(caller, { ...LEASES, verb: "watch" }).message).toBe(
      'leases.coordination.k8s.io is forbidden: User "u" cannot watch resource "leases" in API group "coordination.k8s.io" at the cluster scope',
    );
    const namespace = forbidden(caller, {
      group: "",
      resource: "namespaces",
      verb: "get",
      namespace: "x",
      name: "x",
    });
    expect(namespace.message).toBe(
      'namespaces "x" is forbidden: User "u" cannot get resource "namespaces" in API group "" in the namespace "x"',
    );
    expect(namespace.details).toEqual({ name: "x", kind: "namespaces" });
  });

  it("lets no name pass for a page", () => {
    const { message } = forbidden(
      { user: "<b>&", groups: [] },
      { ...LEASES, verb: "list", namespace: "default" },
    );
    expect(message).toContain('User "&lt;b&gt;&amp;" cannot');
  });
});

function expectAllowed(allowed: boolean, rule: AccessRule, changes: Partial<AccessAttributes>): void {
  const access = tokenAccess({ tokens: [{ token: "t", user: "u", rules: [rule] }] });
  const attributes = { ...LEASES, verb: "get", namespace: "default", name: "demo", ...changes };
  const caller = access.authenticate("Bearer t");
  expect(access.allows(caller, attributes), JSON.stringify({ rule, attributes })).toBe(allowed);
}
