import type { Writable } from "node:stream";
import type { Anomaly, LeaderElectionErrorCode, StopReason } from "@tenure/core";
import { visible } from "../visible-text.ts";

/** What `tenure run` tells: a line for people, or with `--json` one JSON document a line. Always on stderr; stdout is the command's. */
export type RunEvent =
  | { readonly event: "campaigning"; readonly identity: string; readonly lock: string }
  | { readonly event: "newLeader"; readonly identity: string }
  | { readonly event: "startedLeading"; readonly identity: string; readonly token: string }
  | { readonly event: "stoppedLeading"; readonly token: string; readonly reason: StopReason }
  | { readonly event: "childStarted"; readonly pid: number }
  | {
      readonly event: "childExited";
      readonly code: number | null;
      readonly signal: string | null;
      /** What `tenure` itself would end with. */
      readonly exitCode: number;
    }
  | { readonly event: "restarting"; readonly delayMs: number }
  | { readonly event: "healthServer"; readonly url: string }
  | {
      readonly event: "error";
      readonly code: LeaderElectionErrorCode | null;
      readonly message: string;
    }
  | { readonly event: "anomaly"; readonly kind: Anomaly["kind"]; readonly message: string };

/** Where events go. */
export type Report = (event: RunEvent) => void;

/** Writes events. For people an error that repeats, as it does at every attempt while a store is away, is said once. */
export function reportTo(output: Writable, { json }: { readonly json: boolean }): Report {
  let lastError: string | undefined;
  return (event) => {
    if (json) {
      output.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
      return;
    }
    const line = sayEvent(event);
    if (event.event === "error" && line === lastError) return;
    lastError = event.event === "error" ? line : undefined;
    // Holders' names and stores' words may hold anything.
    output.write(`tenure: ${visible(line)}\n`);
  };
}

function sayEvent(event: RunEvent): string {
  switch (event.event) {
    case "campaigning":
      return `${event.identity} campaigns for ${event.lock}`;
    case "newLeader":
      return `the leader is ${event.identity}`;
    case "startedLeading":
      return `leads with fencing token ${event.token}`;
    case "stoppedLeading":
      return `leads no more: ${event.reason}`;
    case "childStarted":
      return `the command runs as process ${event.pid}`;
    case "childExited":
      return event.signal === null
        ? `the command ended with exit code ${event.code}`
        : `the command was ended by ${event.signal}`;
    case "restarting":
      return `stands back for ${event.delayMs} ms before it campaigns again`;
    case "healthServer":
      return `health server on ${event.url}`;
    case "error":
      return event.message.split("\n", 1)[0] ?? "";
    case "anomaly":
      return `${event.kind}: ${event.message}`;
  }
}
