import { Faults } from "./apply-fault.ts";
import type { Candidate } from "./candidate.ts";
import { FAIR_CONDITIONS, type LinkConditions } from "./link.ts";
import type { Property } from "./property.ts";
import type { Replica } from "./replica.ts";
import { JITTER, requestTimeoutMs } from "./request-timeout.ts";
import { longestLeaseMs } from "./scenario.ts";
import type { World } from "./world.ts";

/** R3's jitter before an attempt, a good task's stopping and a latency or two: what every bound has on top. */
const SLACK_MS = 500;
/** What a poor watch tells out of order may come so much later. */
const POOR_WATCH_LATE_MS = 5000;
/** A standby whose watch works reads once in five minutes, and once more where its trust was just won. */
const QUIET_REQUESTS = 2;
/** A watch is a hint: what it repeats, reorders or tells late changes nothing. */
const POOR_WATCHES: LinkConditions = {
  ...FAIR_CONDITIONS,
  watchRepeats: 0.5,
  watchReorders: 0.5,
  watchStale: 0.5,
};

/** Runs a world to its end: chaos, then healed, then it has to make progress. Stops at the first violation. */
export async function runToEnd(world: World): Promise<void> {
  const faults = new Faults(world);
  for (const replica of world.replicas) {
    world.queue.schedule(replica.plan.startsAtMs, () => replica.start(replica.plan.durations, true));
  }
  faults.schedule();
  world.told({ kind: "phase", phase: "chaos" });
  if (!(await world.advance(world.scenario.chaosMs))) return;
  faults.heal();
  await new Progress(world).demand();
}

/**
 * L1 to L6, in a healed world, in the slowest clock's time. Its network answers in milliseconds: where `docs/guarantees.md` allows
 * for timeouts, less is allowed here.
 */
class Progress {
  readonly #world: World;
  readonly #leaseMs: number;
  /** What a candidate waits on top of a lease. */
  readonly #marginMs: number;
  readonly #pollMs: number;
  readonly #timeoutMs: number;
  readonly #deadlineMs: number;

  constructor(world: World) {
    this.#world = world;
    const { scenario } = world;
    this.#marginMs = Math.max(...scenario.replicas.map(({ durations }) => durations.observerMarginMs ?? 0));
    // A stranger may have doubled the stored duration.
    const lengthened = scenario.faults.some((fault) => fault.kind === "stranger" && fault.act === "lengthen");
    this.#leaseMs = longestLeaseMs(scenario) * (lengthened ? 4 : 1);
    const periods = scenario.replicas.map(({ durations }) => durations.retryPeriodMs);
    this.#pollMs = JITTER * Math.max(...periods, (longestLeaseMs(scenario) * 2) / 15);
    this.#timeoutMs = Math.max(...scenario.replicas.map(({ durations }) => requestTimeoutMs(durations)));
    this.#deadlineMs = Math.max(...scenario.replicas.map(({ durations }) => durations.renewDeadlineMs));
  }

  async demand(): Promise<void> {
    const world = this.#world;
    // A store that was rolled back lets nobody lead who saw larger tokens, until it has overtaken them.
    if (world.referee.exclusions.storeWasRestored) return;
    // Retry-After is honoured up to the renew deadline; whoever stepped down stands back for two polls and a timeout.
    const patienceMs = this.#deadlineMs + 2 * this.#pollMs + this.#timeoutMs;
    const somebodyLeads = (): Promise<boolean> =>
      this.#within(this.#leaseMs + this.#marginMs + patienceMs, "L2", "nobody leads");
    const poor = world.scenario.seed % 2 === 0;
    const steps: readonly (() => Promise<unknown>)[] = [
      somebodyLeads,
      () => this.#settleDown(),
      somebodyLeads, // still: the next steps ask a leader
      () => this.#staysStable(),
      () => this.#handsOver(),
      async () => this.#setConditions(poor ? POOR_WATCHES : FAIR_CONDITIONS),
      () => this.#settleDown(),
      somebodyLeads,
      () => this.#survivesCrash(poor ? POOR_WATCH_LATE_MS : 0),
      async () => this.#setConditions(FAIR_CONDITIONS),
      somebodyLeads,
      () => this.#drains(),
      () => this.#stopsClean(),
    ];
    for (const step of steps) {
      await step();
      // What came after it would stand in its story.
      if (world.referee.violation !== undefined) return;
    }
  }

