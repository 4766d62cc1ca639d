import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type Clock, type Random, systemClock } from "./clock.ts";
import type { LockCapabilities, ResourceLock } from "./resource-lock.ts";
import { defaultTimeoutMs, isSafe, JITTER_FACTOR, longestTimeoutMs, safeBoundMs } from "./timing.ts";

/** Options of {@link LeaderElector}. Durations are milliseconds of the monotonic clock, above 0 and at most 2^31-1. */
export interface LeaderElectorOptions {
  /** Where the election keeps its record. Must give fencing tokens. The elector never closes it. */
  readonly lock: ResourceLock;
  /**
   * This candidate's name in the record, in clear: 1 to 253 characters, none of them a control character. Must be unique
   * per process **and** per start: a process that finds its name on a record that it did not write waits like a stranger.
   * @defaultValue `<host name>_<random UUID>`
   * @see client-go `LeaderElectionConfig.Lock.Identity`
   */
  readonly identity?: string | undefined;
  /**
   * How long a candidate must see the record unchanged before it may take it. Fail-over after a crash takes about this
   * long, less the age of the last renewal. A multiple of the lock's granularity (Kubernetes: whole seconds), 100 or more.
   * @defaultValue 15000
   * @see client-go `LeaderElectionConfig.LeaseDuration`
   */
  readonly leaseDurationMs?: number | undefined;
  /**
   * How long a leader believes in itself after it *sent* its last confirmed write. What lies between this and
   * {@link leaseDurationMs} is the safety margin; the constructor refuses values that leave too little of it.
   * @defaultValue 10000
   * @see client-go `LeaderElectionConfig.RenewDeadline`
   */
  readonly renewDeadlineMs?: number | undefined;
  /**
   * How often a leader renews, and how long anybody waits (up to 1.2 times this) before another try.
   * @defaultValue 2000
   * @see client-go `LeaderElectionConfig.RetryPeriod`
   */
  readonly retryPeriodMs?: number | undefined;
  /**
   * How long one request may take. Long enough for a slow answer, short enough that at least one retry fits before the
   * deadline.
   * @defaultValue what lets two retries fit, if that is 250 or more, else one (1733 with the other defaults)
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * What the task needs to stop after `term.signal` aborted; taken off the safety margin. 0 or more.
   * @defaultValue 0
   */
  readonly abortGraceMs?: number | undefined;
  /**
   * By how much the rate of any participant's clock may be off: 0.01 is one per cent. From 0 to below 0.5. The promise that
   * two terms never overlap holds up to this error.
   * @defaultValue 0.01
   */
  readonly clockRateError?: number | undefined;
  /**
   * Added to the wait for a record held by others. 0 or more. 7000 covers client-go at 15/10/2 s, which believes up to 22 s.
   * @defaultValue 0
   */
  readonly observerMarginMs?: number | undefined;
  /**
   * How long a stopping leader goes on renewing while its task drains. After that the lock is left to lapse.
   * @defaultValue {@link renewDeadlineMs}
   */
  readonly drainTimeoutMs?: number | undefined;
  /**
   * Lead although the store's fencing order went backwards (a restore, a fail-over that lost data). Only where the guarded
   * resource was reset as well.
   * @defaultValue false
   */
  readonly acceptTokenRegression?: boolean | undefined;
  /** @defaultValue {@link systemClock} */
  readonly clock?: Clock | undefined;
  /** @defaultValue `Math.random` */
  readonly random?: Random | undefined;
}

/** Options checked and with their defaults. */
export interface ElectorConfig {
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly requestTimeoutMs: number;
  readonly observerMarginMs: number;
  readonly drainTimeoutMs: number;
  readonly acceptTokenRegression: boolean;
  readonly watches: boolean;
  readonly random: Random;
}

const MAX_DURATION_MS = 2 ** 31 - 1;
const MAX_IDENTITY_LENGTH = 253;
/** Below this a lease duration was most likely meant in seconds. */
const SHORTEST_LEASE_MS = 100;

/**
 * Checks everything that can be checked without a request. client-go's nine rules are among these.
 * @throws TypeError for a wrong type, RangeError for a wrong value; the message has the option, what was expected, what came.
 */
