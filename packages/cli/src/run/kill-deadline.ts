/** Until when a command may run, in {@link machineNowMs}. Both the guard and `tenure` itself keep one and act on it. */
export interface KillDeadline {
  /** The term's end as known now; SIGTERM is due when it passes. Moved on by renewals, until it has passed. */
  readonly leadsUntilMs: number;
  /** What the command has to end by itself after that. */
  readonly killGraceMs: number;
  /** SIGKILL is due then whatever the term does: the end of a graceful stop. Infinite while there is none. */
  readonly stopByMs: number;
}

/** When SIGKILL is due. */
export function killAtMs({ leadsUntilMs, killGraceMs, stopByMs }: KillDeadline): number {
  return Math.min(leadsUntilMs + killGraceMs, stopByMs);
}

/** A renewal, or news that the term ends sooner. What has passed has passed: nothing moves it on any more. */
export function leadUntil(deadline: KillDeadline, untilMs: number, nowMs: number): KillDeadline {
  if (nowMs >= deadline.leadsUntilMs) return deadline;
  return { ...deadline, leadsUntilMs: untilMs };
}

/** A stop; the earliest one counts. */
export function stopBy(deadline: KillDeadline, byMs: number): KillDeadline {
  return { ...deadline, stopByMs: Math.min(deadline.stopByMs, byMs) };
}

/** What is due at a moment. */
export function due(deadline: KillDeadline, nowMs: number): "SIGKILL" | "SIGTERM" | undefined {
  if (nowMs >= killAtMs(deadline)) return "SIGKILL";
  return nowMs >= deadline.leadsUntilMs ? "SIGTERM" : undefined;
}

/** When something is due next. */
export function nextDueMs(deadline: KillDeadline, nowMs: number): number {
  const killMs = killAtMs(deadline);
  return nowMs < deadline.leadsUntilMs ? Math.min(deadline.leadsUntilMs, killMs) : killMs;
}
