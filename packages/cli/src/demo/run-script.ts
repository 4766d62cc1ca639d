import type { Deed } from "./demo-event.ts";
import type { DemoGroup } from "./demo-group.ts";
import { type DemoState, replicaOf, runningTerm } from "./demo-state.ts";
import type { Step } from "./script.ts";
import { allUpAtMs } from "./summary.ts";
import type { TermHistory } from "./term-history.ts";

/** Something that was to happen did not, or not in time. */
export class NotShown extends Error {}

/** How long processes may take to come up, on a machine that has much else to do. */
const UP_MS = 60_000;
/** On top of what the protocol needs. */
const SLACK_MS = 10_000;
/** Pieces of work to see of a leader before something is done to it. */
const SETTLED_WORK = 5;

/** What a script runs on. */
export interface ScriptContext {
  readonly group: DemoGroup;
  readonly leaseDurationMs: number;
  readonly signal: AbortSignal;
}

/**
 * Waits for the first leader, then does each step to the leader and waits for all that the step is to show.
 * @throws {@link NotShown} when something did not happen; `signal.reason` when that aborts
 */
export async function runScript(steps: readonly Step[], context: ScriptContext): Promise<void> {
  await until(context, "all processes were up", UP_MS, allUpAtMs);
  await until(context, "there was a first leader", patienceMs(context), runningTerm);
  for (const step of steps) await STEPS[step](context, await settled(context));
  await settled(context);
}

const STEPS: Readonly<Record<Step, (context: ScriptContext, old: TermHistory) => Promise<void>>> = {
  async kill(context, old) {
    await act(context, old.replica, "kill");
    await takenOver(context, old);
    await act(context, old.replica, "start");
  },
  async freeze(context, old) {
    await act(context, old.replica, "freeze");
    await takenOver(context, old);
    await act(context, old.replica, "thaw");
    await taskStopped(context, old);
  },
  async cut(context, old) {
    await act(context, old.replica, "cut");
    await taskStopped(context, old);
    await takenOver(context, old);
  },
  async heal(context) {
    for (const { name, isCut } of context.group.state.replicas) if (isCut) await act(context, name, "heal");
  },
  async stop(context, old) {
    await act(context, old.replica, "stop");
    await takenOver(context, old);
    await until(context, `${old.replica} had ended`, patienceMs(context), (state) =>
      replicaOf(state, old.replica)?.process === "ended" ? true : undefined,
    );
    await act(context, old.replica, "start");
  },
};

async function act({ group }: ScriptContext, name: string, deed: Deed): Promise<void> {
  const why = await group.perform(name, deed);
  if (why !== undefined) throw new NotShown(`${deed} ${name}: ${why}`);
}

async function takenOver(context: ScriptContext, old: TermHistory): Promise<void> {
  await until(context, `another led after ${old.replica}`, 2 * patienceMs(context), (state) => {
    const newest = state.terms.at(-1);
    return newest !== undefined && newest.token !== old.token && newest.replica !== old.replica
      ? true
      : undefined;
  });
}

async function taskStopped(context: ScriptContext, old: TermHistory): Promise<void> {
  await until(context, `the task of ${old.replica} had stopped`, patienceMs(context), ({ terms }) =>
    terms.some(({ token, isOver }) => token === old.token && isOver) ? true : undefined,
  );
}

/** The leader, once it has worked for a while and every replica that can know it does. */
async function settled(context: ScriptContext): Promise<TermHistory> {
  return await until(context, "one led and all others followed it", 2 * patienceMs(context), (state) => {
    const term = runningTerm(state);
    if (term === undefined || term.work < SETTLED_WORK) return undefined;
    const follow = state.replicas.every(
      ({ process, isCut, leader }) => process === "running" && (isCut || leader === term.replica),
    );
    return follow ? term : undefined;
  });
}

function patienceMs({ leaseDurationMs }: ScriptContext): number {
  return leaseDurationMs + SLACK_MS;
}

/** Waits until an event makes `find` find something. */
async function until<Found>(
  { group, signal }: ScriptContext,
  what: string,
  timeoutMs: number,
  find: (state: DemoState) => Found | undefined,
): Promise<Found> {
  signal.throwIfAborted();
  let stopWaiting = (): void => {};
  try {
    return await new Promise<Found>((resolve, reject) => {
      const check = (): void => {
        const broken = brokenReplica(group.state);
        const found = find(group.state);
        if (broken !== undefined) reject(new NotShown(broken));
        else if (found !== undefined) resolve(found);
      };
      const onAbort = (): void => reject(signal.reason);
      const timer = setTimeout(
        () => reject(new NotShown(`Waited ${timeoutMs / 1_000} s in vain until ${what}`)),
        timeoutMs,
      );
      const stopListening = group.onEvent(check);
      signal.addEventListener("abort", onAbort, { once: true });
      stopWaiting = () => {
        clearTimeout(timer);
        stopListening();
        signal.removeEventListener("abort", onAbort);
      };
      check();
    });
  } finally {
    stopWaiting();
  }
}

/** One that ended though nobody had told it to. */
function brokenReplica({ replicas, deeds, news }: DemoState): string | undefined {
  for (const { name, process, ended } of replicas) {
    if (process !== "ended" || ended === "") continue;
    const last = deeds.findLast(({ replica }) => replica === name)?.deed;
    if (last === "kill" || last === "stop") continue;
    const trouble = news.findLast((event) => event.kind === "trouble" && event.replica === name);
    const why = trouble?.kind === "trouble" ? `: ${trouble.message}` : "";
    return `${name} has ended by itself (${ended})${why}`;
  }
  return undefined;
}
