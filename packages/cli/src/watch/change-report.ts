import type { VersionedRecord } from "@tenure/core";
import { formatDuration } from "../duration.ts";
import { type Output, style } from "../io.ts";
import { viewRecord } from "../record-view.ts";
import { visible } from "../visible-text.ts";
import type { ChangeKind } from "./lock-change.ts";

/** One change as JSON: a line of `tenure watch --json`. */
export function changeDocument(
  kind: ChangeKind,
  found: VersionedRecord | undefined,
  { lock, nowMs }: { readonly lock: string; readonly nowMs: number },
): object {
  const { holder, token, leaseDurationMs, acquireTime, renewTime, transitions } = viewRecord(found, nowMs);
  return {
    time: new Date(nowMs).toISOString(),
    event: kind,
    lock,
    holder,
    token,
    leaseDurationMs,
    acquireTime,
    renewTime,
    transitions,
  };
}

const COLORS: Readonly<Record<ChangeKind, "green" | "yellow" | "red" | "gray" | "cyan">> = {
  seen: "cyan",
  acquired: "green",
  renewed: "gray",
  released: "yellow",
  deleted: "red",
  edited: "gray",
  expired: "red",
};

/** One change as a line for people. */
export function changeLine(
  kind: ChangeKind,
  found: VersionedRecord | undefined,
  { stdout, nowMs }: { readonly stdout: Output; readonly nowMs: number },
): string {
  const { holder, token, leaseDurationMs, transitions } = viewRecord(found, nowMs);
  const facts = [
    holder === null ? (found === undefined ? "no record" : "free") : `holder ${visible(holder)}`,
    ...(token === null ? [] : [`token ${token}`]),
    ...(leaseDurationMs === null || holder === null ? [] : [`lease ${formatDuration(leaseDurationMs)}`]),
    ...(transitions === null ? [] : [`transitions ${transitions}`]),
  ];
  return `${new Date(nowMs).toISOString()} ${style(stdout, COLORS[kind], kind.padEnd(8))} ${facts.join(", ")}`;
}

/** The line that a terminal shows all the time: everything in it was seen by this process, on its own monotonic clock. */
export function liveLine(
  found: VersionedRecord | undefined,
  {
    stdout,
    ageMs,
    isRenewal,
  }: { readonly stdout: Output; readonly ageMs: number; readonly isRenewal: boolean },
): string {
  const { holder, leaseDurationMs, transitions, token } = viewRecord(found, 0);
  if (holder === null) {
    return style(stdout, "yellow", found === undefined ? "no record" : `free, transitions ${transitions}`);
  }
  const leftMs = leaseDurationMs === null ? undefined : leaseDurationMs - ageMs;
  const lapsed = leftMs !== undefined && leftMs <= 0;
  const name = style(stdout, [lapsed ? "red" : "green", "bold"], visible(holder));
  return [
    lapsed ? `${name} led last` : `${name} leads`,
    `${isRenewal ? "renewed" : "seen"} ${formatDuration(ageMs)} ago`,
    leftMs === undefined
      ? "no lease duration"
      : lapsed
        ? style(stdout, "red", `expired ${formatDuration(-leftMs)} ago`)
        : `expires in ${formatDuration(leftMs)}`,
    `transitions ${transitions}`,
    ...(token === null ? [] : [`token ${token}`]),
  ].join(" · ");
}