export function resolveOptions(options: LeaderElectorOptions): ElectorConfig {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected options with a \`lock\`, got ${show(options)}`);
  }
  const lock = checkLock(options.lock);
  checkInjected(options);
  const identity = checkIdentity(options.identity);
  const leaseDurationMs = checkDuration("leaseDurationMs", options.leaseDurationMs, 15_000);
  const renewDeadlineMs = checkDuration("renewDeadlineMs", options.renewDeadlineMs, 10_000);
  const retryPeriodMs = checkDuration("retryPeriodMs", options.retryPeriodMs, 2_000);
  const abortGraceMs = checkDuration("abortGraceMs", options.abortGraceMs, 0, 0);
  const observerMarginMs = checkDuration("observerMarginMs", options.observerMarginMs, 0, 0);
  const drainTimeoutMs = checkDuration("drainTimeoutMs", options.drainTimeoutMs, renewDeadlineMs, 0);
  const clockRateError = checkRateError(options.clockRateError);
  checkLeaseDuration(leaseDurationMs, lock);

  if (renewDeadlineMs >= leaseDurationMs) {
    throw new RangeError(
      `Expected \`renewDeadlineMs\` below \`leaseDurationMs\` (${leaseDurationMs}), got ${renewDeadlineMs}`,
    );
  }
  if (renewDeadlineMs <= retryPeriodMs * JITTER_FACTOR) {
    throw new RangeError(
      `Expected \`renewDeadlineMs\` above ${JITTER_FACTOR} times \`retryPeriodMs\` (${retryPeriodMs}), got ${renewDeadlineMs}`,
    );
  }
  const requestTimeoutMs = resolveTimeout(options.requestTimeoutMs, renewDeadlineMs, retryPeriodMs);
  // client-go sees whole seconds only: renewals within one second look to it like one, so its wait began up to 1 s earlier.
  const { granularityMs } = lock.capabilities;
  const coarse = granularityMs >= 1000 && retryPeriodMs < granularityMs;
  const observedDurationMs = coarse ? leaseDurationMs - granularityMs : leaseDurationMs;
  if (
    !isSafe({
      leaseDurationMs: observedDurationMs,
      renewDeadlineMs,
      retryPeriodMs,
      requestTimeoutMs,
      abortGraceMs,
      clockRateError,
    })
  ) {
    const bound = Math.ceil(safeBoundMs(observedDurationMs, clockRateError));
    throw new RangeError(
      `Expected \`renewDeadlineMs\` + \`abortGraceMs\` below ${bound}, which is \`leaseDurationMs\` (${leaseDurationMs}${coarse ? ` less ${granularityMs}, the store's grain, because \`retryPeriodMs\` is finer` : ""}) * (1 - ${clockRateError}) / (1 + ${clockRateError}) - 10, got ${renewDeadlineMs} + ${abortGraceMs}: two replicas could lead at once`,
    );
  }

  return Object.freeze({
    identity,
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs,
    requestTimeoutMs,
    observerMarginMs,
    drainTimeoutMs,
    acceptTokenRegression: options.acceptTokenRegression ?? false,
    watches: lock.capabilities.watch !== "none" && lock.watch !== undefined,
    random: options.random ?? Math.random,
  });
}

/** The clock of these options. */
export function clockOf(options: LeaderElectorOptions): Clock {
  return options.clock ?? systemClock;
}

function checkLock(lock: unknown): ResourceLock {
  const candidate = lock as Partial<ResourceLock> | null | undefined; // `unknown` fields are all checked below
  const complete =
    typeof candidate === "object" &&
    candidate !== null &&
    [candidate.get, candidate.create, candidate.update, candidate.close].every(
      (method) => typeof method === "function",
    ) &&
    isCapabilities(candidate.capabilities);
  if (!complete) throw new TypeError(`Expected \`lock\` to be a ResourceLock, got ${show(lock)}`);
  const checked = lock as ResourceLock; // every method was just found
  if (checked.capabilities.fencing === "none") {
    throw new TypeError(
      `Expected a \`lock\` that gives fencing tokens, got ${checked.description} with capabilities.fencing "none": a term without a token cannot be told from the one before it`,
    );
  }
  return checked;
}

/** What decides here; a lock that leaves these out would be refused for somebody else's fault, or not at all. */
function isCapabilities(capabilities: unknown): capabilities is LockCapabilities {
  if (typeof capabilities !== "object" || capabilities === null) return false;
  const { fencing, granularityMs } = capabilities as Partial<LockCapabilities>; // both are checked
  return typeof fencing === "string" && typeof granularityMs === "number" && granularityMs > 0;
}

