import type { Deed, DemoEvent } from "./demo-event.ts";
import { closeSpan, isRunning, type TermHistory } from "./term-history.ts";

/** What a replica is at one moment, as its bar shows it. */
export type Mode = "down" | "starting" | "following" | "leading" | "frozen" | "cut" | "leading-cut";

/** A replica as the demo knows it. */
export interface ReplicaState {
  readonly name: string;
  readonly process: "starting" | "running" | "stopping" | "ended";
  /** How its process ended: `"SIGKILL"`; empty before. */
  readonly ended: string;
  readonly isFrozen: boolean;
  readonly isCut: boolean;
  /** Whom it saw holding the lock; `undefined` before it saw any. */
  readonly leader: string | undefined;
  /** When it last wrote the record. */
  readonly wroteAtMs: number | undefined;
  readonly upAtMs: number | undefined;
  /** When it was thawed last. */
  readonly thawedAtMs: number;
  /** What it was from when on, oldest first. */
  readonly modes: readonly { readonly atMs: number; readonly mode: Mode }[];
}

/** All that is known of a demo. */
export interface DemoState {
  readonly replicas: readonly ReplicaState[];
  /** In the order in which they began. */
  readonly terms: readonly TermHistory[];
  readonly renewals: number;
  readonly deeds: readonly { readonly replica: string; readonly deed: Deed; readonly atMs: number }[];
  /** What a person wants to read, newest last; pieces of work and renewals are not kept. */
  readonly news: readonly DemoEvent[];
}

const KEPT_NEWS = 200;
/** Longer ago than any bar shows. */
const KEPT_MODES_MS = 600_000;

/** Before anything happened. */
export function initialDemo(names: readonly string[]): DemoState {
  const replicas = names.map(
    (name): ReplicaState => ({
      name,
      process: "ended",
      ended: "",
      isFrozen: false,
      isCut: false,
      leader: undefined,
      wroteAtMs: undefined,
      upAtMs: undefined,
      thawedAtMs: Number.NEGATIVE_INFINITY,
      modes: [],
    }),
  );
  return { replicas, terms: [], renewals: 0, deeds: [], news: [] };
}

/** The state after an event. Events of one process come in its order, those of several only about in order. */
export function applyEvent(state: DemoState, event: DemoEvent): DemoState {
  const terms = applyToTerms(state, event);
  const replicas = state.replicas.map((replica) => {
    if (replica.name !== event.replica) return replica;
    const changed = applyToReplica(replica, event);
    return withMode(changed, modeOf(changed, terms), event.atMs);
  });
  const isNews = event.kind !== "worked" && event.kind !== "renewed";
  return {
    replicas,
    terms,
    renewals: state.renewals + (event.kind === "renewed" ? 1 : 0),
    deeds: event.kind === "deed" ? [...state.deeds, event] : state.deeds,
    news: isNews ? [...state.news.slice(1 - KEPT_NEWS), event] : state.news,
  };
}

/** The replica of that name. */
export function replicaOf(state: DemoState, name: string): ReplicaState | undefined {
  return state.replicas.find((replica) => replica.name === name);
}

/** The term whose task runs; the newest, should there ever be two. */
export function runningTerm(state: DemoState): TermHistory | undefined {
  return state.terms.findLast(isRunning);
}

/** What a replica is now. */
export function modeOf(replica: ReplicaState, terms: readonly TermHistory[]): Mode {
  if (replica.process === "ended") return "down";
  if (replica.isFrozen) return "frozen";
  if (replica.process === "starting") return "starting";
  const leads = terms.some((term) => term.replica === replica.name && isRunning(term));
  if (leads) return replica.isCut ? "leading-cut" : "leading";
  return replica.isCut ? "cut" : "following";
}

function applyToReplica(replica: ReplicaState, event: DemoEvent): ReplicaState {
  switch (event.kind) {
    case "deed":
      return afterDeed(replica, event.deed, event.atMs);
    case "up":
      return { ...replica, process: "running", upAtMs: event.atMs };
    case "sees-leader":
      return { ...replica, leader: event.leader };
    case "renewed":
      return { ...replica, wroteAtMs: event.atMs };
    case "ended":
      return { ...replica, process: "ended", ended: event.how, isFrozen: false, leader: undefined };
    default:
      return replica;
  }
}

function afterDeed(replica: ReplicaState, deed: Deed, atMs: number): ReplicaState {
  switch (deed) {
    case "start":
      return {
        ...replica,
        process: "starting",
        ended: "",
        isFrozen: false,
        ...{ upAtMs: undefined, wroteAtMs: undefined },
      };
    case "freeze":
      return { ...replica, isFrozen: true };
    case "thaw":
      return { ...replica, isFrozen: false, thawedAtMs: atMs };
    case "cut":
      return { ...replica, isCut: true };
    case "heal":
      return { ...replica, isCut: false };
    case "stop":
      return { ...replica, process: "stopping" };
    case "kill":
      return replica; // it is dead when its process has ended
  }
}

function applyToTerms(state: DemoState, event: DemoEvent): readonly TermHistory[] {
  const { replica: name, atMs } = event;
  if (event.kind === "task-started") {
    const renewedAtMs = replicaOf(state, name)?.wroteAtMs ?? atMs;
    const ran = [{ fromMs: atMs, toMs: undefined }];
    const began = {
      replica: name,
      token: event.token,
      ran,
      isOver: false,
      renewedAtMs,
      work: 0,
    };
    return [...state.terms, began];
  }
  const index = state.terms.findLastIndex((term) => term.replica === name && !term.isOver);
  const term = state.terms[index];
  const replica = replicaOf(state, name);
  if (term === undefined || replica === undefined) return state.terms;
  return state.terms.with(index, changeTerm(term, replica, event));
}

function changeTerm(term: TermHistory, replica: ReplicaState, event: DemoEvent): TermHistory {
  const { atMs } = event;
  switch (event.kind) {
    case "renewed":
      // A thawed process may read the answer to what it sent before the freeze: no renewal of a term that goes on.
      return isRunning(term) ? { ...term, renewedAtMs: atMs } : term;
    case "worked": {
      const worked = { ...term, work: term.work + 1 };
      // What was done before the freeze may be heard of after it, and begins nothing.
      const goesOn = !isRunning(term) && !replica.isFrozen && atMs >= replica.thawedAtMs;
      return goesOn ? { ...worked, ran: [...term.ran, { fromMs: atMs, toMs: undefined }] } : worked;
    }
    case "task-stopped":
    case "ended":
      return { ...closeSpan(term, atMs), isOver: true };
    case "deed":
      return event.deed === "freeze" ? closeSpan(term, atMs) : term;
    default:
      return term;
  }
}

function withMode(replica: ReplicaState, mode: Mode, atMs: number): ReplicaState {
  const last = replica.modes.at(-1);
  if (last?.mode === mode) return replica;
  const next = { atMs: Math.max(atMs, last?.atMs ?? atMs), mode };
  const kept = replica.modes.filter(
    (_, index) => (replica.modes[index + 1]?.atMs ?? atMs) > atMs - KEPT_MODES_MS,
  );
  return { ...replica, modes: [...kept, next] };
}
