import type { Address, CreateLock } from "@tenure/conformance";
import { PostgresLock } from "../src/postgres-lock.ts";

/** Where a lock of the conformance suite connects to; plain JSON, for another process. */
export interface PostgresCandidateOptions {
  readonly server: Address;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Makes locks, in the test and in the processes that it kills. */
export function createLock({ server, user, password, database }: PostgresCandidateOptions): CreateLock {
  return ({ name, route, credentials }) =>
    new PostgresLock({
      name,
      connection: {
        ...(route?.(server) ?? server),
        database,
        user: credentials === "forbidden" ? "nobody" : user,
        password: credentials === "unknown" ? "wrong" : password,
      },
    });
}
