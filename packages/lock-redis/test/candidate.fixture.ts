import { registerHooks } from "node:module";
import type { CreateLock } from "@tenure/conformance";
import type { LockSpec } from "./lock-spec.fixture.ts";

/** What a candidate in a process of its own is told. */
export interface CandidateOptions {
  readonly spec: LockSpec;
  /** Which copy of ioredis stands for the one of the user. */
  readonly ioredis: "ioredis" | "ioredis5";
}

/** Makes the locks of a candidate in a process of its own. */
export async function createLock({ spec, ioredis }: CandidateOptions): Promise<CreateLock> {
  registerHooks({
    resolve: (specifier, context, next) => next(specifier === "ioredis" ? ioredis : specifier, context),
  });
  // After the hook: it decides what is imported there.
  const { lockMaker } = await import("./lock-spec.fixture.ts");
  return lockMaker(spec);
}
