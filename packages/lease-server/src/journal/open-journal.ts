import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FileJournal } from "./file-journal.ts";
import type { Journal, JournalContents } from "./journal.ts";
import { JournalError } from "./journal-error.ts";
import { takeJournalLock } from "./journal-lock.ts";
import { restore } from "./restore.ts";

/** Settings of {@link openJournal}. */
export interface OpenJournalOptions {
  /**
   * How much may be appended before the file is written anew with what is left of it, in bytes; more where that is larger itself.
   * Less means a smaller file and more pauses of the length of one small file's write.
   * @defaultValue 4194304
   */
  readonly compactAfterBytes?: number | undefined;
}

/** A journal and what it held. */
export interface OpenedJournal {
  readonly journal: Journal;
  readonly contents: JournalContents;
  /** Bytes of a write that never finished, cut off the end. Nobody had been told of it. */
  readonly tornBytes: number;
}

/** In a folder that is given instead of a file. */
const FILE_NAME = "leases.journal";

/**
 * Opens the journal in a file, which is made when it is not there; its folder must be. A folder stands for the file
 * `leases.journal` in it. Opening writes the file anew, so that all it gave is on disk, also what a process that was killed had not synced.
 *
 * One process may have it open at a time.
 * @throws {@link JournalError} when another has it, when it is damaged anywhere but at a torn end (the file is left as it is), or when it cannot be read or written.
 */
export async function openJournal(path: string, options: OpenJournalOptions = {}): Promise<OpenedJournal> {
  const { compactAfterBytes = 4 * 1024 * 1024 } = options;
  if (!Number.isSafeInteger(compactAfterBytes) || compactAfterBytes < 1) {
    throw new RangeError(`Expected \`compactAfterBytes\` as a positive integer, got ${compactAfterBytes}`);
  }
  const file = await orFailed(path, "open", () => locate(path));
  const lock = await orFailed(file, "lock", () => takeJournalLock(file));
  if (lock === undefined) {
    throw new JournalError(
      "ERR_JOURNAL_IN_USE",
      file,
      `The journal ${file} is in use by another lease-server`,
    );
  }
  try {
    const bytes = await orFailed(file, "read", () => readIfThere(file));
    const { state, tornBytes } = restore(file, bytes);
    const contents = state.toContents();
    const journal = await orFailed(file, "write", () =>
      FileJournal.start(file, lock, state, compactAfterBytes),
    );
    return { journal, contents, tornBytes };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The real path, so that one file has one lock, whatever it is called by. */
async function locate(path: string): Promise<string> {
  if (await isFolder(path)) return await locate(join(path, FILE_NAME));
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return join(await realpath(dirname(path)), basename(path));
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function readIfThere(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isMissing(error)) return Buffer.alloc(0);
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function orFailed<T>(path: string, doing: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw JournalError.failed(path, doing, error);
  }
}
