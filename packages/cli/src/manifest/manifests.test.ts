import { expect, it } from "vitest";
import { manifests } from "./manifests.ts";
import { subjectOf } from "./rbac.ts";

const OPTIONS = {
  name: "my.worker",
  namespace: "jobs",
  serviceAccount: "worker",
  leastPrivilege: false,
  deployment: undefined,
};
const kinds = (objects: readonly { readonly kind: string }[]) => objects.map(({ kind }) => kind);

it("gives an account what an election needs, and no more", () => {
  const objects = manifests(OPTIONS);
  expect(kinds(objects)).toEqual(["ServiceAccount", "Role", "RoleBinding"]);
  expect(objects[1]).toMatchObject({
    metadata: { name: "my.worker-leader-election", namespace: "jobs" },
    rules: [
      { verbs: ["create"], resources: ["leases"] },
      { verbs: ["get", "update", "watch"], resources: ["leases"], resourceNames: ["my.worker"] },
    ],
  });
  expect(objects[2]).toMatchObject({
    subjects: [{ kind: "ServiceAccount", name: "worker", namespace: "jobs" }],
    roleRef: { name: "my.worker-leader-election" },
  });
});

it("makes the Lease with least privilege, without a spec that would take it from a leader, and lets nobody create one", () => {
  const objects = manifests({ ...OPTIONS, leastPrivilege: true });
  expect(kinds(objects)).toEqual(["ServiceAccount", "Lease", "Role", "RoleBinding"]);
  expect(objects[1]).not.toHaveProperty("spec");
  expect(JSON.stringify(objects[2])).not.toContain("create");
});

it("runs a command under `tenure run`, with probes; without one the image elects by itself", () => {
  const withCommand = manifests({
    ...OPTIONS,
    deployment: { image: "i", replicas: 2, command: ["sh", "w.sh"] },
  });
  expect(withCommand.at(-1)).toMatchObject({
    kind: "Deployment",
    metadata: { name: "my-worker" },
    spec: {
      replicas: 2,
      template: {
        spec: {
          serviceAccountName: "worker",
          containers: [
            {
              name: "my-worker",
              image: "i",
              command: ["tenure", "run"],
              args: expect.arrayContaining(["--lock=k8s://jobs/my.worker", "--", "sh", "w.sh"]),
              livenessProbe: { httpGet: { path: "/healthz" } },
              readinessProbe: { httpGet: { path: "/readyz" } },
            },
          ],
        },
      },
    },
  });
  const without = manifests({ ...OPTIONS, deployment: { image: "i", replicas: 2, command: [] } });
  expect(JSON.stringify(without)).toContain("POD_NAME");
  expect(JSON.stringify(without)).not.toContain("tenure");
});

it("keeps to the lengths that Kubernetes allows", () => {
  const name = `${"a".repeat(62)}.${"b".repeat(190)}`;
  const deployment = { image: "i", replicas: 1, command: ["x"] };
  const objects = manifests({ ...OPTIONS, name, deployment });
  expect(objects.at(-1)).toMatchObject({ metadata: { labels: { app: "a".repeat(62) } } });
  expect(JSON.stringify(objects[1])).toContain(`"name":"${name.slice(0, 237)}-leader-election"`);
});

it("binds to whom the server knows", () => {
  expect(subjectOf("system:serviceaccount:jobs:worker")).toEqual({
    kind: "ServiceAccount",
    name: "worker",
    namespace: "jobs",
  });
  expect(subjectOf("ada")).toEqual({ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ada" });
});
