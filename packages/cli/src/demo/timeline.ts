import type { Mode, ReplicaState } from "./demo-state.ts";

/**
 * A replica's last `spanMs` as one mode per column, the newest last: what it was at the middle of each. A sample at one moment
 * never shows two leaders where one followed the other.
 */
export function timelineColumns(
  { modes }: Pick<ReplicaState, "modes">,
  { columns, spanMs, nowMs }: { readonly columns: number; readonly spanMs: number; readonly nowMs: number },
): readonly Mode[] {
  const columnMs = spanMs / columns;
  // Columns stay where they are in time, and move on as a whole: otherwise a bar's ends would flicker.
  const endMs = Math.ceil(nowMs / columnMs) * columnMs;
  return Array.from({ length: columns }, (_, index): Mode => {
    const atMs = Math.min(endMs - (columns - index - 0.5) * columnMs, nowMs);
    return modes.findLast((change) => change.atMs <= atMs)?.mode ?? "down";
  });
}
