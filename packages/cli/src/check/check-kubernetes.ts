import type { KubeConfigLike } from "@tenure/lock-k8s-lease";
import { stringify } from "yaml";
import { KubeApi, messageOf } from "../kube-api.ts";
import { electionRole, electionRoleBinding, subjectOf } from "../manifest/rbac.ts";
import { type CheckItem, type CheckReport, permission } from "./check-report.ts";

/** The Lease that is to be elected on. */
export interface LeaseUnderCheck {
  readonly namespace: string;
  readonly name: string;
  /** Whether it exists; `undefined` when it could not be read. */
  readonly exists: boolean | undefined;
}

const WHY = {
  get: "read the record",
  update: "lead: renew and take over",
  watch: "learn of a release at once; without it replicas poll",
  create: "write the first record",
} as const;
type Verb = keyof typeof WHY;

/** Asks the server itself, verb by verb, what this identity may do (SelfSubjectAccessReview). Writes nothing. */
export async function checkKubernetes(
  kubeConfig: KubeConfigLike,
  lease: LeaseUnderCheck,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<CheckReport> {
  const api = new KubeApi(kubeConfig);
  const items: CheckItem[] = [];
  for (const verb of ["get", "update", "watch", "create"] as const) {
    const granted = await mayI(api, verb, lease, timeoutMs);
    // A Lease that exists is never created again: a least-privilege Role may leave `create` out.
    const spare = verb === "create" && granted === false && lease.exists === true;
    items.push(
      spare
        ? { check: "permission create", result: "ok", detail: "not granted, nor needed: the Lease exists" }
        : permission(verb, granted, WHY[verb]),
    );
    if (verb === "create" && granted === true && lease.exists === false) {
      items.push(await checkNamespace(api, lease, timeoutMs));
    }
  }
  const isMissing = items.some(({ check, result }) => check.startsWith("permission") && result === "missing");
  return { items, fix: isMissing ? await missingRbac(api, lease, timeoutMs) : undefined };
}

async function mayI(
  api: KubeApi,
  verb: Verb,
  { namespace, name }: LeaseUnderCheck,
  timeoutMs: number,
): Promise<boolean | undefined> {
  const { status, body } = await api.request(
    "POST",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    {
      timeoutMs,
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: {
          resourceAttributes: {
            group: "coordination.k8s.io",
            resource: "leases",
            namespace,
            verb,
            // RBAC knows no name of what is not there yet.
            ...(verb !== "create" && { name }),
          },
        },
      },
    },
  );
  if (status !== 201) return undefined;
  const allowed = (body as { readonly status?: { readonly allowed?: unknown } } | undefined)?.status?.allowed;
  return typeof allowed === "boolean" ? allowed : undefined;
}

/** A dry run goes all the way but for the write: it finds a namespace that is not there, a quota, an admission webhook. */
async function checkNamespace(
  api: KubeApi,
  { namespace, name }: LeaseUnderCheck,
  timeoutMs: number,
): Promise<CheckItem> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases?dryRun=All`;
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace } };
  const { status, body } = await api.request("POST", path, { timeoutMs, body: lease });
  return status === 201
    ? { check: "namespace", result: "ok", detail: "a dry run created the Lease" }
    : { check: "namespace", result: "missing", detail: `a dry run failed: ${messageOf(body)}` };
}

/** The Role, bound to whom the server says this is. */
async function missingRbac(api: KubeApi, lease: LeaseUnderCheck, timeoutMs: number): Promise<string> {
  const objects = [
    electionRole(lease, { mayCreate: lease.exists !== true }),
    electionRoleBinding(lease, subjectOf((await whoAmI(api, timeoutMs)) ?? "USER")),
  ];
  return objects
    .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd())
    .join("\n---\n");
}

async function whoAmI(api: KubeApi, timeoutMs: number): Promise<string | undefined> {
  const { status, body } = await api.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
    timeoutMs,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
  });
  if (status !== 201) return undefined;
  const review = body as
    | { readonly status?: { readonly userInfo?: { readonly username?: unknown } } }
    | undefined;
  const username = review?.status?.userInfo?.username;
  return typeof username === "string" ? username : undefined;
}
