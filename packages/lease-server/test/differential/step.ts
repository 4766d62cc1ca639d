/**
 * The words that the request set is written in. Plain data: `$(a.metadata.uid)` in a path, a header or a body stands for a field
 * of the answer that was named `a` before, `$(ns)` for the namespace of the case.
 */

/** A step that is no request: the server forgets what was before, as by a compaction. */
export const FORGET: RequestStep = { method: "FORGET", path: "" };

/** A step that is no request: waits until the clock shows another second, the grain of times in `metadata`. */
export const NEXT_SECOND: RequestStep = { method: "NEXT-SECOND", path: "" };

/** A body made from an earlier answer. */
export interface Edited {
  /** Name of the answer. */
  readonly from: string;
  /** By dotted path, `"spec.holderIdentity"`; `undefined` removes the field. */
  readonly set: Readonly<Record<string, unknown>>;
}

/** Who asks; what they may do is in `target.ts`. */
export type Asker = "admin" | "limited" | "nobody" | "stranger";

/** One request and its whole answer. */
export interface RequestStep {
  readonly method: string;
  readonly path: string;
  /** Names the answer, for later steps. */
  readonly as?: string;
  /** @defaultValue `"admin"` */
  readonly by?: Asker;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and strings are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  /** What is compared of a body that speaks of much else, e.g. of all API groups. */
  readonly pick?: (body: unknown) => unknown;
}

/** A request that is answered with events. */
export interface WatchStep extends RequestStep {
  /** How many events to read before it is given up; `"end"`: until the server ends it. */
  readonly until: number | "end";
  /** Made while the watch is open, one after another. */
  readonly meanwhile?: readonly RequestStep[];
}

export type Step = RequestStep | WatchStep;

/** Some requests that build on each other, in a namespace of their own. */
export interface Case {
  /** A sentence about what is asked, and unique. */
  readonly name: string;
  readonly steps: readonly Step[];
}

/** What is left open in a {@link RequestStep}. */
type More = Partial<Omit<RequestStep, "method" | "path" | "body">>;

/** The leases of the case's namespace. */
export const LEASES = "/apis/coordination.k8s.io/v1/namespaces/$(ns)/leases";

export const JSON_PATCH = "application/json-patch+json";
export const MERGE_PATCH = "application/merge-patch+json";
export const STRATEGIC_PATCH = "application/strategic-merge-patch+json";
export const APPLY_PATCH = "application/apply-patch+yaml";

/** `rest` is a name and a query: `"a?dryRun=All"`. */
function at(rest: string): string {
  if (rest.startsWith("/")) return rest;
  return rest === "" || rest.startsWith("?") ? `${LEASES}${rest}` : `${LEASES}/${rest}`;
}

/** Paths that start with a slash are taken as they are, others are below the leases of the case's namespace. */
export function get(rest: string, more: More = {}): RequestStep {
  return { method: "GET", path: at(rest), ...more };
}

export function post(rest: string, body: unknown, more: More = {}): RequestStep {
  return { method: "POST", path: at(rest), body, ...more };
}

export function put(rest: string, body: unknown, more: More = {}): RequestStep {
  return { method: "PUT", path: at(rest), body, ...more };
}

export function patch(type: string, rest: string, body: unknown, more: More = {}): RequestStep {
  return {
    method: "PATCH",
    path: at(rest),
    body,
    ...more,
    headers: { "content-type": type, ...more.headers },
  };
}

export function del(rest: string, body?: unknown, more: More = {}): RequestStep {
  return { method: "DELETE", path: at(rest), ...(body !== undefined && { body }), ...more };
}

export function watch(
  rest: string,
  until: WatchStep["until"],
  meanwhile: readonly RequestStep[] = [],
  more: More = {},
): WatchStep {
  return { method: "GET", path: at(rest), until, meanwhile, ...more };
}

/** The body of an earlier answer with some fields changed. */
export function edit(from: string, set: Edited["set"] = {}): Edited {
  return { from, set };
}

/** A Lease to send; `metadata` and `spec` as given. */
export function lease(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, ...metadata },
    spec,
  };
}

/** A Lease as an elector would write it. */
export function heldLease(name: string, metadata: object = {}): object {
  return lease(
    name,
    {
      holderIdentity: "replica-1",
      leaseDurationSeconds: 15,
      acquireTime: "2026-11-25T10:00:00.123456Z",
      renewTime: "2026-11-25T10:00:05.654321Z",
      leaseTransitions: 3,
    },
    metadata,
  );
}
