/** What a store said of its wall clock, against this machine's. */
export interface ClockOffset {
  /** The store's clock minus this machine's; 0 where they agree as far as can be told. */
  readonly offsetMs: number;
  /** By how much that may be off. */
  readonly uncertaintyMs: number;
}

/** When a question was sent and its answer was there, by this machine's wall clock. */
export interface Exchanged {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

/**
 * What an answer says of the clock of who gave it. It was written at some time between the two, and says its own time to
 * `grainMs` only (the `Date` of HTTP: a second). Less than the doubt is no difference.
 */
export function clockOffset(
  storeMs: number,
  { sentAtMs, receivedAtMs }: Exchanged,
  grainMs = 0,
): ClockOffset {
  // This machine's clock is read in whole milliseconds.
  const least = storeMs - receivedAtMs - 1;
  const most = storeMs + grainMs - sentAtMs;
  const uncertaintyMs = (most - least) / 2;
  const offsetMs = (most + least) / 2;
  return { offsetMs: Math.abs(offsetMs) <= uncertaintyMs ? 0 : offsetMs, uncertaintyMs };
}

/** From the `Date` header of an answer; `undefined` when there is none that can be read. */
export function offsetOfDate(date: string | undefined, exchanged: Exchanged): ClockOffset | undefined {
  const storeMs = Date.parse(date ?? "");
  return Number.isNaN(storeMs) ? undefined : clockOffset(storeMs, exchanged, 1_000);
}
