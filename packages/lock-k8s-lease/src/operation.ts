import type { LeaseKey } from "./lease-key.ts";

/** What is asked of the API, by the verb that RBAC knows it under. */
export type Verb = "get" | "create" | "update" | "watch";

/** One thing asked of the API about one Lease. */
export interface Operation {
  readonly verb: Verb;
  readonly key: LeaseKey;
}

/** Whether its outcome can be unknown: reading writes nothing, whatever happens. */
export function isWrite({ verb }: Operation): boolean {
  return verb === "create" || verb === "update";
}

/** Names the Lease and what was asked, at the head of every message. */
export function describeOperation({ verb, key }: Operation): string {
  return `${verb} of lease ${key.namespace}/${key.name}`;
}
