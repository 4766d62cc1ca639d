import { readFrames } from "./frame.ts";
import { JournalError } from "./journal-error.ts";
import { JournalState } from "./journal-state.ts";
import { parseEntries, parseSnapshot } from "./journal-text.ts";

/** @throws {@link JournalError} when bytes that had been written whole are not what they were. */
export function restore(
  file: string,
  bytes: Buffer,
): { readonly state: JournalState; readonly tornBytes: number } {
  // Made by somebody for us: a journal of ours is never empty.
  if (bytes.length === 0) return { state: new JournalState(), tornBytes: 0 };
  const { frames, end } = readFrames(bytes);
  const [first, ...rest] = frames;
  // The first line was synced before the file got its name: it cannot be torn.
  if (first === undefined) throw unreadableStart(file, bytes);
  const state = readSnapshot(file, first.payload);
  for (const { offset, payload } of rest) {
    try {
      state.apply(parseEntries(payload));
    } catch (cause) {
      throw damaged(file, offset, cause);
    }
  }
  if (end.kind === "damaged") throw damaged(file, end.offset);
  return { state, tornBytes: end.kind === "torn" ? bytes.length - end.offset : 0 };
}

function readSnapshot(file: string, payload: string): JournalState {
  try {
    return parseSnapshot(payload);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new JournalError("ERR_JOURNAL_FOREIGN", file, `Cannot read ${file} as a journal: ${why}`, {
      cause,
    });
  }
}

function unreadableStart(file: string, bytes: Buffer): JournalError {
  if (bytes.includes("tenure-lease-journal")) return damaged(file, 0);
  return new JournalError(
    "ERR_JOURNAL_FOREIGN",
    file,
    `${file} is not a journal of a lease-server; it was left as it is`,
  );
}

function damaged(file: string, offset: number, cause?: unknown): JournalError {
  const message = `The journal ${file} is damaged at byte ${offset}; it was left as it is. Restore it from a copy, or move it away to start with an empty one`;
  return new JournalError("ERR_JOURNAL_DAMAGED", file, message, { offset, cause });
}
