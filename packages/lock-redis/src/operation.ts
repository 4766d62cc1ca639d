/** One thing asked of Redis about one record. */
export interface Operation {
  readonly verb: "get" | "create" | "update" | "watch";
  /** The lock's description: `"redis lease:{scheduler}"`. */
  readonly record: string;
}

/** Whether its outcome can be unknown: reading writes nothing, whatever happens. */
export function isWrite({ verb }: Operation): boolean {
  return verb === "create" || verb === "update";
}

/** Names the record and what was asked, at the head of every message. */
export function describeOperation({ verb, record }: Operation): string {
  return `${verb} of ${record}`;
}
