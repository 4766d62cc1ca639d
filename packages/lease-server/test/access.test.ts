/** What callers with few rights are told: the same by lease-server and by the real kube-apiserver, RBAC rule for rule. */
import { startLeaseServer } from "@tenure/lease-server";
import { LeaseClient } from "@tenure/lock-k8s-lease";
import type { RoleRule } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { exchange } from "./differential/exchange.ts";

const LEASES = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };
const ROLES: Readonly<Record<string, readonly RoleRule[]>> = {
  "no rule": [],
  "create alone": [{ ...LEASES, verbs: ["create"] }],
  "update and patch without create": [{ ...LEASES, verbs: ["update", "patch"] }],
  "rules for one name": [
    { ...LEASES, verbs: ["create"] },
    { ...LEASES, resourceNames: ["mine"], verbs: ["get", "list", "watch", "update", "patch", "delete"] },
  ],
  "every verb for one name": [{ ...LEASES, resourceNames: ["mine", "by-put"], verbs: ["*"] }],
  "everything in the namespace": [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
  "the wrong group": [{ apiGroups: [""], resources: ["leases"], verbs: ["*"] }],
  "the wrong resource": [
    { apiGroups: ["coordination.k8s.io"], resources: ["lease", "leases/status"], verbs: ["*"] },
  ],
  "what a list with names cannot give": [
    { ...LEASES, resourceNames: ["mine"], verbs: ["create", "list", "watch", "deletecollection"] },
  ],
};

interface Call {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly body?: object | undefined;
  readonly contentType?: string | undefined;
  /** Instead of the worker's. */
  readonly authorization?: string | undefined;
}

describeWithServers("access", (testbed) => {
  const namespaces: string[] = [];
  const tokens: string[] = [];
  let server: Awaited<ReturnType<typeof startLeaseServer>>;
  beforeAll(async () => {
    for (const role of Object.values(ROLES)) {
      const namespace = await testbed.createNamespace("access");
      namespaces.push(namespace);
      tokens.push((await testbed.serviceAccount({ namespace, name: "worker", role })).token);
    }
    server = await startLeaseServer({
      strictNamespaces: true,
      tokens: [
        { token: "admin", user: "admin", groups: ["system:masters"] },
        ...Object.values(ROLES).map((rules, index) => {
          const namespace = namespaces[index] ?? "";
          const user = `system:serviceaccount:${namespace}:worker`;
          return {
            token: `worker-${index}`,
            user,
            rules: rules.map((rule) => ({ ...rule, namespaces: [namespace] })),
          };
        }),
      ],
    });
    for (const namespace of namespaces) {
      const other = { path: leases(namespace), method: "POST", body: lease("other", namespace) };
      const namespaceObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
      await made(
        send(server.url, undefined, "admin", {
          path: "/api/v1/namespaces",
          method: "POST",
          body: namespaceObject,
        }),
      );
      await made(send(server.url, undefined, "admin", other));
      await made(send(testbed.apiserverUrl, testbed.ca, testbed.adminToken, other));
    }
  });
  afterAll(() => server?.close());

  for (const [index, name] of Object.keys(ROLES).entries()) {
    it(`is refused in the same words as by the real one, with ${name}`, async () => {
      const namespace = namespaces[index] ?? "";
      const outcomes: string[] = [];
      for (const call of calls(namespace)) {
        const ours = await outcome(server.url, undefined, `worker-${index}`, call);
        const real = await outcome(testbed.apiserverUrl, testbed.ca, tokens[index] ?? "", call);
        expect(ours, call.what).toEqual(real);
        outcomes.push(`${call.what}: ${real.status}`);
      }
      // Both of them could be wrong in the same way only if this is.
      expect(outcomes.filter((each) => each.endsWith("403")).length).toBeGreaterThan(
        name.startsWith("everything") ? 0 : 5,
      );
    });
  }
});

describe("a replica whose Role lacks a verb", () => {
  it("is told which one, by lock-k8s-lease", async () => {
    const server = await startLeaseServer({
      tokens: [
        {
          token: "worker-token",
          user: "worker",
          rules: [{ verbs: ["create", "get"], namespaces: ["default"] }],
        },
      ],
    });
    onTestFinished(() => server.close());
    const client = new LeaseClient({ kubeConfig: server.kubeConfig });
    onTestFinished(() => client.close());
    const lock = client.lock({ name: "demo", namespace: "default" });
    const record = {
      holderIdentity: "worker-1",
      leaseDurationMs: 15_000,
      acquireTime: "2026-11-25T10:00:00.000000Z",
      renewTime: "2026-11-25T10:00:00.000000Z",
      leaderTransitions: 0,
    };
    const created = await lock.create(record, { timeoutMs: 5000 });
    const refused = lock.update(record, created, { timeoutMs: 5000 });
    await expect(refused).rejects.toMatchObject({ code: "ERR_LOCK_FORBIDDEN", outcome: "not-applied" });
    await expect(refused).rejects.toThrow(
      'user "worker" may not update leases.coordination.k8s.io "demo" in namespace "default"',
    );

    const stranger = new LeaseClient({ kubeConfig: server.kubeConfigFor("not-a-token") });
    onTestFinished(() => stranger.close());
    const unknown = stranger.lock({ name: "demo", namespace: "default" }).get({ timeoutMs: 5000 });
    await expect(unknown).rejects.toMatchObject({ code: "ERR_LOCK_UNAUTHENTICATED" });
  });
});

/** In an order in which each finds what those before left, whether they were allowed or not. */
function calls(namespace: string): readonly Call[] {
  const all = leases(namespace);
  const one = (name: string): string => `${all}/${name}`;
  const apply = { ...lease("by-apply", namespace), spec: { holderIdentity: "a" } };
  const review = (verb: string, name?: string): object => ({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        verb,
        group: "coordination.k8s.io",
        resource: "leases",
        namespace,
        ...(name && { name }),
      },
    },
  });
  const reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  return [
    { what: "create", method: "POST", path: all, body: lease("mine", namespace) },
    { what: "create again", method: "POST", path: all, body: lease("mine", namespace) },
    {
      what: "create with a generated name",
      method: "POST",
      path: all,
      body: { ...lease("", namespace), metadata: { generateName: "some-" } },
    },
    { what: "get mine", method: "GET", path: one("mine") },
    { what: "get another", method: "GET", path: one("other") },
    { what: "get what is not there", method: "GET", path: one("missing") },
    { what: "update", method: "PUT", path: one("mine"), body: lease("mine", namespace) },
    { what: "update another", method: "PUT", path: one("other"), body: lease("other", namespace) },
    { what: "create by update", method: "PUT", path: one("by-put"), body: lease("by-put", namespace) },
    {
      what: "create by update, refused for its body too",
      method: "PUT",
      path: one("by-put-2"),
      body: { ...lease("by-put-2", namespace), spec: { leaseDurationSeconds: 0 } },
    },
    {
      what: "patch",
      method: "PATCH",
      path: one("mine"),
      body: { spec: { holderIdentity: "p" } },
      contentType: "application/merge-patch+json",
    },
    {
      what: "patch what is not there",
      method: "PATCH",
      path: one("missing"),
      body: {},
      contentType: "application/merge-patch+json",
    },
    {
      what: "create by apply",
      method: "PATCH",
      path: `${one("by-apply")}?fieldManager=t`,
      body: apply,
      contentType: "application/apply-patch+yaml",
    },
    { what: "list", method: "GET", path: all },
    { what: "list mine", method: "GET", path: `${all}?fieldSelector=metadata.name%3Dmine` },
    { what: "list another", method: "GET", path: `${all}?fieldSelector=metadata.name%3Dother` },
    { what: "list all but mine", method: "GET", path: `${all}?fieldSelector=metadata.name!%3Dmine` },
    { what: "watch", method: "GET", path: `${all}?watch=true&timeoutSeconds=1&resourceVersion=0` },
    {
      what: "watch mine",
      method: "GET",
      path: `${all}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dmine`,
    },
    { what: "list everywhere", method: "GET", path: "/apis/coordination.k8s.io/v1/leases" },
    {
      what: "watch everywhere",
      method: "GET",
      path: "/apis/coordination.k8s.io/v1/leases?watch=true&timeoutSeconds=1",
    },
    { what: "list in another namespace", method: "GET", path: leases("kube-system") },
    { what: "get its namespace", method: "GET", path: `/api/v1/namespaces/${namespace}` },
    { what: "list namespaces", method: "GET", path: "/api/v1/namespaces" },
    {
      what: "create a namespace",
      method: "POST",
      path: "/api/v1/namespaces",
      body: { metadata: { name: "nope" } },
    },
    { what: "ask whether it may update", method: "POST", path: reviews, body: review("update") },
    { what: "ask whether it may update mine", method: "POST", path: reviews, body: review("update", "mine") },
    { what: "read discovery", method: "GET", path: "/apis/coordination.k8s.io/v1" },
    { what: "read the version without a token", method: "GET", path: "/version", authorization: "" },
    { what: "get without a token", method: "GET", path: one("mine"), authorization: "" },
    {
      what: "get with an unknown token",
      method: "GET",
      path: one("mine"),
      authorization: "Bearer not-a-token",
    },
    { what: "get with a password", method: "GET", path: one("mine"), authorization: "Basic bWU6bWU=" },
    { what: "delete another", method: "DELETE", path: one("other") },
    { what: "delete mine", method: "DELETE", path: one("mine") },
    { what: "delete all", method: "DELETE", path: all },
  ];
}

interface Outcome {
  readonly status: number;
  /** Whole where it is a refusal; of what is allowed only what an access review says. */
  readonly body: unknown;
}

async function outcome(origin: string, ca: string | undefined, token: string, call: Call): Promise<Outcome> {
  const { status, text } = await send(origin, ca, token, call);
  if (status >= 400) return { status, body: JSON.parse(text) };
  return { status, body: call.path.includes("selfsubject") ? JSON.parse(text).status.allowed : undefined };
}

function send(origin: string, ca: string | undefined, token: string, call: Omit<Call, "what">) {
  const { method, path, body, contentType = "application/json", authorization = `Bearer ${token}` } = call;
  const headers = {
    "Content-Type": contentType,
    ...(authorization !== "" && { Authorization: authorization }),
  };
  return exchange({
    origin,
    ca,
    method,
    path,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

async function made(answer: ReturnType<typeof send>): Promise<void> {
  const { status, text } = await answer;
  expect(status, text).toBe(201);
}

function leases(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
}

function lease(name: string, namespace: string) {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace }, spec: {} };
}
