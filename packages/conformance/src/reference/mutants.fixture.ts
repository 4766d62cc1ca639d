/** A bug that a backend can have, and the case that notices it. */
export interface Mutant {
  /** The switch of the reference backend. */
  readonly name: Mutation;
  /** What is wrong. */
  readonly bug: string;
  /** The case that must fail. */
  readonly killedBy: string;
  /** More that must. */
  readonly alsoKilledBy?: readonly string[] | undefined;
}

/** Switches of the reference backend, each a bug. */
export type Mutation =
  | "update-ignores-version"
  | "update-checks-then-writes"
  | "create-overwrites"
  | "create-checks-then-writes"
  | "update-upserts"
  | "incarnation-not-compared"
  | "version-is-hash"
  | "counter-resets-on-delete"
  | "stale-reads"
  | "corrupt-is-absent"
  | "drops-foreign-fields"
  | "names-ignore-case"
  | "duration-in-whole-seconds"
  | "drops-microseconds"
  | "drops-strategy"
  | "number-tokens"
  | "tokens-from-wall-clock"
  | "token-per-incarnation"
  | "counter-lost-on-restart"
  | "sends-aborted-calls"
  | "abort-is-not-applied"
  | "leaks-abort-listeners"
  | "leaks-listeners-when-answered"
  | "throttled-is-unavailable"
  | "retry-after-is-lost"
  | "route-is-ignored"
  | "free-looks-held"
  | "forbidden-is-absent"
  | "unauthenticated-is-unavailable"
  | "resends-after-loss"
  | "timeout-is-conflict"
  | "timeout-is-unavailable"
  | "timeout-is-success"
  | "timeout-ignored"
  | "loss-is-unavailable"
  | "queue-replays"
  | "leaks-timers"
  | "connection-per-call"
  | "half-an-answer-counts"
  | "abort-ignored"
  | "watch-silent-after-reconnect"
  | "watch-ends-on-loss"
  | "watch-starts-at-now"
  | "watch-ignores-deletion"
  | "watch-reorders"
  | "watch-stuck-after-compaction"
  | "watch-ignores-abort"
  | "watch-outlives-close"
  | "watch-begins-after-close"
  | "watch-begins-in-silence"
  | "reads-half-the-duration"
  | "release-is-lost"
  | "releases-on-close"
  | "works-after-close"
  | "close-throws-twice"
  | "close-leaves-sockets"
  | "process-cannot-exit"
  | "capabilities-not-frozen"
  | "tokens-without-claim"
  | "watch-without-claim";

