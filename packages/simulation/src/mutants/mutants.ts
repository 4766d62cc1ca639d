import type { Profile } from "../generate.ts";
import type { Property } from "../property.ts";

/** One known bug, put into `core` while it is loaded. */
export interface Mutant {
  readonly number: number;
  readonly bug: string;
  /** Below `packages/core/src`. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly search: string;
  readonly replace: string;
  /** Any of these may kill it; nothing else is judged. */
  readonly properties: readonly [Property, ...Property[]];
  /** Worlds in which it shows soon. The elector as it is passes in them. */
  readonly profile: Profile;
}

const HARSH = { chaosMs: 20 * 60_000, faultEveryMs: 10_000 } as const;
/** The record is deleted again and again, while some cannot reach it. */
const DELETIONS = {
  settings: "bound",
  only: ["delete", "partition", "answers cut", "pause", "lost answers", "late landing", "slow"],
  always: ["delete"],
  chaosMs: 20 * 60_000,
  faultEveryMs: 5000,
} as const;
const CUTS = ["partition", "requests cut", "answers cut", "swizzle"] as const;

/** The known bugs: 1 to 19 are those of clients that were studied, 20 to 26 of earlier designs of this one, then its own and those of its reviews. */
export const MUTANTS: readonly Mutant[] = [
  {
    number: 1,
    bug: "the window counts from the answer, not from the send (client-go, clientv3)",
    file: "step/leading.ts",
    search: "confirmedAt: attempt.sentAt,",
    replace: "confirmedAt: d.at,",
    properties: ["S1"],
    profile: { settings: "bound", only: [...CUTS, "slow"], always: ["slow", "answers cut"], ...HARSH },
  },
  {
    number: 2,
    bug: "the renew deadline restarts with each round: one retry period more",
    file: "step/leading.ts",
    search: "confirmedAt: attempt.sentAt,",
    replace: `confirmedAt: {
      monotonicMs: attempt.sentAt.monotonicMs + d.config.retryPeriodMs,
      bootMs: attempt.sentAt.bootMs + d.config.retryPeriodMs,
      wallMs: attempt.sentAt.wallMs + d.config.retryPeriodMs,
    },`,
    properties: ["S1"],
    profile: { settings: "bound", only: CUTS, always: ["partition"], ...HARSH },
  },
  {
    number: 3,
    bug: "an observer believes the record's renew time and its own wall clock",
    file: "step/observing.ts",
    search: "freeAtMs(s.view, d.config.observerMarginMs);",
    replace: `(current === undefined
        ? freeAtMs(s.view, d.config.observerMarginMs)
        : d.nowMs + Date.parse(current.record.renewTime ?? "") + s.view.waitMs - d.at.wallMs);`,
    properties: ["S1"],
    profile: { settings: "default", only: ["pause"], replicas: 3, ...HARSH },
  },
  {
    number: 4,
    bug: "an observer waits its own lease duration, not the record's",
    file: "view.ts",
    search: `return effectiveDurationMs(current.record, ownDurationMs);
  }`,
    replace: `return ownDurationMs;
  }`,
    properties: ["S1"],
    profile: { settings: "default", only: CUTS, always: ["rolling change", "crash", "partition"], ...HARSH },
  },
  {
    number: 5,
    bug: "a conflict is answered by a read and a blind overwrite",
    file: "step/following.ts",
    search: "distrustLaggingWatch(d, overtaken, found);\n  s.blocked = false;",
    replace: `if (s.blocked && found !== undefined) {
    observeRecord(d, found, found.fencingToken);
    s.blocked = false;
    s.readAtMs = nextReadAtMs(d);
    s.attemptAtMs = d.nowMs;
    return;
  }`,
    properties: ["S1", "S6"],
    profile: {
      settings: "default",
      only: ["crash", "step down"],
      always: ["crash"],
      replicas: 4,
      watches: false,
      ...HARSH,
    },
  },
  {
    number: 6,
    bug: "the token is not new when the same identity acquires again",
    file: "step/following.ts",
    search: "const token = found.fencingToken ?? 0n;",
    replace: "const token = BigInt(found.record.leaderTransitions);",
    properties: ["S4", "S5"],
    profile: {
      settings: "default",
      only: ["crash, same identity"],
      always: ["crash, same identity"],
      ...HARSH,
    },
  },
  {
    number: 7,
    bug: "a renewal that timed out counts as a success",
    file: "step/leading.ts",
    search: "renewAtMs: d.nowMs + d.leaderDelayMs(error),\n      ...(conflict",
    replace: `renewAtMs: d.nowMs + d.leaderDelayMs(error),
      ...(error?.outcome === "unknown" ? { confirmedAt: attempt.sentAt } : {}),
      ...(conflict`,
    properties: ["S1", "S7"],
    profile: { settings: "default", only: CUTS, always: ["partition"], ...HARSH },
  },
  {
    number: 8,
    bug: "a renewal of unknown fate that a read finds counts from the read",
    file: "step/leading.ts",
    search: "renewed(d, landed, found);",
    replace: "renewed(d, { ...landed, sentAt: d.at }, found);",
    properties: ["S1", "S7"],
    profile: { settings: "bound", only: CUTS, always: ["lost answers", "partition"], ...HARSH },
  },
  {
    number: 9,
    bug: "the leader's flag is cleared by a timer only",
    file: "leader-elector.ts",
    search: "return this.#remainingMs() > 0;",
    replace: "return leadingTerm(this.#state) !== undefined;",
    properties: ["S1"],
    profile: { settings: "default", only: ["pause"], always: ["pause"], ...HARSH },
  },
  {
    number: 10,
    bug: "the release is sent before the task has stopped (client-go's order)",
    file: "elector-step.ts",
    search: `s.phase = { kind: "draining", term: s.phase.term, reason };`,
    replace: `const { base } = s.phase.term;
  endTerm(d, reason);
  beginRelease(d, base, d.longStandBackMs());`,
    properties: ["S3", "S1"],
    profile: { settings: "default", only: ["step down"], always: ["step down", "bad tasks"], ...HARSH },
  },
  {
    number: 11,
    bug: "the leader's clock stands still while the machine sleeps",
    file: "clock.ts",
    search:
      "return Math.max(now.monotonicMs - since.monotonicMs, now.bootMs - since.bootMs, now.wallMs - since.wallMs);",
    replace: "return now.monotonicMs - since.monotonicMs;",
    properties: ["S1"],
    profile: { settings: "default", only: ["suspend"], always: ["suspend"], ...HARSH },
  },
  {
    number: 12,
    bug: "the elector waits for a request that ignores its abort",
    file: "request.ts",
    search: "settle({ ok: false, error });\n    controller.abort(error);",
    replace: "controller.abort(error);",
    properties: ["S1", "S2", "L6"],
    profile: { settings: "default", only: CUTS, always: ["partition"], ...HARSH },
  },
  {
    number: 13,
    bug: "a record without a duration is expired at once",
    file: "view.ts",
    search: "record.leaseDurationMs > 0 ? record.leaseDurationMs : ownDurationMs;",
    replace: "record.leaseDurationMs;",
    properties: ["S1"],
    profile: {
      settings: "default",
      only: ["clear duration"],
      always: ["clear duration"],
      replicas: 3,
      ...HARSH,
    },
  },
  {
    number: 14,
    bug: "the wait depends on the holder alone: a live leader is deposed",
    file: "view.ts",
    search: `a.leaseDurationMs === b.leaseDurationMs &&
    a.acquireTime === b.acquireTime &&
    a.renewTime === b.renewTime &&`,
    replace: "",
    properties: ["L4"],
    profile: { settings: "default", only: ["pause"], replicas: 3, chaosMs: 60_000 },
  },
  {
    number: 15,
    bug: "a stale event moves the view back",
    file: "step/watching.ts",
    search: "if (order !== undefined && known !== undefined && order <= known) {",
    replace: "if (order !== undefined && known !== undefined && order === known) {",
    properties: ["L1", "L3", "S6", "S8"],
    profile: {
      settings: "default",
      always: ["watch stale", "watch reorders", "watch repeats"],
      only: ["label"],
      watches: true,
      replicas: 3,
      ...HARSH,
    },
  },
  {
    number: 16,
    bug: "a lease duration with a fraction of a second is floored in the record",
    file: "own-writes.ts",
    search: "holderIdentity: identity,\n    leaseDurationMs,",
    replace: "holderIdentity: identity,\n    leaseDurationMs: Math.floor(leaseDurationMs / 1000) * 1000,",
    properties: ["L2"],
    profile: {
      settings: "default",
      flavour: "etcd",
      leaseDurationMs: 1500,
      retryPeriodMs: 200,
      only: ["pause"],
      replicas: 3,
      chaosMs: 60_000,
    },
  },
  {
    number: 17,
    bug: "no retry after a 403",
    file: "elector-step.ts",
    search: "s.readAtMs = d.nowMs + d.retryDelayMs(answer.error);",
    replace: `s.readAtMs =
      answer.error.code === "ERR_LOCK_FORBIDDEN" ? Number.POSITIVE_INFINITY : d.nowMs + d.retryDelayMs(answer.error);`,
    properties: ["L2"],
    profile: {
      settings: "default",
      only: ["crash"],
      always: ["errors"],
      replicas: 2,
      watches: false,
      ...HARSH,
    },
  },
  {
    number: 18,
    bug: "no pause after an error",
    file: "step/draft.ts",
    search: "return Math.max(jitteredMs, this.askedDelayMs(error));",
    replace: "return error === undefined ? jitteredMs : 0;",
    properties: ["L5"],
    profile: {
      settings: "default",
      only: ["crash"],
      always: ["errors"],
      replicas: 3,
      watches: false,
      ...HARSH,
    },
  },
  {
    number: 19,
    bug: "the holder believes 3 % longer than the bound allows",
    file: "options.ts",
    search: "    renewDeadlineMs,\n    retryPeriodMs,\n    requestTimeoutMs,\n    observerMarginMs,",
    replace:
      "    renewDeadlineMs: renewDeadlineMs * 1.03,\n    retryPeriodMs,\n    requestTimeoutMs,\n    observerMarginMs,",
    properties: ["S1"],
    profile: { settings: "bound", only: CUTS, always: ["partition"], ...HARSH },
  },
  {
    number: 20,
    bug: "an observer counts from the send of its read",
    file: "leader-elector.ts",
    search: `this.#request = request(this.#clock, this.#config.requestTimeoutMs, call, (answer) =>
      this.#dispatch({ kind: "answered", id, answer }),
    );`,
    replace: `const at = readTime(this.#clock);
    const isRead = this.#state.call?.kind === "get" && leadingTerm(this.#state) === undefined;
    this.#request = request(this.#clock, this.#config.requestTimeoutMs, call, (answer) =>
      isRead
        ? this.#dispatchAt({ kind: "answered", id, answer, at })
        : this.#dispatch({ kind: "answered", id, answer }),
    );`,
    properties: ["S1"],
    profile: {
      settings: "bound",
      leaseDurationMs: 15_000,
      only: ["slow", "answers cut", "requests cut"],
      always: ["slow", "answers cut", "requests cut"],
      replicas: 5,
      watches: false,
      chaosMs: 20 * 60_000,
      faultEveryMs: 5000,
    },
  },
  {
    number: 21,
    bug: "an own record leads again after its release was sent (R7)",
    file: "step/following.ts",
    search: `const landed = found === undefined ? undefined : pendingUpdate(d, found, "acquire");`,
    replace: `const print = \`\${found?.record.renewTime ?? ""} \${found?.record.holderIdentity ?? ""}\`;
  const former = found?.record.holderIdentity === d.config.identity && s.ownFingerprints.includes(print);
  const landed: Attempt | undefined =
    found === undefined
      ? undefined
      : former
        ? { purpose: "acquire", expectedVersion: "", fingerprint: print, sentAt: d.at, tokenFloor: undefined, heldIncarnation: undefined }
        : pendingUpdate(d, found, "acquire");`,
    properties: ["S1", "S4"],
    profile: {
      settings: "default",
      only: ["lost answers", "late landing"],
      always: ["step down", "late landing", "lost answers"],
      ...HARSH,
    },
  },
  {
    number: 22,
    bug: "the deadline is not latched while a renewal is under way",
    file: "step/leading.ts",
    search: "if (lateMs < 0) return;",
    replace: `if (lateMs < 0 || d.state.call?.kind === "write") return;`,
    properties: ["S8"],
    profile: { settings: "default", only: CUTS, always: ["requests cut", "slow"], ...HARSH },
  },
  {
    number: 23,
    bug: "an absent record is free at once (R2)",
    file: "view.ts",
    search: "return Math.max(held.durationMs, ownDurationMs);",
    replace: "return 0;",
    properties: ["S1"],
    profile: {
      settings: "default",
      only: ["delete"],
      always: ["delete"],
      replicas: 3,
      chaosMs: 20 * 60_000,
      faultEveryMs: 120_000,
    },
  },
  {
    number: 24,
    bug: "the renew time advances by a microsecond when the wall clock stepped back (beside client-go)",
    file: "own-writes.ts",
    search: "last.epochMicros / 1000 + (at.monotonicMs - last.monotonicMs);",
    replace: "last.epochMicros / 1000;",
    properties: ["S1"],
    profile: {
      settings: "default",
      only: ["wall step"],
      always: ["wall step"],
      flavour: "kubernetes",
      replicas: 3,
      rivals: 1,
      chaosMs: 20 * 60_000,
      faultEveryMs: 60_000,
    },
  },
  {
    number: 25,
    bug: "fingerprints of a millisecond: two processes with one identity write the same",
    file: "own-writes.ts",
    search: "wholeMs * 1000 + Math.floor(random() * 1000);",
    replace: "wholeMs * 1000;",
    properties: ["S1", "S7"],
    profile: {
      settings: "default",
      only: ["step down", "lost answers"],
      always: ["step down", "lost answers"],
      oneIdentity: true,
      replicas: 5,
      watches: true,
      actualRateError: 0,
      ...HARSH,
    },
  },
  {
    number: 26,
    bug: "a release looks again and checks the holder only",
    file: "step/releasing.ts",
    search: `found.record.holderIdentity !== "" && isOursAlone(d, found)`,
    replace: "found.record.holderIdentity === d.config.identity",
    properties: ["S6"],
    profile: {
      settings: "default",
      only: ["step down", "lost answers"],
      always: ["step down", "lost answers"],
      oneIdentity: true,
      replicas: 3,
      watches: true,
      ...HARSH,
    },
  },
  {
    number: 27,
    bug: "found here: a conflict whose read failed is answered by another write",
    file: "elector-step.ts",
    search: "else if (s.phase.term.conflictUnread) sendGet(d);",
    replace: "",
    properties: ["S6"],
    profile: { settings: "default", only: CUTS, always: ["lost answers", "errors"], ...HARSH },
  },
  {
    number: 28,
    bug: "an absence is the same absence however long nobody looked (R2)",
    file: "step/draft.ts",
    search: `absenceGapMs(): number {
    return `,
    replace: `absenceGapMs(): number {
    return Number.POSITIVE_INFINITY + `,
    properties: ["S1", "S2"],
    profile: DELETIONS,
  },
  {
    number: 29,
    bug: "a new object in the place of a held one is like any other (R2)",
    file: "step/observing.ts",
    search: "s.newcomer = { incarnation, after: s.held.incarnation, untilMs: d.nowMs + waitMs };",
    replace: "s.newcomer = { incarnation, after: s.held.incarnation, untilMs: d.nowMs };",
    properties: ["S1", "S2"],
    profile: DELETIONS,
  },
  {
    number: 30,
    bug: "a create leads also where another object was seen held while it was on its way (R2)",
    file: "step/following.ts",
    search: "return before !== attempt.heldIncarnation && before !== found.incarnation;",
    replace: "return false;",
    properties: ["S1", "S2"],
    profile: DELETIONS,
  },
  {
    number: 31,
    bug: "a create that met a record forgets that it did (R2)",
    file: "step/following.ts",
    search: "if (conflict && !newer && attempt.expectedVersion === undefined) forgetAbsence(d);",
    replace: "",
    properties: ["S1", "S2"],
    profile: DELETIONS,
  },
  {
    number: 32,
    bug: "found here: an absence is the same absence though the machine slept between two looks (R2)",
    file: "view.ts",
    search: "elapsedMs(lastSeenAt, at) > gapMs",
    replace: "at.monotonicMs - lastSeenAt.monotonicMs > gapMs",
    properties: ["S1", "S2"],
    profile: {
      ...DELETIONS,
      only: ["delete", "suspend", "partition"],
      always: ["delete", "suspend"],
      replicas: 3,
      watches: false,
    },
  },
  {
    number: 33,
    bug: "a leader looks at its clocks at its deadline and its next renewal only: after a suspend its task is told too late",
    file: "elector-step.ts",
    search: "wake = Math.min(wake, d.nowMs + leftMs, d.nowMs + d.config.retryPeriodMs);",
    replace: "wake = Math.min(wake, d.nowMs + leftMs);",
    properties: ["S2"],
    profile: {
      settings: "bound",
      only: ["suspend", "errors", "requests cut"],
      always: ["suspend", "errors"],
      replicas: 3,
      chaosMs: 20 * 60_000,
      faultEveryMs: 4000,
    },
  },
  {
    number: 34,
    bug: "a record is free after 95 % of its lease (beside client-go alone)",
    file: "view.ts",
    search: "view.firstSeenMs + view.waitMs + marginMs;",
    replace: "view.firstSeenMs + 0.95 * view.waitMs + marginMs;",
    properties: ["S1"],
    profile: {
      settings: "default",
      only: [...CUTS, "pause", "slow"],
      always: ["partition", "pause"],
      replicas: 2,
      rivals: 1,
      ...HARSH,
    },
  },
  {
    number: 35,
    bug: "the leader's clock stands still while its virtual machine is paused",
    file: "clock.ts",
    search:
      "return Math.max(now.monotonicMs - since.monotonicMs, now.bootMs - since.bootMs, now.wallMs - since.wallMs);",
    replace: "return Math.max(now.monotonicMs - since.monotonicMs, now.bootMs - since.bootMs);",
    properties: ["S1"],
    profile: { settings: "default", only: ["vm pause"], always: ["vm pause"], ...HARSH },
  },
  {
    number: 36,
    bug: "a leader does not mind what its watch tells of others' writes (R5)",
    file: "step/watching.ts",
    search: `changeTerm(d, { hint: "event", hintOrder: order });`,
    replace: "",
    properties: ["S6"],
    profile: {
      settings: "default",
      only: ["empty", "overwrite", "delete"],
      always: ["empty", "overwrite"],
      watches: true,
      ...HARSH,
    },
  },
  {
    number: 37,
    bug: "nothing is renewed while the task drains (R10)",
    file: "elector-step.ts",
    search: "else if (d.nowMs < s.phase.term.renewAtMs) break;",
    replace: `else if (s.phase.kind === "draining") {
        // Without asking for a tick at once, again and again.
        s.phase = { ...s.phase, term: { ...s.phase.term, renewAtMs: Number.POSITIVE_INFINITY } };
        break;
      } else if (d.nowMs < s.phase.term.renewAtMs) break;`,
    properties: ["L4"],
    profile: { settings: "default", only: CUTS, chaosMs: 60_000 },
  },
  {
    number: 38,
    bug: "the lock is held for a task that outlives its drain timeout (R10)",
    file: "step/leading.ts",
    search: "d.state.drainUntilMs = d.nowMs + d.config.drainTimeoutMs;",
    replace: "d.state.drainUntilMs = d.nowMs + 2 * d.config.drainTimeoutMs;",
    properties: ["S3"],
    profile: {
      settings: "default",
      only: ["step down", "bad tasks"],
      always: ["step down", "bad tasks"],
      ...HARSH,
    },
  },
  {
    number: 39,
    bug: "a store that was rolled back is believed: it gives the same process smaller tokens",
    file: "step/checks.ts",
    search: "if (floor === undefined || token > floor || d.config.acceptTokenRegression) return true;",
    replace: "return true;",
    properties: ["S4"],
    profile: {
      settings: "default",
      only: ["restore", "step down"],
      always: ["restore", "step down"],
      ...HARSH,
    },
  },
  {
    number: 40,
    bug: "a release is repeated until it is answered: stop() does not settle behind a cut",
    file: "step/releasing.ts",
    search: "} else if (s.phase.writesLeft > 0) {",
    replace:
      "} else if (s.phase.writesLeft > -100) {\n    s.phase = { ...s.phase };\n    return;\n  } else if (s.phase.writesLeft > 0) {",
    properties: ["L6"],
    profile: {
      settings: "default",
      only: [...CUTS, "step down"],
      always: ["partition", "requests cut", "step down"],
      ...HARSH,
    },
  },
  {
    number: 41,
    bug: "a standby polls although its watch works (R1)",
    file: "step/observing.ts",
    search: "const seldom = isWatchTrusted(d) && !awaitsAbsence(d);",
    replace: "const seldom = false;",
    properties: ["L5"],
    profile: { settings: "default", only: CUTS, watches: true, replicas: 3, chaosMs: 60_000 },
  },
  {
    number: 42,
    bug: "a lock that was given back is taken at the next poll although the watch told of it (R1)",
    file: "step/observing.ts",
    search: "s.attemptAtMs = Math.max(freeMs, notBeforeMs) + d.config.random() * ATTEMPT_JITTER_MS;",
    replace: "s.attemptAtMs = Math.max(freeMs, notBeforeMs + d.config.retryPeriodMs);",
    properties: ["L3"],
    profile: { settings: "default", only: CUTS, watches: true, replicas: 3, chaosMs: 60_000 },
  },
  {
    number: 43,
    bug: "the abort grace is part of the belief: the task has no time left to stop",
    file: "options.ts",
    search: "    renewDeadlineMs,\n    retryPeriodMs,\n    requestTimeoutMs,\n    observerMarginMs,",
    replace:
      "    renewDeadlineMs: renewDeadlineMs + abortGraceMs,\n    retryPeriodMs,\n    requestTimeoutMs,\n    observerMarginMs,",
    properties: ["S2"],
    profile: {
      settings: "bound",
      only: CUTS,
      always: ["partition"],
      extras: { requestTimeout: 0, observerMargin: 0, abortGrace: 2 / 15 },
      ...HARSH,
    },
  },
  {
    number: 44,
    bug: "whatever bears the own name is an own write: leadership by identity alone (R8)",
    file: "step/observing.ts",
    search: "return d.state.ownFingerprints.lastIndexOf(fingerprintOf(found.record)) >= 0;",
    replace: "return true;",
    properties: ["S1", "S2"],
    profile: {
      settings: "default",
      only: ["step down", "lost answers"],
      always: ["step down", "lost answers"],
      oneIdentity: true,
      replicas: 3,
      watches: true,
      ...HARSH,
    },
  },
];
