import type { KubeApi } from "./kube-api.ts";
import { type RecordView, viewRecord } from "./record-view.ts";

/** One lock of many. */
export interface ListedLock extends RecordView {
  /** Of Leases; `null` in other stores. */
  readonly namespace: string | null;
  readonly name: string;
}

interface LeaseItem {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly uid?: string;
  };
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number | null;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number | null;
  } | null;
}

interface LeaseList {
  readonly items?: readonly LeaseItem[];
  readonly metadata?: { readonly continue?: string };
}

const PAGE = 500;

/** Every Lease of a namespace, or of all: page by page, as large clusters want it. */
export async function listLeases(
  api: KubeApi,
  namespace: string | undefined,
  { timeoutMs, nowMs }: { readonly timeoutMs: number; readonly nowMs: () => number },
): Promise<ListedLock[]> {
  const path =
    namespace === undefined
      ? "/apis/coordination.k8s.io/v1/leases"
      : `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const listed: ListedLock[] = [];
  let next = "";
  do {
    const query = next === "" ? `limit=${PAGE}` : `limit=${PAGE}&continue=${encodeURIComponent(next)}`;
    // What answers 200 on this path is a LeaseList; every field that is used may be missing.
    const page = (await api.get(`${path}?${query}`, { timeoutMs })) as LeaseList | undefined;
    for (const item of page?.items ?? []) listed.push(listedLease(item, nowMs()));
    next = page?.metadata?.continue ?? "";
  } while (next !== "");
  return listed;
}

function listedLease({ metadata, spec }: LeaseItem, nowMs: number): ListedLock {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec ?? {};
  const view = viewRecord(
    {
      record: {
        holderIdentity: holderIdentity ?? "",
        leaseDurationMs: (leaseDurationSeconds ?? 0) * 1_000,
        acquireTime: acquireTime ?? undefined,
        renewTime: renewTime ?? undefined,
        leaderTransitions: leaseTransitions ?? 0,
      },
      version: metadata.resourceVersion ?? "",
      incarnation: metadata.uid ?? "",
      fencingToken: /^\d+$/.test(metadata.resourceVersion ?? "")
        ? BigInt(metadata.resourceVersion ?? 0)
        : undefined,
    },
    nowMs,
  );
  return { namespace: metadata.namespace ?? null, name: metadata.name, ...view };
}
