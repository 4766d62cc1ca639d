import { readFileSync } from "node:fs";

/** A user of this machine, by numbers. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom a server that refuses root is to run as: `undefined`, which is ourselves, unless we are root; then the first of
 * `names` that there is.
 */
export function serverUser(names: readonly string[]): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of names) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`Expected a user ${names.join(" or ")} on this machine: PostgreSQL refuses to run as root`);
}
