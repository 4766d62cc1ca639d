/** What must hold in every world, by its name in the properties: an onlooker's rules, not the elector's own. */
import { elapsedMs } from "./clock.ts";
import { type ElectorState, leadingTerm } from "./elector-state.ts";
import type { VersionedRecord } from "./resource-lock.ts";
import {
  expectedNumber,
  type Happening,
  originOf,
  type Process,
  purposeOf,
  type Rules,
  reading,
  seenIn,
  type World,
  type WriteEffect,
} from "./small-world.fixture.ts";

export type Law = "S1" | "S2" | "S3" | "S4" | "S6" | "S7" | "S8" | "wake";

/** A law was broken; the search adds how it came to that. */
export class Violation extends Error {
  override readonly name = "Violation";
}

function demand(holds: boolean, law: Law, sentence: string): void {
  if (!holds) throw new Violation(`${law}: ${sentence}`);
}

/** What `isLeading()` would say. */
export function believes({ state, up, life }: Process, nowMs: number, renewDeadlineMs: number): boolean {
  const term = leadingTerm(state);
  return up && term !== undefined && elapsedMs(term.confirmedAt, reading(nowMs, life)) < renewDeadlineMs;
}

/** S1 and S2, in one world. */
export function checkWorld({ processes, nowMs }: World, rules: Rules, laws: ReadonlySet<Law>): void {
  const [a, b] = processes;
  const aBelieves = believes(a, nowMs, rules.config(a.identity).renewDeadlineMs);
  const bBelieves = believes(b, nowMs, rules.config(b.identity).renewDeadlineMs);
  if (laws.has("S1")) demand(!(aBelieves && bBelieves), "S1", "both lead at the same time");
  if (!laws.has("S2")) return;
  const isUntold = ({ task, asleep }: Process): boolean => task === "running" && !asleep;
  demand(!(aBelieves && isUntold(b)), "S2", "a leads, and b's task was not told to stop");
  demand(!(bBelieves && isUntold(a)), "S2", "b leads, and a's task was not told to stop");
}

/** S3, S4, S6 to S8, of one input and what came of it. */
export function checkHappening(happening: Happening, laws: ReadonlySet<Law>): void {
  if (laws.has("S3")) checkDrained(happening);
  if (laws.has("S4")) checkTokens(happening);
  if (laws.has("S6")) checkWrites(happening);
  if (laws.has("S7")) checkConfirmed(happening);
  if (laws.has("S8")) checkStartsAndStops(happening);
  if (laws.has("wake")) checkEarlyTick(happening);
}

function writesOf({ effects }: Happening): WriteEffect[] {
  return effects.filter((effect) => effect.kind === "create" || effect.kind === "update");
}

/** S3, R9: nothing is given back, and nothing else is begun, under a task that still runs. */
function checkDrained(happening: Happening): void {
  const { input, before, after } = happening;
  const taskRan = input.kind !== "taskSettled" && before.task !== "none";
  for (const write of writesOf(happening)) {
    const purpose = purposeOf(write);
    if (purpose === "renew") continue;
    demand(!taskRan, "S3", `${after.identity} sends a ${purpose} while its task runs`);
    const leads = leadingTerm(after.state) !== undefined;
    demand(!leads, "S3", `${after.identity} still leads when it sends a ${purpose}`);
  }
}

function checkTokens({ effects, world, after }: Happening): void {
  for (const effect of effects) {
    if (effect.kind !== "startTerm") continue;
    const sentence = `${after.identity} leads with token ${effect.token} after a term with ${world.lastToken}`;
    demand(effect.token > BigInt(world.lastToken), "S4", sentence);
  }
}

/** S6. That a version was read is shown by induction: what it holds now it held before, or was just shown. */
function checkWrites(happening: Happening): void {
  const { input, before, after } = happening;
  const known = [...versionsIn(before.state), seenIn(input)?.version];
  for (const version of versionsIn(after.state)) {
    demand(known.includes(version), "S6", `${after.identity} holds version ${version}, which it never read`);
  }
  for (const write of writesOf(happening)) {
    const { identity, life, conflict } = after;
    const purpose = purposeOf(write);
    const isRead = write.kind === "create" || known.includes(write.expected.version);
    demand(isRead, "S6", `${identity} sends a ${purpose} over a version that it never read`);
    // R10: the first release goes out on the last confirmed version, whatever became of the renewal before it.
    const isFirstRelease = purpose === "release" && conflict?.purpose === "renew";
    const isRepeated = conflict?.on === expectedNumber(write) && !isFirstRelease;
    demand(!isRepeated, "S6", `${identity} repeats a write after a conflict without a look at the record`);
    if (purpose !== "release") continue;
    const isOwn = write.kind === "update" && originOf(write.expected).life === life;
    demand(isOwn, "S6", `${identity} gives back what it did not write`);
  }
}

function versionsIn(state: ElectorState): string[] {
  const { phase, view } = state;
  const records: (VersionedRecord | undefined)[] = [view?.current, leadingTerm(state)?.base];
  if (phase.kind === "releasing") records.push(phase.base);
  return records.flatMap((found) => (found === undefined ? [] : [found.version]));
}

/** S7: a term rests on a write of this very process, that the store has, and counts from when it was sent. */
function checkConfirmed({ effects, after }: Happening): void {
  const { identity, life } = after;
  const term = leadingTerm(after.state);
  if (term !== undefined) {
    const { life: writer, sentAtMs } = originOf(term.base);
    demand(writer === life, "S7", `${identity} leads on a write of another process`);
    const from = term.confirmedAt.monotonicMs;
    demand(from === sentAtMs, "S7", `${identity} believes from ${from} on a write sent at ${sentAtMs}`);
  }
  for (const effect of effects) {
    if (effect.kind !== "startTerm") continue;
    const isFresh = term !== undefined && originOf(term.base).purpose === "acquire";
    demand(isFresh, "S7", `${identity} starts a term without a confirmed acquire`);
    demand(effect.token === term?.base.fencingToken, "S7", `${identity}'s token is not that of its write`);
  }
}

function checkStartsAndStops({ before, input, effects, after }: Happening): void {
  const { identity } = after;
  let { termIsOn, task } = before;
  if (input.kind === "taskSettled") task = "none";
  for (const effect of effects) {
    if (effect.kind === "startTerm") {
      demand(!termIsOn && task === "none", "S8", `${identity} starts a term within another`);
      termIsOn = true;
      task = "running";
    } else if (effect.kind === "abortTerm") {
      demand(termIsOn && task !== "told", "S8", `${identity} tells its task to stop twice, or after the end`);
      if (task === "running") task = "told";
    } else if (effect.kind === "endTerm") {
      demand(
        termIsOn && task !== "running",
        "S8",
        `${identity} ends no term, or one whose task was not told`,
      );
      termIsOn = false;
    }
  }
  const leads = leadingTerm(after.state) !== undefined;
  demand(
    termIsOn === leads,
    "S8",
    `${identity} ${leads ? "leads without a start" : "stopped without a stop"}`,
  );
}

/** A tick before the time that was asked for changes nothing: so no timer is ever missing. */
function checkEarlyTick({ before, input, effects, after }: Happening): void {
  if (input.kind !== "tick" || before.asleep || input.at.monotonicMs >= before.wakeAtMs) return;
  const was = before.state;
  const same = (Object.keys(was) as (keyof ElectorState)[]).every((name) => was[name] === after.state[name]);
  demand(
    same && effects.length === 0,
    "wake",
    `${after.identity} acts at ${input.at.monotonicMs}, asked for ${before.wakeAtMs}`,
  );
}
