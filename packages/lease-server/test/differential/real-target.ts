import { pollUntil, type TestbedClient } from "@tenure/testbed";
import type { Asker } from "./step.ts";
import { LIMITED_RULES, LIMITED_USER, POWERLESS_USER, type Target } from "./target.ts";

/** The real kube-apiserver. The administrator impersonates the users: they need no credentials of their own. */
export async function realTarget(testbed: TestbedClient): Promise<Target> {
  await grantLimited(testbed);
  const admin = { authorization: `Bearer ${testbed.adminToken}` };
  const credentials: Readonly<Record<Asker, Readonly<Record<string, string>>>> = {
    admin,
    limited: { ...admin, "impersonate-user": LIMITED_USER },
    nobody: { ...admin, "impersonate-user": POWERLESS_USER },
    stranger: { authorization: "Bearer not-a-token" },
  };
  return {
    url: testbed.apiserverUrl,
    ca: testbed.ca,
    credentials: (asker) => credentials[asker],
    // A new apiserver knows what there is, and nothing of what was.
    async forget() {
      await testbed.apiserver.stop();
      await testbed.apiserver.start();
    },
    async createNamespace(name) {
      await testbed.requestOk("POST", "/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name },
      });
    },
  };
}

/** Resolves once the apiserver grants it, which is some milliseconds after the writes. */
async function grantLimited(testbed: TestbedClient): Promise<void> {
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const meta = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: LIMITED_USER } };
  await testbed.request("POST", `${rbac}/clusterroles`, {
    ...meta,
    kind: "ClusterRole",
    rules: LIMITED_RULES,
  });
  await testbed.request("POST", `${rbac}/clusterrolebindings`, {
    ...meta,
    kind: "ClusterRoleBinding",
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: LIMITED_USER }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: LIMITED_USER },
  });
  await pollUntil(
    async () => {
      const { status } = await testbed.requestOk<{ status: { allowed: boolean } }>(
        "POST",
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SubjectAccessReview",
          spec: {
            user: LIMITED_USER,
            resourceAttributes: {
              group: "coordination.k8s.io",
              resource: "leases",
              verb: "create",
              namespace: "x",
            },
          },
        },
      );
      return status.allowed;
    },
    { what: "the limited user's role", timeoutMs: 10_000 },
  );
}
