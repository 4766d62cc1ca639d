import { fileURLToPath } from "node:url";
import { type LockFixture, type LockRequest, testResourceLock } from "@tenure/conformance";
import type { RoleRule, TestbedClient } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, it } from "vitest";
import { createLock, type LeaseCandidateOptions } from "./candidate.fixture.ts";
import { leasePath } from "./world.fixture.ts";

const LEASES = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };
const REPORTS = fileURLToPath(new URL("../../../.conformance/", import.meta.url));

/** What the first replicas of client-go were given, and what is enough for one name. */
const ROLES = {
  "the original Role": (): readonly RoleRule[] => [
    { ...LEASES, verbs: ["get", "watch", "list", "delete", "update", "create"] },
  ],
  "the least-privilege Role": (name: string): readonly RoleRule[] => [
    { ...LEASES, verbs: ["create"] },
    { ...LEASES, resourceNames: [name], verbs: ["get", "update", "watch"] },
  ],
} as const;

function fixture(testbed: TestbedClient, role: keyof typeof ROLES): LockFixture {
  return {
    backend: "@tenure/lock-k8s-lease",
    variant: `Kubernetes ${testbed.versions.kubeApiserver}, ${role}`,
    capabilities: {
      fencing: "monotonic-unless-data-loss",
      watch: "resumable",
      granularityMs: 1000,
      durability: "replicated",
    },
    hooks: {
      servers: true,
      corrupt: "the API server stores nothing under a Lease's name but a valid Lease",
      annotate: true,
      restart: true,
      compact:
        "etcd's history behind an API server cannot be forgotten on request; unit tests answer 410 Gone",
      "unknown-credentials": true,
      "forbidden-credentials": true,
      candidate: true,
    },
    async setup() {
      const namespace = await testbed.createNamespace("conformance");
      const server = { host: "127.0.0.1", port: testbed.apiserverPort };
      const tokens = new Map<string, string>();
      const nobody = await testbed.serviceAccount({ namespace, name: "nobody" });
      /** A service account with the Role, for one name: the least one is. */
      const tokenFor = async (name: string): Promise<string> => {
        const key = role === "the original Role" ? "everybody" : name;
        const known = tokens.get(key);
        if (known !== undefined) return known;
        const account = `member-${tokens.size}`;
        const { token } = await testbed.serviceAccount({ namespace, name: account, role: ROLES[role](name) });
        tokens.set(key, token);
        return token;
      };
      const optionsFor = (token: string): LeaseCandidateOptions => ({
        namespace,
        token,
        server,
        ca: testbed.ca,
      });
      const create = async (request: LockRequest) => {
        const { credentials, name } = request;
        // A name that is refused needs no Role, and could not be in one.
        const isValid = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) && name.length <= 253;
        const token =
          credentials === "unknown"
            ? "not-a-token"
            : credentials === "forbidden"
              ? nobody.token
              : isValid
                ? await tokenFor(name)
                : "not-used";
        return createLock(optionsFor(token))(request);
      };
      return {
        createLock: create,
        servers: [server],
        versions: { "kube-apiserver": testbed.versions.kubeApiserver, etcd: testbed.versions.etcd },
        stranger: {
          async remove(name) {
            const { status } = await testbed.request("DELETE", leasePath(namespace, name));
            if (status !== 200 && status !== 404)
              throw new Error(`Expected the Lease to be deleted, got ${status}`);
          },
          async annotate(name) {
            const path = leasePath(namespace, name);
            const lease = await testbed.requestOk<{ metadata: Record<string, unknown> }>("GET", path);
            const metadata = { ...lease.metadata, annotations: { "example.com/note": "kept" } };
            await testbed.requestOk("PUT", path, { ...lease, metadata });
          },
          async isAnnotated(name) {
            const { metadata } = await testbed.requestOk<{
              metadata: { readonly annotations?: Record<string, string> };
            }>("GET", leasePath(namespace, name));
            return metadata.annotations?.["example.com/note"] === "kept";
          },
        },
        faults: {
          async restart() {
            await testbed.apiserver.stop();
            await testbed.apiserver.start();
          },
        },
        candidate: async (name) => ({
          module: new URL("./candidate.fixture.ts", import.meta.url).href,
          options: optionsFor(await tokenFor(name)),
        }),
        async teardown() {},
      };
    },
  };
}

describeWithServers("conformance", (testbed) => {
  for (const role of ["the original Role", "the least-privilege Role"] as const) {
    testResourceLock({ describe, it, beforeAll, afterAll }, fixture(testbed, role), {
      reportFolder: REPORTS,
    });
  }
});
