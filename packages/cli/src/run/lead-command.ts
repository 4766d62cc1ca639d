import { LeaderElectionError, type StopReason, type Term } from "@tenure/core";
import type { CommandEnd, CommandSpec, GuardedCommand } from "./guarded-command.ts";
import { machineNowMs } from "./machine-time.ts";
import type { RunTiming } from "./run-timing.ts";

/** One term and the command that runs in it. */
export interface LedCommand {
  readonly term: Term;
  readonly command: GuardedCommand;
  readonly spec: Omit<CommandSpec, "leadsUntilMs" | "killGraceMs">;
  readonly timing: RunTiming;
  /** What a graceful stop sends first. */
  readonly stopSignal: () => NodeJS.Signals;
}

/** Somebody else may lead already: nothing is left to wait for. */
const OVERRUN: ReadonlySet<StopReason> = new Set<StopReason>(["taken-over", "identity-conflict"]);
const GRACEFUL: ReadonlySet<StopReason> = new Set<StopReason>(["shutdown", "stepped-down", "released"]);

/** Runs the command for as long as the term lasts. Settles when nothing of it is left; never rejects. */
export async function leadCommand({
  term,
  command,
  spec,
  timing,
  stopSignal,
}: LedCommand): Promise<CommandEnd> {
  // The clock first, here and below: a freeze between the two readings then only shortens the time left.
  const nowMs = machineNowMs();
  let untilMs = nowMs + term.remainingMs();
  command.start({ ...spec, leadsUntilMs: untilMs, killGraceMs: timing.killGraceMs });

  const sample = (): void => {
    const nowMs = machineNowMs();
    const leftMs = term.remainingMs();
    const seenMs = leftMs > 0 ? nowMs + leftMs : Math.min(untilMs, nowMs);
    // Less than a millisecond is the two clocks' readings, no renewal.
    if (Math.abs(seenMs - untilMs) < 1) return;
    untilMs = seenMs;
    command.lead(untilMs);
  };
  const onAbort = (): void => {
    const reason = stopReasonOf(term);
    if (GRACEFUL.has(reason)) command.stop(stopSignal(), machineNowMs() + timing.drainTimeoutMs);
    else if (OVERRUN.has(reason)) command.stop("SIGKILL", machineNowMs());
    else sample();
  };
  // Often enough that a frozen `tenure` has told of its newest renewal, and that a suspended machine is noticed soon.
  const sampler = setInterval(sample, Math.min(Math.max(timing.retryPeriodMs / 4, 20), 500));
  term.signal.addEventListener("abort", onAbort);
  if (term.signal.aborted) onAbort();
  try {
    return await command.ended;
  } finally {
    clearInterval(sampler);
    term.signal.removeEventListener("abort", onAbort);
  }
}

/** Why a term that was aborted ended. */
function stopReasonOf(term: Term): StopReason {
  const reason: unknown = term.signal.reason;
  return (LeaderElectionError.is(reason) ? reason.stopReason : undefined) ?? "deadline";
}

/** Whether the term was lost, rather than given up. */
export function wasLost(term: Term): boolean {
  return term.signal.aborted && !GRACEFUL.has(stopReasonOf(term));
}
