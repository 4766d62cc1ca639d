import { encodeFrame } from "./frame.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { JournalError } from "./journal-error.ts";
import { JournalFile } from "./journal-file.ts";
import type { JournalLock } from "./journal-lock.ts";
import { assertGrowing, type JournalState } from "./journal-state.ts";
import { entriesText, snapshotText } from "./journal-text.ts";

/** A journal in a file. Made by `openJournal`. */
export class FileJournal implements Journal {
  readonly #path: string;
  readonly #lock: JournalLock;
  readonly #state: JournalState;
  readonly #compactAfterBytes: number;
  #file: JournalFile;
  /** Size of the file when it is next written anew. */
  #compactAt: number;
  /** Set once the file is in a state that nobody knows. */
  #failure: JournalError | undefined;
  #closing: Promise<void> | undefined;
  /** Ends when the last call so far has ended; never rejects. */
  #queue: Promise<void> = Promise.resolve();

  private constructor(
    path: string,
    lock: JournalLock,
    state: JournalState,
    file: JournalFile,
    compactAfterBytes: number,
  ) {
    this.#path = path;
    this.#lock = lock;
    this.#state = state;
    this.#file = file;
    this.#compactAfterBytes = compactAfterBytes;
    this.#compactAt = nextCompaction(file, compactAfterBytes);
  }

  /** Begins a new generation of the file from `state`, which is this journal's from then on. */
  static async start(
    path: string,
    lock: JournalLock,
    state: JournalState,
    compactAfterBytes: number,
  ): Promise<FileJournal> {
    const file = await JournalFile.replace(path, encodeFrame(snapshotText(state)));
    return new FileJournal(path, lock, state, file, compactAfterBytes);
  }

  append(entries: readonly JournalEntry[]): Promise<void> {
    if (this.#closing !== undefined) {
      return Promise.reject(
        new JournalError("ERR_JOURNAL_CLOSED", this.#path, `The journal ${this.#path} is closed`),
      );
    }
    const appended = this.#queue.then(() => this.#append(entries));
    // Compaction belongs to no call: whoever was told that an entry is durable need not wait for it.
    this.#queue = appended.then(() => this.#compactIfDue()).catch(() => {});
    return appended;
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.then(async () => {
      try {
        await this.#file.close();
      } finally {
        await this.#lock.release();
      }
    });
    return this.#closing;
  }

  async #append(entries: readonly JournalEntry[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (entries.length === 0) return;
    // A mistake of the caller: nothing is written, and the journal stays what it was.
    assertGrowing(this.#state.revision, entries);
    await this.#orFail("append to", () => this.#file.append(encodeFrame(entriesText(entries))));
    this.#state.apply(entries);
  }

  async #compactIfDue(): Promise<void> {
    if (this.#file.bytes < this.#compactAt) return;
    const old = this.#file;
    await this.#orFail("compact", async () => {
      this.#file = await JournalFile.replace(this.#path, encodeFrame(snapshotText(this.#state)));
      this.#compactAt = nextCompaction(this.#file, this.#compactAfterBytes);
      await old.close();
    });
  }

  async #orFail(doing: string, operation: () => Promise<void>): Promise<void> {
    try {
      await operation();
    } catch (error) {
      this.#failure = JournalError.failed(this.#path, doing, error);
      throw this.#failure;
    }
  }
}

/** So that a snapshot is written less often the larger it is, and the file is at most twice its live content. */
function nextCompaction(file: JournalFile, compactAfterBytes: number): number {
  return file.bytes + Math.max(file.bytes, compactAfterBytes);
}
