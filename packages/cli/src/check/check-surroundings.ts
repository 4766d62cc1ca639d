import { formatDuration } from "../duration.ts";
import type { ClockOffset } from "../store-time.ts";
import type { CheckItem } from "./check-report.ts";

/** Beyond this, ages in `tenure status` mislead people. */
const NOTABLE_OFFSET_MS = 1_000;

/** How far this machine's clock is from the store's. Electors compare no clocks; people and TLS do. */
export function checkClock(clock: ClockOffset | undefined): CheckItem {
  if (clock === undefined) {
    return {
      check: "clock",
      result: "unknown",
      detail: "the store does not tell its time; electors need no clock",
    };
  }
  const { offsetMs, uncertaintyMs } = clock;
  const doubt = `±${formatDuration(Math.ceil(uncertaintyMs))}`;
  if (Math.abs(offsetMs) < NOTABLE_OFFSET_MS) {
    return { check: "clock", result: "ok", detail: `this machine's agrees with the store's, ${doubt}` };
  }
  const [much, where] = [formatDuration(Math.abs(offsetMs)), offsetMs > 0 ? "behind" : "ahead of"];
  return {
    check: "clock",
    result: "warning",
    detail: `this machine's is ${much} ${where} the store's, ${doubt}; electors do not mind, certificates and people do`,
  };
}

/** Whether the store has to prove who it is. */
export function checkTls(security: "verified" | "not verified" | "none"): CheckItem {
  switch (security) {
    case "verified":
      return { check: "tls", result: "ok", detail: "the store's certificate is verified" };
    case "not verified":
      return {
        check: "tls",
        result: "warning",
        detail: "verification is switched off: who stands in between can be the store",
      };
    case "none":
      return { check: "tls", result: "warning", detail: "no TLS: credentials and records travel in clear" };
  }
}
