import { type ApiEndpoint, apiRequest, apiRequestOk } from "./api-client.ts";
import { pollUntil } from "./poll.ts";

/** One rule of a Role, as in `rbac.authorization.k8s.io/v1`. */
export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[] | undefined;
  readonly verbs: readonly string[];
}

/** A Role for a ServiceAccount: role and binding carry the same name. */
export interface RoleBindingSpec {
  readonly namespace: string;
  /** Name of the ServiceAccount, in the same namespace. */
  readonly serviceAccount: string;
  /** Name of the Role and its RoleBinding. @defaultValue the ServiceAccount's name */
  readonly name?: string | undefined;
  readonly rules: readonly RoleRule[];
}

/** Names what {@link unbindRole} takes away. */
export type RoleBindingReference = Omit<RoleBindingSpec, "rules">;

interface Role {
  readonly rules: readonly RoleRule[];
}

const RBAC_API = "/apis/rbac.authorization.k8s.io/v1";

/**
 * Creates a Role (or gives an existing one these rules) and binds it; resolves once the apiserver's authorizer grants
 * every rule, which is some milliseconds after the writes.
 */
export async function bindRole(endpoint: ApiEndpoint, spec: RoleBindingSpec): Promise<void> {
  const { namespace, serviceAccount, name = serviceAccount, rules } = spec;
  const roles = `${RBAC_API}/namespaces/${namespace}/roles`;
  const metadata = { name, namespace };
  await createOrReplace(endpoint, roles, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata,
    rules,
  });
  await createOrReplace(endpoint, `${RBAC_API}/namespaces/${namespace}/rolebindings`, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata,
    subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
  });
  await waitForAccess(endpoint, spec, rules, true);
}

/** Removes the binding and its Role; resolves once the authorizer denies what the rules granted. */
export async function unbindRole(endpoint: ApiEndpoint, reference: RoleBindingReference): Promise<void> {
  const { namespace, serviceAccount, name = serviceAccount } = reference;
  const rolePath = `${RBAC_API}/namespaces/${namespace}/roles/${name}`;
  const { rules } = await apiRequestOk<Role>(endpoint, "GET", rolePath);
  await apiRequestOk(endpoint, "DELETE", `${RBAC_API}/namespaces/${namespace}/rolebindings/${name}`);
  await apiRequestOk(endpoint, "DELETE", rolePath);
  await waitForAccess(endpoint, reference, rules, false);
}

interface NamedObject {
  readonly [field: string]: unknown;
  readonly metadata: { readonly name: string };
}

async function createOrReplace(
  endpoint: ApiEndpoint,
  collection: string,
  object: NamedObject,
): Promise<void> {
  const created = await apiRequest(endpoint, "POST", collection, object);
  if (created.status === 409) {
    await apiRequestOk(endpoint, "PUT", `${collection}/${object.metadata.name}`, object);
  } else if (created.status !== 201) {
    throw new Error(
      `Expected POST ${collection} to create, got ${created.status}: ${JSON.stringify(created.body)}`,
    );
  }
}

interface SubjectAccessReview {
  readonly status: { readonly allowed: boolean };
}

/** Asks the authorizer itself, for the first verb of every rule and resource: a rule is granted as a whole. */
async function waitForAccess(
  endpoint: ApiEndpoint,
  { namespace, serviceAccount }: RoleBindingReference,
  rules: readonly RoleRule[],
  wanted: boolean,
): Promise<void> {
  for (const { apiGroups, resources, resourceNames, verbs } of rules) {
    for (const resource of resources) {
      const resourceAttributes = {
        namespace,
        group: apiGroups[0],
        resource,
        verb: verbs[0],
        name: resourceNames?.[0],
      };
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: `system:serviceaccount:${namespace}:${serviceAccount}`, resourceAttributes },
      };
      const what = `RBAC to ${wanted ? "grant" : "deny"} ${serviceAccount} ${verbs[0]} ${resource}`;
      await pollUntil(
        async () => {
          const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
          const { status } = await apiRequestOk<SubjectAccessReview>(endpoint, "POST", path, review);
          return status.allowed === wanted;
        },
        { what, timeoutMs: 10_000, intervalMs: 20 },
      );
    }
  }
}
