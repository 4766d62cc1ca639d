/** Codes are stable between majors; messages are not. */
export type JournalErrorCode =
  | "ERR_JOURNAL_IN_USE" //  another process has it open
  | "ERR_JOURNAL_DAMAGED" // what had been written whole cannot be read
  | "ERR_JOURNAL_FOREIGN" // the file is not a journal, or one of a later version
  | "ERR_JOURNAL_FAILED" //  the file could not be read or written
  | "ERR_JOURNAL_CLOSED"; // `close()` was called

/** Why a journal cannot be opened or written. */
export class JournalError extends Error {
  readonly code: JournalErrorCode;
  /** The file. */
  readonly path: string;
  /** Where it is damaged, in bytes. */
  readonly offset: number | undefined;

  constructor(
    code: JournalErrorCode,
    path: string,
    message: string,
    { offset, cause }: { readonly offset?: number; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "JournalError";
    this.code = code;
    this.path = path;
    this.offset = offset;
  }

  /** Of an operation of the file system that failed. */
  static failed(path: string, doing: string, cause: unknown): JournalError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new JournalError("ERR_JOURNAL_FAILED", path, `Cannot ${doing} the journal ${path}: ${why}`, {
      cause,
    });
  }
}
