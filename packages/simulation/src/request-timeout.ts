import type { Durations } from "./scenario.ts";

/** client-go's jitter factor: J. */
export const JITTER = 1.2;
/** The elector's default timeout leaves room for two retries only if it then is no shorter. */
const SHORTEST_WITH_TWO_RETRIES_MS = 250;

/** T: as given, or as design section 4 has it where none is: `T + k * (J * P + T) <= H` with two retries, else one. */
export function requestTimeoutMs(durations: Durations): number {
  return durations.requestTimeoutMs ?? defaultMs(durations);
}

function defaultMs({ renewDeadlineMs, retryPeriodMs }: Durations): number {
  const longest = (retries: number): number =>
    Math.floor((renewDeadlineMs - retries * JITTER * retryPeriodMs) / (retries + 1));
  return longest(2) >= SHORTEST_WITH_TWO_RETRIES_MS ? longest(2) : longest(1);
}
