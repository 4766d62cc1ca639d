/** The suite that every backend passes: `lock-k8s-lease`, unchanged, on lease-server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LockFixture, testResourceLock } from "@tenure/conformance";
import { type AccessToken, startLeaseServer } from "@tenure/lease-server";
import { createCertificateAuthority } from "@tenure/testbed";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type CandidateOptions, createLock } from "./candidate.fixture.ts";
import { exchange } from "./differential/exchange.ts";

const NAMESPACE = "default";
const ADMIN = "admin-token";
const TOKENS: readonly AccessToken[] = [
  { token: ADMIN, user: "admin", groups: ["system:masters"] },
  {
    token: "replica-token",
    user: "replica",
    rules: [
      {
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        verbs: ["create", "get", "update", "watch"],
      },
    ],
  },
  { token: "powerless-token", user: "powerless" },
];
const TOKEN_OF = { unknown: "not-a-token", forbidden: "powerless-token" } as const;

const fixture: LockFixture = {
  backend: "@tenure/lock-k8s-lease",
  variant: "lease-server",
  capabilities: {
    fencing: "monotonic-unless-data-loss",
    watch: "resumable",
    granularityMs: 1000,
    durability: "replicated",
  },
  hooks: {
    servers: true,
    corrupt: "the server stores nothing under a Lease's name but a valid Lease",
    annotate: true,
    restart: true,
    compact: true,
    throttle: true,
    "unknown-credentials": true,
    "forbidden-credentials": true,
    candidate: true,
  },
  async setup() {
    const folder = mkdtempSync(join(tmpdir(), "tenure-lease-server-conformance-"));
    // Of our own, so that a server that was restarted is trusted still.
    const authority = createCertificateAuthority();
    const { certificate, key } = authority.issueServing({ dnsNames: [], ipv4: ["127.0.0.1"] });
    const ca = authority.certificate;
    const options = {
      tls: { cert: certificate, key, ca },
      tokens: TOKENS,
      journalFile: join(folder, "leases.journal"),
    };
    let server = await startLeaseServer(options);
    const { port } = server;
    const address = { host: "127.0.0.1", port };
    const optionsFor = (token: string): CandidateOptions => ({
      namespace: NAMESPACE,
      token,
      server: address,
      ca,
    });
    const administer = administrator(optionsFor(ADMIN));
    return {
      createLock: (request) =>
        createLock(
          optionsFor(request.credentials === undefined ? "replica-token" : TOKEN_OF[request.credentials]),
        )(request),
      servers: [address],
      versions: { "lease-server": "0.0.0" },
      stranger: {
        async remove(name) {
          await administer("DELETE", name);
        },
        async annotate(name) {
          const lease = await administer<{ metadata: object }>("GET", name);
          const metadata = { ...lease.metadata, annotations: { "example.com/note": "kept" } };
          await administer("PUT", name, { ...lease, metadata });
        },
        async isAnnotated(name) {
          const { metadata } = await administer<{ metadata: { annotations?: Record<string, string> } }>(
            "GET",
            name,
          );
          return metadata.annotations?.["example.com/note"] === "kept";
        },
      },
      faults: {
        async restart() {
          await server.close();
          server = await startLeaseServer({ ...options, port });
        },
        async compact() {
          server.compact();
        },
        async throttle() {
          server.faults.set({ rules: [{ errorRate: 1, errorStatus: 429, retryAfterSeconds: 1 }] });
          return { retryAfterMs: 1_000, heal: async () => server.faults.clear() };
        },
      },
      candidate: {
        module: new URL("./candidate.fixture.ts", import.meta.url).href,
        options: optionsFor("replica-token"),
      },
      async teardown() {
        await server.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

/** Requests of somebody who may do everything. */
function administrator({ namespace, token, server, ca }: CandidateOptions) {
  return async <Body>(method: string, name: string, body?: unknown): Promise<Body> => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await exchange({
      origin: `https://${server.host}:${server.port}`,
      path: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`,
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: text,
      ca,
    });
    if (answer.status >= 400 && !(method === "DELETE" && answer.status === 404)) {
      throw new Error(`Expected ${method} ${name} to succeed, got ${answer.status}: ${answer.text}`);
    }
    return JSON.parse(answer.text) as Body; // the caller says what it expects
  };
}

describe("conformance on lease-server", () => {
  testResourceLock({ describe, it, beforeAll, afterAll }, fixture);
});
