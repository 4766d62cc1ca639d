import { NetworkError } from "./network-error.ts";

const NEWLINE = 10;

/** Cuts a stream of bytes into lines, wherever the chunks end: also within a character of several bytes. */
export class LineSplitter {
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The lines that this chunk completes, without empty ones.
   * @throws {@link NetworkError} when a line is longer than allowed.
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = Buffer.concat(this.#pending, this.#pendingBytes).toString("utf8").trim();
      if (line !== "") lines.push(line);
      this.#pending = [];
      this.#pendingBytes = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#pending.push(part);
    this.#pendingBytes += part.length;
    if (this.#pendingBytes > this.#maxBytes) {
      throw new NetworkError(`a line of the watch is longer than ${this.#maxBytes} bytes`);
    }
  }
}
