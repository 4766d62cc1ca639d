import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";

/** What all replicas serve. */
export interface BoardContent {
  /** How often the background work has written. */
  readonly edition: number;
  readonly writtenBy: string | null;
  /** Fencing token of the term that wrote; a decimal, since JSON has no bigint. */
  readonly fencingToken: string;
}

/** The shared store: a file here, a table in life. One writer at a time is elected; everybody reads. */
export class Board {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Before the first edition: an empty board. */
  async read(): Promise<BoardContent> {
    try {
      return JSON.parse(await readFile(this.#file, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return { edition: 0, writtenBy: null, fencingToken: "0" };
    }
  }

  /**
   * Writes the next edition. Refuses the write of a term that is over; a database does check and write in one statement, a file
   * system cannot, and leaves a gap here.
   * @throws `Error` when a later term has written.
   */
  async publish(writtenBy: string, fencingToken: bigint): Promise<BoardContent> {
    const before = await this.read();
    if (fencingToken < BigInt(before.fencingToken)) {
      throw new Error(`Fencing token ${fencingToken} is older than ${before.fencingToken}`);
    }
    const content = { edition: before.edition + 1, writtenBy, fencingToken: String(fencingToken) };
    const draft = `${this.#file}.${randomBytes(4).toString("hex")}`;
    try {
      await writeFile(draft, JSON.stringify(content));
      await rename(draft, this.#file);
    } finally {
      await rm(draft, { force: true });
    }
    return content;
  }
}