  /** Until `someone` leads; else the property does not hold. */
  async #within(
    ms: number,
    property: Property,
    message: string,
    someone?: (leader: Replica) => boolean,
  ): Promise<boolean> {
    const world = this.#world;
    const boundMs = this.#stretched(ms) + SLACK_MS;
    const untilMs = world.nowMs + boundMs;
    const led = (): boolean => {
      const { leader } = world;
      return leader !== undefined && (someone?.(leader) ?? true);
    };
    if (await world.advance(untilMs, led)) return true;
    world.referee.fail(property, `${message} ${Math.round(boundMs)} ms later`);
    return false;
  }

  #setConditions(conditions: LinkConditions): void {
    for (const { link } of this.#world.replicas) link.conditions = conditions;
  }

  async #settleDown(): Promise<void> {
    const world = this.#world;
    await world.advance(world.nowMs + this.#stretched(this.#leaseMs + this.#marginMs + 4 * this.#pollMs));
  }

  /** L4: every second request of the leader is lost, and nothing changes. */
  async #staysStable(): Promise<void> {
    const world = this.#world;
    const { leader } = world;
    const term = leader?.candidate?.term;
    if (leader === undefined || leader.plan.kind === "client-go") return;
    const untilMs = world.nowMs + 3 * this.#leaseMs;
    const quiet = this.#quietStandbys(leader);
    const trouble = { fault: "every second request is lost", who: leader.name };
    world.told({ kind: "fault-began", ...trouble, untilMs });
    leader.link.conditions = { ...FAIR_CONDITIONS, everySecondRequestLost: true };
    if (!(await world.advance(untilMs))) return;
    world.told({ kind: "fault-ended", ...trouble });
    leader.link.conditions = FAIR_CONDITIONS;
    const { candidate } = leader;
    if (candidate === undefined) return;
    for (const [standby, sentBefore] of quiet) {
      const sent = standby.requestsEver - sentBefore;
      if (candidate.term === term && sent > QUIET_REQUESTS)
        world.referee.fail("L5", `sent ${sent} requests though its watch works and nothing changes`, standby);
    }
    if (candidate.term !== term)
      world.referee.fail("L4", "a leader that gets through was replaced", candidate);
  }

  /** Standbys whose watch works, and how many requests each has sent. */
  #quietStandbys(leader: Replica): ReadonlyMap<Candidate, number> {
    const quiet = new Map<Candidate, number>();
    for (const replica of this.#world.replicas) {
      const { candidate } = replica;
      if (candidate !== undefined && replica !== leader && this.#watchWorks(replica, leader))
        quiet.set(candidate, candidate.requestsEver);
    }
    return quiet;
  }

  /** It was told of the leader's last renewal, or of the one before. */
  #watchWorks({ plan, lock, candidate }: Replica, leader: Replica): boolean {
    if (plan.kind === "client-go" || lock === undefined || candidate === undefined) return false;
    const sinceMs = this.#world.nowMs - candidate.watchedAtMs;
    return lock.openWatches > 0 && sinceMs < 1.5 * this.#stretched(leader.plan.durations.retryPeriodMs);
  }

  /** L3: a leader that stops well is replaced at once. */
  async #handsOver(): Promise<void> {
    const world = this.#world;
    // A request that was lost before is given up on first.
    if (!(await world.advance(world.nowMs + this.#stretched(this.#timeoutMs)))) return;
    const { leader } = world;
    const others = world.replicas.filter((replica) => replica !== leader && replica.campaigns);
    if (leader === undefined || leader.plan.kind === "client-go" || !others.some(isTenure)) return;
    const { candidate } = leader;
    // Told by its watch at once; else at the next poll, and at one more where another's write came first. Redis may refuse the
    // first write of whoever was quiet for minutes: its not-after counts from the last reply, by a clock that is wrong.
    const atOnceMs = world.store.flavour.guardsAgainstLateWrites ? this.#pollMs : 0;
    const boundMs = others.some((other) => this.#watchWorks(other, leader)) ? atOnceMs : 2 * this.#pollMs;
    leader.stop(() => {});
    const fromMs = world.nowMs;
    if (
      await this.#within(
        boundMs,
        "L3",
        "nobody took over from a leader that stopped",
        (now) => now !== leader,
      )
    ) {
      world.coverage.count("handovers");
      world.coverage.count("handover milliseconds", Math.round(world.nowMs - fromMs));
    }
    await world.advance(world.nowMs + this.#leaseMs);
    if (candidate !== undefined && !candidate.stopped)
      world.referee.fail("L6", "stop() does not settle", candidate);
    if (world.referee.violation !== undefined) return;
    leader.crash();
    leader.start(leader.plan.durations, false);
  }

  /** L1: a leader that crashes is replaced when its lease has run out. */
  async #survivesCrash(lateMs: number): Promise<void> {
    const world = this.#world;
    const { leader } = world;
    const others = world.replicas.filter((replica) => replica !== leader && replica.campaigns);
    if (leader === undefined || leader.plan.kind === "client-go" || !others.some(isTenure)) return;
    const leaseMs = leader.candidate?.durations.leaseDurationMs ?? this.#leaseMs;
    leader.crash();
    // The newest renewal was seen at once, or at the next poll; from then on the timer is exact.
    const boundMs = leaseMs + this.#marginMs + this.#pollMs + lateMs;
    await this.#within(boundMs, "L1", "nobody took over from a leader that crashed");
  }

  /** L4, R10: a leader that steps down renews while its task takes nearly all of its drain timeout to stop. */
  async #drains(): Promise<void> {
    const world = this.#world;
    const { leader } = world;
    const { candidate } = leader ?? {};
    if (leader === undefined || candidate === undefined || !isTenure(leader)) return;
    const drainMs = 0.95 * candidate.durations.drainTimeoutMs;
    leader.stopSlowly(drainMs);
    leader.stepDown();
    const untilMs = world.nowMs + this.#stretched(drainMs) + SLACK_MS;
    if (!(await world.advance(untilMs, () => !candidate.believes))) return;
    if (candidate.taskRunning)
      world.referee.fail("L4", "lost its term while its task drained, though it gets through", candidate);
  }

  /** L6: stopping settles, and leaves nothing behind. */
  async #stopsClean(): Promise<void> {
    const world = this.#world;
    const stopping = world.replicas.filter((replica) => replica.campaigns && isTenure(replica));
    for (const replica of stopping) replica.stop(() => {});
    const drainMs = Math.max(...stopping.map(({ candidate }) => candidate?.durations.drainTimeoutMs ?? 0));
    const stopped = (): boolean => stopping.every(({ candidate }) => candidate?.stopped ?? true);
    await world.advance(world.nowMs + this.#stretched(drainMs + 4 * this.#timeoutMs) + SLACK_MS, stopped);
    await world.advance(world.nowMs + this.#leaseMs);
    for (const { candidate, process, lock } of stopping) {
      if (candidate === undefined) continue;
      if (!candidate.stopped) world.referee.fail("L6", "stop() does not settle", candidate);
      else if (process !== undefined && process.pendingTimers > 0) {
        world.referee.fail("L6", `left ${process.pendingTimers} timers behind`, candidate);
      } else if (lock !== undefined && lock.openWatches > 0) {
        world.referee.fail("L6", "left a watch open", candidate);
      }
    }
  }

  #stretched(ms: number): number {
    return ms / (1 - this.#world.scenario.actualRateError);
  }
}

function isTenure({ plan }: Replica): boolean {
  return plan.kind === "tenure";
}