function checkInjected(options: LeaderElectorOptions): void {
  const { clock, random, acceptTokenRegression } = options;
  if (random !== undefined && typeof random !== "function") {
    throw new TypeError(`Expected \`random\` to be a function, got ${show(random)}`);
  }
  if (clock !== undefined && !isClock(clock)) {
    throw new TypeError(`Expected \`clock\` to be a Clock, got ${show(clock)}`);
  }
  if (acceptTokenRegression !== undefined && typeof acceptTokenRegression !== "boolean") {
    throw new TypeError(
      `Expected \`acceptTokenRegression\` to be a boolean, got ${show(acceptTokenRegression)}`,
    );
  }
}

function isClock(clock: unknown): clock is Clock {
  if (typeof clock !== "object" || clock === null) return false;
  const { now, bootTime, wallTime, setTimer } = clock as Partial<Clock>; // all are checked
  return [now, bootTime, wallTime, setTimer].every((method) => typeof method === "function");
}

function checkIdentity(identity: unknown): string {
  if (identity === undefined) return `${hostname()}_${randomUUID()}`;
  if (typeof identity !== "string") {
    throw new TypeError(`Expected \`identity\` to be a string, got ${show(identity)}`);
  }
  if (identity === "") throw new RangeError('Expected `identity` not to be empty, got ""');
  if (identity.length > MAX_IDENTITY_LENGTH) {
    throw new RangeError(
      `Expected \`identity\` of at most ${MAX_IDENTITY_LENGTH} characters, got ${identity.length}`,
    );
  }
  if (/\p{Cc}/u.test(identity)) {
    throw new RangeError(`Expected \`identity\` without control characters, got ${JSON.stringify(identity)}`);
  }
  return identity;
}

function checkDuration(name: string, value: unknown, fallback: number, least = 1): number {
  if (value === undefined) return fallback;
  if (typeof value !== "number") {
    throw new TypeError(`Expected \`${name}\` to be a number of milliseconds, got ${show(value)}`);
  }
  if (!(value >= least && value <= MAX_DURATION_MS)) {
    throw new RangeError(
      `Expected \`${name}\` from ${least} to ${MAX_DURATION_MS} milliseconds, got ${value}`,
    );
  }
  return value;
}

function checkRateError(value: unknown): number {
  if (value === undefined) return 0.01;
  if (typeof value !== "number") {
    throw new TypeError(`Expected \`clockRateError\` to be a number, got ${show(value)}`);
  }
  if (!(value >= 0 && value < 0.5)) {
    throw new RangeError(`Expected \`clockRateError\` from 0 to below 0.5, got ${value}`);
  }
  return value;
}

function checkLeaseDuration(leaseDurationMs: number, lock: ResourceLock): void {
  if (leaseDurationMs < SHORTEST_LEASE_MS) {
    throw new RangeError(
      `Expected \`leaseDurationMs\` of ${SHORTEST_LEASE_MS} or more, got ${leaseDurationMs}: that looks like seconds, the unit is milliseconds`,
    );
  }
  const { granularityMs } = lock.capabilities;
  if (leaseDurationMs % granularityMs !== 0) {
    throw new RangeError(
      `Expected \`leaseDurationMs\` to be a multiple of ${granularityMs}, as ${lock.description} stores it, got ${leaseDurationMs}`,
    );
  }
}

function resolveTimeout(given: unknown, renewDeadlineMs: number, retryPeriodMs: number): number {
  const longest = Math.floor(longestTimeoutMs(renewDeadlineMs, retryPeriodMs, 1));
  const hint = `one retry must fit: \`requestTimeoutMs\` + (${JITTER_FACTOR} * \`retryPeriodMs\` + \`requestTimeoutMs\`) <= \`renewDeadlineMs\``;
  if (given === undefined) {
    const timeout = defaultTimeoutMs(renewDeadlineMs, retryPeriodMs);
    if (timeout >= 1) return timeout;
    throw new RangeError(
      `Expected \`renewDeadlineMs\` (${renewDeadlineMs}) to leave time for a retry after \`retryPeriodMs\` (${retryPeriodMs}): ${hint}`,
    );
  }
  const timeout = checkDuration("requestTimeoutMs", given, longest);
  if (timeout > longestTimeoutMs(renewDeadlineMs, retryPeriodMs, 1)) {
    throw new RangeError(`Expected \`requestTimeoutMs\` of at most ${longest}, got ${timeout}: ${hint}`);
  }
  return timeout;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
