import { setTimeout as sleep } from "node:timers/promises";

/** How {@link pollUntil} waits. */
export interface PollOptions {
  /** Names what is waited for in the error, e.g. `"/readyz of the apiserver"`; a function is called when it is too late. */
  readonly what: string | (() => string);
  /** When to give up, in milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two tries, in milliseconds. @defaultValue 50 */
  readonly intervalMs?: number | undefined;
}

/**
 * Tries until `attempt` gives something other than `undefined` or `false`, and returns it.
 * @throws Error when that took longer than `timeoutMs`; what `attempt` itself throws is passed on at once.
 */
export async function pollUntil<T>(
  attempt: () => T | undefined | false | Promise<T | undefined | false>,
  { what, timeoutMs, intervalMs = 50 }: PollOptions,
): Promise<T> {
  const giveUpAtMs = performance.now() + timeoutMs;
  for (;;) {
    const result = await attempt();
    if (result !== undefined && result !== false) return result;
    if (performance.now() >= giveUpAtMs) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${typeof what === "string" ? what : what()}`);
    }
    await sleep(intervalMs);
  }
}
