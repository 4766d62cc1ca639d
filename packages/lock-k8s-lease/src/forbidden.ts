import type { LeaseKey } from "./lease-key.ts";
import { describeOperation, type Operation } from "./operation.ts";

/** RBAC's own sentence: `User "u" cannot update resource "leases" in API group "coordination.k8s.io" in the namespace "n"`. */
const RBAC_SENTENCE = /User "([^"]*)" cannot \w+ resource/;

/**
 * Says who may not do what, with the Role that would allow it. What the server forbids for another reason (a quota, a
 * namespace that is being deleted, a gateway in between) gets the server's words, and no Role that would not help.
 */
export function describeForbidden(operation: Operation, message: string | undefined): string {
  const { verb, key } = operation;
  const user = RBAC_SENTENCE.exec(message ?? "")?.[1];
  if (user === undefined) {
    return `${describeOperation(operation)} is forbidden: ${message ?? "the server gives no reason"}`;
  }
  return (
    `${describeOperation(operation)} is forbidden: user "${user}" may not ${verb} leases.coordination.k8s.io ` +
    `"${key.name}" in namespace "${key.namespace}". This Role allows what an election needs; bind it to that user ` +
    `with a RoleBinding:\n\n${minimalRole(key)}`
  );
}

/** The least an election needs, as YAML. `create` cannot be limited to a name; where the Lease exists, it is not needed. */
function minimalRole(key: LeaseKey): string {
  const name = JSON.stringify(key.name);
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: ${JSON.stringify(`${key.name}-leader-election`.slice(-253))}
  namespace: ${JSON.stringify(key.namespace)}
rules:
  - apiGroups: ["coordination.k8s.io"]
    resources: ["leases"]
    verbs: ["create"]
  - apiGroups: ["coordination.k8s.io"]
    resources: ["leases"]
    resourceNames: [${name}]
    verbs: ["get", "update", "watch"]
`;
}
