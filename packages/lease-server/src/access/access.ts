/** What a request wants to do, in the words of Kubernetes' RBAC. */
export interface AccessAttributes {
  /** `"get"`, `"list"`, `"watch"`, `"create"`, `"update"`, `"patch"`, `"delete"`, `"deletecollection"` */
  readonly verb: string;
  /** `"coordination.k8s.io"`, or `""` for namespaces. */
  readonly group: string;
  /** `"leases"`, `"namespaces"`, … */
  readonly resource: string;
  readonly namespace?: string | undefined;
  /** Empty for `create` and for collections; a watch or list by `fieldSelector=metadata.name=NAME` has that name. */
  readonly name?: string | undefined;
}

/** Who asks. */
export interface Caller {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Says who is asking and what they may do. */
export interface Access {
  /** @throws `ApiError` 401 when the token is unknown. Who sends none where one is needed is `system:anonymous`. */
  authenticate(authorization: string | undefined): Caller;
  /** Whether this caller may; the server words the 403. */
  allows(caller: Caller, attributes: AccessAttributes): boolean;
}
