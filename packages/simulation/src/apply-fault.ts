import type { FaultName } from "./coverage.ts";
import { FAIR_CONDITIONS, type LinkConditions } from "./link.ts";
import type { Replica } from "./replica.ts";
import { type Fault, longestLeaseMs, type StrangerAct } from "./scenario.ts";
import type { World } from "./world.ts";

type LinkTrouble = Extract<Fault, { kind: "link" | "errors" }>;

/** Makes the faults of a scenario happen, each at its time, and ends them all when the world is healed. */
export class Faults {
  readonly #world: World;
  /** What troubles each replica's link at the moment. */
  readonly #troubles = new Map<Replica, Set<LinkTrouble>>();
  /** How often each replica is paused, or its machine asleep. */
  readonly #pauses = new Map<Replica, number>();

  constructor(world: World) {
    this.#world = world;
  }

  schedule(): void {
    const { queue, scenario } = this.#world;
    for (const fault of scenario.faults) {
      queue.schedule(fault.atMs, () => {
        if (!this.#world.isHealed) this.#begin(fault);
      });
    }
  }

  /** No more faults: links are fair, every process runs, every task is good. */
  heal(): void {
    const world = this.#world;
    world.isHealed = true;
    world.told({ kind: "phase", phase: "healed" });
    for (const replica of world.replicas) {
      this.#troubles.get(replica)?.clear();
      replica.link.heal();
      replica.lock?.cutWatches("reconnects");
      replica.machine.wakeUp();
      this.#resume(replica);
      if (!replica.campaigns) replica.crash();
      replica.start(replica.plan.durations, false);
      replica.endTasks();
    }
  }

  #begin(fault: Fault): void {
    const world = this.#world;
    const replica = "who" in fault ? world.replicas[fault.who] : undefined;
    const name = nameOf(fault);
    world.coverage.fault(name);
    world.recorder.mix(20, name.length);
    if (fault.kind === "stranger") {
      this.#strangerActs(fault.act, fault.back);
      return;
    }
    if (fault.kind === "server-clock") {
      world.serverOffsetMs += fault.byMs;
      return;
    }
    if (replica === undefined) return;
    if ("untilMs" in fault) {
      world.told({ kind: "fault-began", fault: name, who: replica.name, untilMs: fault.untilMs });
      world.queue.schedule(fault.untilMs, () => {
        if (world.isHealed) return;
        this.#end(fault, replica);
        world.told({ kind: "fault-ended", fault: name, who: replica.name });
      });
    }
    this.#apply(fault, replica);
  }

  #apply(fault: Exclude<Fault, { kind: "stranger" | "server-clock" }>, replica: Replica): void {
    const world = this.#world;
    switch (fault.kind) {
      case "link":
      case "errors":
        this.#troublesOf(replica).add(fault);
        this.#setConditions(replica);
        this.#noticePartition(replica);
        break;
      case "pause":
        this.#pauses.set(replica, (this.#pauses.get(replica) ?? 0) + 1);
        replica.process?.pause();
        world.told({ kind: "paused", who: replica.name, how: "pause" });
        break;
      case "suspend":
      case "vm-pause":
        if (replica.candidate !== undefined) world.referee.beliefs.fallsAsleep(replica.candidate);
        if (fault.kind === "suspend") replica.machine.sleep();
        else replica.machine.freeze();
        world.told({ kind: "paused", who: replica.name, how: fault.kind });
        break;
      case "rate":
        replica.machine.setRate(fault.rate);
        break;
      case "wall-step":
        replica.machine.stepWallClock(fault.byMs);
        break;
      case "crash":
        replica.crash();
        world.queue.schedule(fault.restartAtMs, () => this.#restart(replica, fault));
        break;
      case "stop":
        replica.stop(() => {
          const restart = (): void => {
            if (world.isHealed) return; // it was started again then
            replica.crash();
            this.#restart(replica, fault);
          };
          world.queue.schedule(Math.max(fault.restartAtMs, world.nowMs), restart);
        });
        break;
      case "step-down":
        replica.stepDown();
        break;
      case "watch-cut":
        replica.lock?.cutWatches(fault.how);
        break;
    }
  }

