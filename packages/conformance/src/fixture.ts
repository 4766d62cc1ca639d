import type { LockCapabilities, ResourceLock } from "@tenure/core";

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a lock is to be made for. */
export interface LockRequest {
  /**
   * Names the record. The suite takes a fresh one for each case: `a` to `z`, digits and dashes, at most 50 characters,
   * beginning with a letter. Only the `name` cases ask for others, which the backend keeps apart or refuses.
   */
  readonly name: string;
  /** Where to connect instead of to the server at this address: to the suite's proxy before it. Default: to the server itself. */
  readonly route?: ((server: Address) => Address) | undefined;
  /** Credentials that the store does not know, or such as may not write the record. Default: those that may. */
  readonly credentials?: "unknown" | "forbidden" | undefined;
}

/** Makes a lock with connections of its own; closing the lock ends them. */
export type CreateLock = (request: LockRequest) => ResourceLock | Promise<ResourceLock>;

/** What somebody beside the lock can do to the store. They succeed or throw; the record's name is that of a {@link LockRequest}. */
export interface Stranger {
  /** Deletes the record, if there is one, whatever its version. */
  remove(name: string): Promise<void>;
  /** Stores something under the record's name that is no record: `get` answers `ERR_LOCK_RECORD_INVALID`. */
  corrupt?(name: string): Promise<void>;
  /** Changes something beside the record's fields (a label) so that the version moves, and adds something that the lock does not know. */
  annotate?(name: string): Promise<void>;
  /** Whether what {@link annotate} added is still there. Goes with it. */
  isAnnotated?(name: string): Promise<boolean>;
}

/** What can be done to the servers beside breaking the way to them. All of it is undone by {@link Environment.teardown}. */
export interface ServerFaults {
  /** Stops and starts the store, data kept. Resolves when it serves again. */
  restart?(): Promise<void>;
  /** Makes versions before now unknown to watches. */
  compact?(): Promise<void>;
  /** Makes the store refuse every request and ask for fewer, until {@link Throttling.heal} is called. */
  throttle?(): Promise<Throttling>;
}

/** A store that asks for fewer requests. */
export interface Throttling {
  /** How long it asks clients to wait; `undefined` when it does not say. */
  readonly retryAfterMs: number | undefined;
  /** Ends it. May be called twice. */
  heal(): Promise<void>;
}

/** How a process of its own makes its lock: `module` exports `createLock`, a function of `options` that returns a {@link CreateLock}. */
export interface CandidateModule {
  /** `file:` URL of an ES module. */
  readonly module: string;
  /** Anything that JSON can carry. */
  readonly options: unknown;
}

/** A backend with its servers running. */
export interface Environment {
  readonly createLock: CreateLock;
  /** Every server that locks connect to by themselves; none for a store in this process. Each gets a proxy where cases break the way. */
  readonly servers: readonly Address[];
  /** Versions of what is tested, for the report: `{ "redis-server": "7.0.15", ioredis: "6.0.0" }`. */
  readonly versions: Readonly<Record<string, string>>;
  readonly stranger: Stranger;
  readonly faults?: ServerFaults | undefined;
  /**
   * For the cases that kill a process. Without it they are reported as not run. A function where the options depend on the
   * record, as with permissions for one name.
   */
  readonly candidate?:
    | CandidateModule
    | ((name: string) => CandidateModule | Promise<CandidateModule>)
    | undefined;
  /** Ends all that setting up began. */
  teardown(): Promise<void>;
}

/** The hooks of an {@link Environment} that cases ask for. What is not named is reported as not run, with the reason. */
export type Hook =
  | "servers"
  | "corrupt"
  | "annotate"
  | "restart"
  | "compact"
  | "unknown-credentials"
  | "forbidden-credentials"
  | "candidate";

/** Hooks that came after the first version. One that a fixture does not name is as one that it does not give. */
export type OptionalHook = "throttle";

/** A backend under test. */
export interface LockFixture {
  /** The package or class, e.g. `"@tenure/lock-redis"`. */
  readonly backend: string;
  /** What it is tested on, e.g. `"Redis 7.0, Sentinel"`. Backend and variant together name the report. */
  readonly variant?: string | undefined;
  /** What the backend promises. The locks must say the same, and what is not claimed is tested to be absent. */
  readonly capabilities: LockCapabilities;
  /** Which hooks {@link setup} gives, or why it does not. Every hook must be named: nothing is left out by accident. */
  readonly hooks: Readonly<Record<Hook, true | string>> & {
    readonly [hook in OptionalHook]?: true | string | undefined;
  };
  /** Cases that fail today, by id, with the reason. One that passes all the same is an error. */
  readonly knownFailures?: Readonly<Record<string, string>> | undefined;
  /** Multiplies every duration of the suite, above 0. @defaultValue 1, for a lease of one second, or more where the lock's grain is coarse */
  readonly scale?: number | undefined;
  /** Starts servers, or finds them. Called once, before the first case. */
  setup(): Promise<Environment>;
}
