import type { AccessAttributes } from "./access.ts";

/**
 * What a token allows: a rule of a Kubernetes Role, and the namespaces it is for. `"*"` stands for everything.
 * Rules only ever allow; whatever none allows is forbidden.
 */
export interface AccessRule {
  /** `"get"`, `"list"`, `"watch"`, `"create"`, `"update"`, `"patch"`, `"delete"`, `"deletecollection"` */
  readonly verbs: readonly string[];
  /**
   * `""` is the group of namespaces.
   * @defaultValue `["*"]`
   */
  readonly apiGroups?: readonly string[] | undefined;
  /** @defaultValue `["leases"]` */
  readonly resources?: readonly string[] | undefined;
  /**
   * Names of Leases. Requests without a name, `create` by POST, `deletecollection`, and `list` and `watch` without the field selector
   * `metadata.name`, are then never allowed by this rule, as in Kubernetes.
   * @defaultValue all
   */
  readonly resourceNames?: readonly string[] | undefined;
  /**
   * Where the rule holds; a rule for some namespaces never allows a request for all of them.
   * @defaultValue all
   */
  readonly namespaces?: readonly string[] | undefined;
}

/** Whether a rule allows a request, as Kubernetes' RBAC decides it. */
export function ruleAllows(rule: AccessRule, attributes: AccessAttributes): boolean {
  const { verbs, apiGroups = ["*"], resources = ["leases"], resourceNames = [], namespaces = ["*"] } = rule;
  const { verb, group, resource, name = "", namespace = "" } = attributes;
  return (
    includes(verbs, verb) &&
    includes(apiGroups, group) &&
    includes(resources, resource) &&
    // An empty list is all names, and "*" is no wildcard here: both as in Kubernetes.
    (resourceNames.length === 0 || resourceNames.includes(name)) &&
    includes(namespaces, namespace)
  );
}

function includes(allowed: readonly string[], wanted: string): boolean {
  return allowed.includes("*") || allowed.includes(wanted);
}