  /** Faults that are made of others. */
  #noticePartition(replica: Replica): void {
    const { coverage, replicas } = this.#world;
    const { requestsCut, answersCut } = replica.link.conditions;
    if (requestsCut && answersCut) coverage.fault("partition");
    const cut = replicas.filter(({ link }) => link.conditions.requestsCut);
    if (requestsCut && cut.length > 1) coverage.fault("several links cut");
  }

  #end(fault: Extract<Fault, { untilMs: number }>, replica: Replica): void {
    if (fault.kind === "link" || fault.kind === "errors") {
      this.#troublesOf(replica).delete(fault);
      this.#setConditions(replica);
      return;
    }
    if (fault.kind !== "pause") replica.machine.wakeUp();
    else {
      const left = (this.#pauses.get(replica) ?? 1) - 1;
      this.#pauses.set(replica, left);
      if (left > 0) return;
    }
    this.#resume(replica);
  }

  #resume(replica: Replica): void {
    const world = this.#world;
    const { process, candidate } = replica;
    this.#pauses.set(replica, 0);
    if (process === undefined || candidate === undefined) return;
    const waiting = process.resume();
    if (!process.running) return;
    candidate.ranSinceMs = process.now();
    world.told({ kind: "resumed", who: replica.name });
    for (const turn of waiting) world.queue.after(0, () => process.deliver(turn));
    world.turnEnded(replica);
    // The first thing that runs asks whether it leads, before what waited.
    if (candidate.believes) world.referee.beliefs.resumed(candidate);
  }

  #restart(replica: Replica, fault: Extract<Fault, { restartAtMs: number }>): void {
    if (this.#world.isHealed) replica.start(replica.plan.durations, false);
    else replica.start(fault.durations, fault.sameIdentity);
    if ((this.#pauses.get(replica) ?? 0) > 0) replica.process?.pause();
  }

  #troublesOf(replica: Replica): Set<LinkTrouble> {
    const troubles = this.#troubles.get(replica) ?? new Set();
    this.#troubles.set(replica, troubles);
    return troubles;
  }

  #setConditions(replica: Replica): void {
    const conditions: { -readonly [K in keyof LinkConditions]: LinkConditions[K] } = { ...FAIR_CONDITIONS };
    for (const trouble of this.#troublesOf(replica)) {
      if (trouble.kind === "errors") {
        conditions.error = trouble.burst;
        continue;
      }
      const { fault, intensity } = trouble;
      if (
        fault === "requestsCut" ||
        fault === "answersCut" ||
        fault === "watchSilent" ||
        fault === "watchRefused"
      ) {
        conditions[fault] = true;
      } else conditions[fault] = Math.max(conditions[fault], intensity);
    }
    replica.link.conditions = conditions;
  }

  #strangerActs(act: StrangerAct, back: number): void {
    const { store } = this.#world;
    const { exclusions } = this.#world.referee;
    const { current } = store;
    if (current === undefined) return;
    const held = current.record.holderIdentity !== "";
    const { leaseDurationMs } = current.record;
    switch (act) {
      case "label":
        store.edit({});
        break;
      case "delete":
        store.delete();
        break;
      case "empty":
        if (held) exclusions.strangerTouchedHeldRecord("record emptied");
        store.edit({ holderIdentity: "" });
        break;
      case "shorten":
        if (held) exclusions.strangerTouchedHeldRecord("lease shortened");
        store.edit({ leaseDurationMs: 1000 });
        break;
      case "lengthen":
        store.edit({ leaseDurationMs: Math.max(leaseDurationMs, 2 * longestLeaseMs(this.#world.scenario)) });
        break;
      case "clear-duration":
        exclusions.durationTakenAway();
        store.edit({ leaseDurationMs: 0 });
        break;
      case "overwrite":
        store.edit({ holderIdentity: "stranger", renewTime: "2026-01-01T00:00:00.000000Z" });
        break;
      case "restore":
        exclusions.restored();
        store.restore(back);
        break;
    }
    this.#world.told({ kind: "stranger", what: act, version: store.current?.version });
  }
}

function nameOf(fault: Fault): FaultName {
  switch (fault.kind) {
    case "link":
      return fault.fault;
    case "errors":
      return `errors ${fault.burst.status}`;
    case "stranger":
      return `stranger: ${fault.act}`;
    case "crash":
      return fault.sameIdentity ? "crash, same identity" : "crash, new identity";
    case "watch-cut":
      return `watch ${fault.how}`;
    default:
      return fault.kind;
  }
}
