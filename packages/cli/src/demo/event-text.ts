import type { Deed, DemoEvent } from "./demo-event.ts";
import type { Timing } from "./replica-messages.ts";

const DEEDS: Readonly<Record<Deed, string>> = {
  kill: "is killed (SIGKILL): it cannot give the lock back",
  freeze: "is frozen (SIGSTOP), as by a long pause of its machine",
  thaw: "is thawed (SIGCONT), and still believes what it knew",
  cut: "is cut off: its packets, and those to it, are lost",
  heal: "is connected again",
  stop: "is asked to stop: first its task, then it hands over",
  start: "is started",
};

/** Why a task stopped, for people; a `StopReason` that has no words of its own stays as it is. */
const REASONS: Readonly<Record<string, string>> = {
  deadline: "it could not renew in time",
  stalled: "it was paused for too long",
  "taken-over": "another has the lock",
  shutdown: "it was asked to stop",
};

/** What happened, as the rest of a sentence that begins with the replica's name. */
export function eventText(event: DemoEvent): string {
  switch (event.kind) {
    case "deed":
      return DEEDS[event.deed];
    case "up":
      return `is up, process ${event.pid}`;
    case "sees-leader":
      return event.leader === event.replica ? "holds the lock" : `follows ${event.leader}`;
    case "task-started":
      return `leads, fencing token ${event.token}: its task runs`;
    case "task-stopped":
      return `has stopped its task: ${REASONS[event.reason] ?? event.reason}`;
    case "trouble":
      return event.message;
    case "ended":
      return `has ended (${event.how})`;
    case "renewed":
      return "has renewed";
    case "worked":
      return "has done a piece of work";
  }
}

/** Seconds with one digit, as in the first column of everything that the demo prints. */
export function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** A measured time: milliseconds while they are few. */
export function measureText(ms: number): string {
  if (ms === 0) return "0 ms";
  const rounded = Math.abs(ms) < 10 ? ms.toFixed(1) : Math.abs(ms) < 1_000 ? ms.toFixed(0) : undefined;
  return rounded === undefined ? `${(ms / 1_000).toFixed(2)} s` : `${rounded} ms`;
}

/** An election's times: `"lease 4 s, deadline 2.5 s, retry 0.5 s"`. */
export function timingText({ leaseDurationMs, renewDeadlineMs, retryPeriodMs }: Timing): string {
  return `lease ${leaseDurationMs / 1_000} s, deadline ${renewDeadlineMs / 1_000} s, retry ${retryPeriodMs / 1_000} s`;
}
