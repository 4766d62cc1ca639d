/** gRPC's status codes, those that are told apart here. */
export const GrpcCode = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** How a call ended. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
}

/** Whether etcd itself says so. gRPC gives the same codes to what proxies answer, and to what becomes of cut streams. */
export function isFromEtcd({ details }: GrpcStatus): boolean {
  return details.startsWith("etcdserver: ");
}

/**
 * Whether the server no longer knows the token, or knows that permissions changed since it was given. It then did nothing: the
 * token is looked at before the request, and again before it is applied.
 */
export function isTokenRefused(status: GrpcStatus): boolean {
  return (
    isFromEtcd(status) &&
    /: (?:invalid auth token|revision of auth store is old|user name is empty)$/.test(status.details)
  );
}

/**
 * Whether the member cannot serve anybody now, which it says before it looks at a request; another member may. A learner says
 * it with another code in etcd 3.6 than before. Other reasons to be unavailable may come after a request was proposed.
 */
export function isMemberUnfit({ details }: GrpcStatus): boolean {
  return UNFIT.has(details);
}

const UNFIT: ReadonlySet<string> = new Set([
  "etcdserver: no leader",
  "etcdserver: rpc not supported for learner",
  "etcdserver: not capable",
]);
