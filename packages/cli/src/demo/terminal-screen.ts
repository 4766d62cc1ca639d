import { writeSync } from "node:fs";
import type { Io } from "../io.ts";

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[H";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const CLEAR = "\u001b[2J\u001b[H";

/**
 * Takes the terminal: the alternate screen, no cursor, keys as they are pressed. Given back when it is disposed of, and also
 * when the process ends without that, as in a crash.
 */
export class TerminalScreen implements Disposable {
  readonly #io: Io;
  readonly #onExit = (): void => this.#leave((text) => writeSync(1, text));
  #isOn = true;

  constructor(io: Io) {
    this.#io = io;
    process.once("exit", this.#onExit);
    io.stdin.setRawMode?.(true);
    io.stdout.write(ENTER);
  }

  /** Empties the screen: after a resize nobody knows where its lines went. */
  clear(): void {
    this.#io.stdout.write(CLEAR);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#onExit);
    this.#leave((text) => this.#io.stdout.write(text));
  }

  #leave(write: (text: string) => void): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    try {
      this.#io.stdin.setRawMode?.(false);
      write(LEAVE);
    } catch {
      // The terminal is gone, and nothing of it is left to give back.
    }
  }
}
