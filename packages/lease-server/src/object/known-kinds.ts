const CORE = [
  "ConfigMap",
  "Endpoints",
  "Event",
  "LimitRange",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Pod",
  "PodTemplate",
  "ReplicationController",
  "ResourceQuota",
  "Secret",
  "Service",
  "ServiceAccount",
];

const KINDS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["v1", new Set(CORE.flatMap((kind) => [kind, `${kind}List`]))],
  ["coordination.k8s.io/v1", new Set(["LeaseList"])],
]);

/**
 * Whether the real server knows that kind, though it is no Lease: then it says that it cannot be converted, not that it is
 * unknown. Only what a Lease is likely to be mistaken for is listed here.
 */
export function isOtherKind(groupVersion: string, kind: string): boolean {
  return KINDS.get(groupVersion)?.has(kind) === true;
}
