import { KubeConfig } from "@kubernetes/client-node";
import type { LeaderElectionError, LeaderElectionRecord } from "@tenure/core";
import { LeaderElectionError as LockError } from "@tenure/core";
import { expect } from "vitest";
import { LeaseClient } from "../src/index.ts";

export const CALL = { timeoutMs: 10_000 };

/** A record as an elector writes it. */
export function record(change: Partial<LeaderElectionRecord> = {}): LeaderElectionRecord {
  return {
    holderIdentity: "tenure-1",
    leaseDurationMs: 15_000,
    acquireTime: "2026-11-23T19:13:00.123456Z",
    renewTime: "2026-11-23T19:13:10.654321Z",
    leaderTransitions: 3,
    ...change,
  };
}

/** The path of a Lease, for the testbed's own requests. */
export function leasePath(namespace: string, name = ""): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases${name && `/${name}`}`;
}

/** A client for a kubeconfig file, read with client-node as users do. */
export function clientFor(kubeconfigPath: string): LeaseClient {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfigPath);
  return new LeaseClient({ kubeConfig });
}

/** The error that a call must end with. */
export async function failure(call: Promise<unknown>): Promise<LeaderElectionError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LockError);
  // Just expected.
  return error as LeaderElectionError;
}

/** What must be there. */
export function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("Expected a value, got undefined");
  return value;
}
