/** Which Lease, and who elects on it. */
export interface ElectionAccess {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** An object of Kubernetes. */
export type Manifest = Readonly<Record<string, unknown>> & { readonly kind: string };

const LEASES = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] } as const;

/**
 * All that an elector needs. `create` cannot be limited to a name: where the Lease exists beforehand, it is not needed.
 */
export function electionRole(
  { name, namespace }: Pick<ElectionAccess, "name" | "namespace">,
  { mayCreate }: { readonly mayCreate: boolean },
): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: roleName(name), namespace },
    rules: [
      ...(mayCreate ? [{ ...LEASES, verbs: ["create"] }] : []),
      { ...LEASES, resourceNames: [name], verbs: ["get", "update", "watch"] },
    ],
  };
}

/** Binds {@link electionRole} to a subject: `{ kind: "User", name }` or a ServiceAccount. */
export function electionRoleBinding(
  { name, namespace }: Pick<ElectionAccess, "name" | "namespace">,
  subject: Readonly<Record<string, string>>,
): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: roleName(name), namespace },
    subjects: [subject],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: roleName(name) },
  };
}

/** What a RoleBinding calls a user of this name: service accounts have names of a form of their own. */
export function subjectOf(user: string): Readonly<Record<string, string>> {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace === undefined || name === undefined
    ? { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }
    : { kind: "ServiceAccount", name, namespace };
}

function roleName(lease: string): string {
  return `${lease.slice(0, 253 - "-leader-election".length)}-leader-election`;
}
