/** What requests suffer, and which. The rates add up to at most 1; what is left of it is answered as it should be. */
export interface FaultRule {
  /** As in Kubernetes' RBAC: `"update"`, `"watch"`, … @defaultValue all */
  readonly verbs?: readonly string[] | undefined;
  /** Of Leases; a watch with the field selector `metadata.name=NAME` is for that name. @defaultValue all, and requests without a name */
  readonly names?: readonly string[] | undefined;
  /** Parts of the `User-Agent`. @defaultValue all */
  readonly userAgents?: readonly string[] | undefined;
  /** The rule ends after so many requests have suffered from it. @defaultValue never */
  readonly next?: number | undefined;
  /** How long a request waits before anything else happens to it: milliseconds, or from and to. @defaultValue 0 */
  readonly latencyMs?: number | readonly [from: number, to: number] | undefined;
  /** How many are answered with {@link errorStatus} instead, nothing done: 0 to 1. @defaultValue 0 */
  readonly errorRate?: number | undefined;
  /** 400 to 599. @defaultValue 503 */
  readonly errorStatus?: number | undefined;
  /** The answer's `Retry-After`. @defaultValue none */
  readonly retryAfterSeconds?: number | undefined;
  /** How many are never answered, nothing done: 0 to 1. @defaultValue 0 */
  readonly hangRate?: number | undefined;
  /** How many are done and never answered: 0 to 1. @defaultValue 0 */
  readonly swallowAnswerRate?: number | undefined;
  /** How many are done, and their connection ended in the middle of the answer: 0 to 1. @defaultValue 0 */
  readonly cutAnswerRate?: number | undefined;
}

/** All that is to go wrong. */
export interface FaultSettings {
  /**
   * The same requests in the same order suffer the same with the same seed: an integer from 0 to 4294967295.
   * @defaultValue a random one; `describe()` tells it
   */
  readonly seed?: number | undefined;
  /** The first one that is for a request, and has not ended, decides. */
  readonly rules: readonly FaultRule[];
}