/** Every mutant of the reference backend. */
export const mutants: readonly Mutant[] = [
  { name: "update-ignores-version", bug: "update writes whatever the version", killedBy: "cas/06" },
  {
    name: "update-checks-then-writes",
    bug: "update reads the version, then writes: not atomic",
    killedBy: "cas/07",
  },
  { name: "create-overwrites", bug: "create replaces a record that exists", killedBy: "cas/03" },
  {
    name: "create-checks-then-writes",
    bug: "create looks whether there is a record, then writes: not atomic",
    killedBy: "cas/04",
  },
  { name: "update-upserts", bug: "update creates a record that is gone", killedBy: "cas/08" },
  {
    name: "incarnation-not-compared",
    bug: "update compares the version only, not the incarnation",
    killedBy: "cas/12",
  },
  { name: "version-is-hash", bug: "the version is a hash of the record", killedBy: "cas/10" },
  {
    name: "counter-resets-on-delete",
    bug: "versions and incarnations begin anew after a deletion",
    killedBy: "cas/11",
  },
  { name: "stale-reads", bug: "get reads a replica that lags", killedBy: "read/01" },
  { name: "corrupt-is-absent", bug: "a record that cannot be read counts as none", killedBy: "read/02" },
  { name: "drops-foreign-fields", bug: "update drops what others added", killedBy: "read/03" },
  { name: "names-ignore-case", bug: "names that differ by case are one record", killedBy: "name/01" },
  {
    name: "duration-in-whole-seconds",
    bug: "the lease duration is stored in whole seconds, cut off",
    killedBy: "rec/02",
  },
  { name: "drops-microseconds", bug: "times are stored in milliseconds", killedBy: "cas/02" },
  { name: "drops-strategy", bug: "strategy and preferredHolder are lost", killedBy: "rec/03" },
  { name: "number-tokens", bug: "tokens go through a Number", killedBy: "token/03" },
  { name: "tokens-from-wall-clock", bug: "the token is the wall clock's milliseconds", killedBy: "token/01" },
  {
    name: "token-per-incarnation",
    bug: "the token counts the writes since the record was created",
    killedBy: "token/02",
  },
  {
    name: "counter-lost-on-restart",
    bug: "the store forgets its counter when it restarts",
    killedBy: "token/04",
  },
  { name: "sends-aborted-calls", bug: "a call whose signal aborted before is sent", killedBy: "err/01" },
  {
    name: "abort-is-not-applied",
    bug: "an aborted write counts as not applied, though it was sent",
    killedBy: "err/14",
  },
  { name: "leaks-abort-listeners", bug: "listeners stay on the signal of a call", killedBy: "err/02" },
  {
    name: "leaks-listeners-when-answered",
    bug: "a call that was answered leaves its listener, which would hear one abort",
    killedBy: "err/02",
  },
  {
    name: "throttled-is-unavailable",
    bug: "a store that throttles looks like one that is down",
    killedBy: "err/09",
  },
  { name: "retry-after-is-lost", bug: "the pause that a store asks for is not told", killedBy: "err/09" },
  {
    name: "route-is-ignored",
    bug: "a fixture's locks do not connect where they are told to",
    killedBy: "err/03",
    alsoKilledBy: ["life/03", "watch/03", "watch/06", "elect/05", "elect/06"],
  },
  {
    name: "forbidden-is-absent",
    bug: "get answers undefined where it is forbidden to read",
    killedBy: "err/11",
  },
  {
    name: "unauthenticated-is-unavailable",
    bug: "wrong credentials look like a store that is down",
    killedBy: "err/08",
  },
  {
    name: "resends-after-loss",
    bug: "a write is sent again when the connection was lost",
    killedBy: "err/04",
  },
  { name: "timeout-is-conflict", bug: "a write that timed out counts as a conflict", killedBy: "err/03" },
  {
    name: "timeout-is-unavailable",
    bug: "a write that timed out counts as not applied",
    killedBy: "err/03",
  },
  { name: "timeout-is-success", bug: "a write that timed out counts as done", killedBy: "err/03" },
  { name: "timeout-ignored", bug: "a call waits for its answer for ever", killedBy: "err/05" },
  {
    name: "loss-is-unavailable",
    bug: "a write whose connection was lost counts as not applied",
    killedBy: "err/04",
  },
  {
    name: "queue-replays",
    bug: "calls wait for a connection in a queue, and are sent after they timed out",
    killedBy: "err/07",
  },
  { name: "leaks-timers", bug: "the timer of a failed call is never cleared", killedBy: "err/10" },
  { name: "connection-per-call", bug: "each call opens a connection of its own", killedBy: "life/03" },
  {
    name: "half-an-answer-counts",
    bug: "an answer cut in its middle is completed from what was sent",
    killedBy: "err/12",
  },
  { name: "abort-ignored", bug: "a call under way ignores its signal", killedBy: "err/14" },
  {
    name: "watch-silent-after-reconnect",
    bug: "a watch that reconnected goes on from now, without a word",
    killedBy: "watch/03",
  },
  { name: "watch-ends-on-loss", bug: "a watch ends when its connection does", killedBy: "watch/03" },
  { name: "watch-starts-at-now", bug: "a watch ignores `from`", killedBy: "watch/02" },
  { name: "watch-ignores-deletion", bug: "a watch does not tell of deletions", killedBy: "watch/01" },
  { name: "watch-reorders", bug: "a watch tells an older version after a newer one", killedBy: "watch/04" },
  {
    name: "watch-stuck-after-compaction",
    bug: "a watch from a forgotten version tries it again and again",
    killedBy: "watch/05",
  },
  { name: "watch-ignores-abort", bug: "a watch that waits does not hear its signal", killedBy: "watch/06" },
  { name: "watch-outlives-close", bug: "a watch goes on when the lock is closed", killedBy: "watch/08" },
  { name: "watch-begins-after-close", bug: "a closed lock can be watched anew", killedBy: "watch/08" },
  {
    name: "watch-begins-in-silence",
    bug: "a watch without `from` tells nothing of what is there",
    killedBy: "watch/09",
  },
  {
    name: "reads-half-the-duration",
    bug: "a record is read with half of its lease duration",
    killedBy: "elect/04",
    alsoKilledBy: ["elect/09", "elect/13"],
  },
  {
    name: "free-looks-held",
    bug: "a record that nobody holds is read as held, for a long time",
    killedBy: "rec/01",
    alsoKilledBy: ["elect/03"],
  },
  {
    name: "release-is-lost",
    bug: "emptying the record is answered, but not done",
    killedBy: "elect/03",
    alsoKilledBy: ["elect/11"],
  },
  { name: "releases-on-close", bug: "close empties the record", killedBy: "life/02" },
  { name: "works-after-close", bug: "a closed lock connects again", killedBy: "life/01" },
  { name: "close-throws-twice", bug: "a second close rejects", killedBy: "life/01" },
  { name: "close-leaves-sockets", bug: "close leaves connections open", killedBy: "life/03" },
  {
    name: "process-cannot-exit",
    bug: "a timer of a closed lock keeps the process alive",
    killedBy: "life/05",
  },
  { name: "capabilities-not-frozen", bug: "capabilities can be changed", killedBy: "meta/01" },
  { name: "watch-without-claim", bug: "there is a watch that is not claimed", killedBy: "meta/02" },
  { name: "tokens-without-claim", bug: "there are tokens that are not claimed", killedBy: "token/05" },
];
