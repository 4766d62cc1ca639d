import type { Deed } from "./demo-event.ts";
import type { DemoState } from "./demo-state.ts";
import { startedAtMs, type TermHistory, taskEndMs } from "./term-history.ts";

/** Why a term was followed by another. */
export type FailOverKind = "crash" | "freeze" | "cut" | "stop" | "other";

/** How leadership went from one term to the next. */
export interface FailOver {
  readonly kind: FailOverKind;
  readonly from: string;
  readonly to: string;
  /** From what was done to the old leader to the start of the next task; `undefined` for `"other"`. */
  readonly afterDeedMs: number | undefined;
  /** From the old leader's last renewal to the start of the next task. */
  readonly afterLastRenewalMs: number;
  /** From the end of the old task to the start of the next one. Below 0 they ran at once. */
  readonly afterTaskEndMs: number;
}

/** What ends a term, unless it is undone in time. */
const KINDS = { kill: "crash", freeze: "freeze", cut: "cut", stop: "stop" } as const;
const UNDONE_BY: Partial<Record<Deed, Deed>> = { freeze: "thaw", cut: "heal" };

/** Every hand-over so far, in order, with its cause. */
export function findFailOvers(state: DemoState): readonly FailOver[] {
  return state.terms.slice(1).map((next, index) => {
    // There is a term before each of these.
    const old = state.terms[index] as TermHistory;
    const nextAtMs = startedAtMs(next);
    const endMs = Math.min(taskEndMs(old) ?? nextAtMs, nextAtMs);
    const cause = causeOf(state, old, endMs);
    return {
      kind: cause?.kind ?? "other",
      from: old.replica,
      to: next.replica,
      afterDeedMs: cause && nextAtMs - cause.atMs,
      afterLastRenewalMs: nextAtMs - old.renewedAtMs,
      afterTaskEndMs: nextAtMs - (taskEndMs(old) ?? nextAtMs),
    };
  });
}

/** The last thing done to the leader that can end a term, before its task ended and not undone in time. */
function causeOf(
  { deeds }: DemoState,
  old: TermHistory,
  endMs: number,
): { readonly kind: FailOverKind; readonly atMs: number } | undefined {
  const toOld = deeds.filter(({ replica, atMs }) => replica === old.replica && atMs >= startedAtMs(old));
  for (const { deed, atMs } of toOld.toReversed()) {
    if (atMs > endMs || !isCause(deed)) continue;
    const undo = toOld.find((later) => later.deed === UNDONE_BY[deed] && later.atMs > atMs);
    // Thawed or healed, and then it renewed: it had survived that.
    if (undo !== undefined && undo.atMs < old.renewedAtMs) continue;
    return { kind: KINDS[deed], atMs };
  }
  return undefined;
}

function isCause(deed: Deed): deed is keyof typeof KINDS {
  return Object.hasOwn(KINDS, deed);
}
