import { type DeploymentOptions, deployment } from "./deployment.ts";
import { type ElectionAccess, electionRole, electionRoleBinding, type Manifest } from "./rbac.ts";

/** What is written. */
export interface ManifestOptions extends ElectionAccess {
  /** The Lease is part of it, so that nobody needs a right to create one. */
  readonly leastPrivilege: boolean;
  readonly deployment: Pick<DeploymentOptions, "image" | "replicas" | "command"> | undefined;
}

/** Everything that an election on Kubernetes needs, in the order in which it can be applied. */
export function manifests(options: ManifestOptions): readonly Manifest[] {
  const { namespace, serviceAccount, leastPrivilege } = options;
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: serviceAccount, namespace } },
    ...(leastPrivilege ? [lease(options)] : []),
    electionRole(options, { mayCreate: !leastPrivilege }),
    electionRoleBinding(options, { kind: "ServiceAccount", name: serviceAccount, namespace }),
    ...(options.deployment === undefined ? [] : [deployment({ ...options, ...options.deployment })]),
  ];
}

/** Without a `spec`: applied again, it takes nothing from who leads. */
function lease({ name, namespace }: ElectionAccess): Manifest {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace } };
}
