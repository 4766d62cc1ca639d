import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram, pollUntil } from "@tenure/testbed";

const run = promisify(execFile);

/** A terminal with a shell in it, in a tmux server of its own. */
export class Terminal implements AsyncDisposable {
  /** For files; goes with the terminal. */
  readonly folder: string = mkdtempSync(join(tmpdir(), "tenure-terminal-"));
  readonly #socket = `tenure-${randomUUID()}`;
  readonly #tmux: { readonly path: string; readonly env: NodeJS.ProcessEnv };

  private constructor(path: string, env: NodeJS.ProcessEnv) {
    this.#tmux = { path, env };
  }

  static async open(columns: number, rows: number): Promise<Terminal> {
    const found = await findProgram("tmux");
    if (!found.available) throw new Error(found.why);
    const { path, env } = found.program;
    const { TMUX: _, NO_COLOR: __, FORCE_COLOR: ___, ...inherited } = process.env;
    const terminal = new Terminal(path, {
      ...inherited,
      ...env,
      ...{ LC_ALL: "C.UTF-8", TERM: "xterm-256color" },
    });
    try {
      await terminal.#command("new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, "sh");
      await terminal.waitFor(/^[$#] *$/m);
    } catch (error) {
      await terminal[Symbol.asyncDispose]().catch(() => {}); // the first error says more
      throw error;
    }
    return terminal;
  }

  /** Types a line. */
  async type(line: string): Promise<void> {
    await this.#command("send-keys", "-l", line);
    await this.press("Enter");
  }

  /** Presses keys, by tmux's names of them. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#command("send-keys", ...keys);
  }

  /** What is on the screen, without the spaces at the ends of lines. */
  async screen(): Promise<string> {
    return await this.#command("capture-pane", "-p");
  }

  /** The same with the escape sequences of its colours. */
  async screenWithColours(): Promise<string> {
    return await this.#command("capture-pane", "-p", "-e");
  }

  /** Waits until the screen shows this, and returns all of it. */
  async waitFor(shown: RegExp | ((screen: string) => boolean)): Promise<string> {
    const isShown = typeof shown === "function" ? shown : (text: string) => shown.test(text);
    let screen = "";
    return await pollUntil(
      async () => {
        screen = await this.screen();
        return isShown(screen) ? screen : undefined;
      },
      { what: () => `${shown} on the screen:\n${screen}`, timeoutMs: 30_000 },
    );
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#command("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** What the terminal itself is set to: whether the cursor shows, and whether the alternate screen is on. */
  async modes(): Promise<{ readonly cursor: boolean; readonly alternate: boolean }> {
    const flags = await this.#command("display-message", "-p", "#{cursor_flag}#{alternate_on}");
    return { cursor: flags[0] === "1", alternate: flags[1] === "1" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#command("kill-server");
    rmSync(this.folder, { recursive: true });
  }

  async #command(...args: readonly string[]): Promise<string> {
    const { path, env } = this.#tmux;
    return (await run(path, ["-L", this.#socket, "-f", "/dev/null", ...args], { env })).stdout;
  }
}
