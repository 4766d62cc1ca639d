import type { VersionedRecord } from "@tenure/core";
import { Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../duration.ts";
import { type Io, print, printJson } from "../io.ts";
import { parseLockUrl } from "../lock-url.ts";
import { openLock } from "../open-lock.ts";
import { addStoreOptions, type StoreOptions } from "../store-options.ts";
import { changeDocument, changeLine, liveLine } from "../watch/change-report.ts";
import type { ChangeKind } from "../watch/lock-change.ts";
import { observeLock } from "../watch/observe-lock.ts";

interface WatchOptions extends StoreOptions {
  readonly json?: true;
  readonly terms?: true;
  readonly for?: number;
  readonly count?: number;
}

/** `tenure watch`: what happens to a lock, as it happens. */
export function watchCommand(io: Io): Command {
  const command = new Command("watch")
    .description("Follow a lock: a live line on a terminal, else a line per change. Never writes.")
    .argument("<url>", "the lock, e.g. k8s://default/scheduler")
    .option("--json", "a JSON document per change, one a line")
    .option("--terms", "only what begins or ends a term: no renewals, no edits")
    .addOption(new Option("--for <duration>", "end by itself after that time").argParser(parseDuration))
    .addOption(new Option("--count <n>", "end by itself after that many changes").argParser(parseCount))
    .addHelpText(
      "after",
      `
The first line is what is there ("seen"); then acquired, renewed, released, deleted, edited, and expired: the record was seen
unchanged for its whole lease, by this process's own clock, which is when electors may take it.

Examples:
  tenure watch k8s://default/scheduler
  tenure watch redis://127.0.0.1:6379/scheduler --terms --json | jq .holder

Exit codes: 0 ended by SIGINT, SIGTERM, --for or --count; 2 to 5 see \`tenure --help\`.`,
    );
  return addStoreOptions(command).action(async (text: string, options: WatchOptions) => {
    const url = parseLockUrl(text);
    await using opened = await openLock(url, options, io.env);
    const ended = new AbortController();
    const ends = [io.interruption(), ended.signal];
    if (options.for !== undefined) ends.push(AbortSignal.timeout(options.for));
    const lines = new Lines(io, opened.description, options, () => ended.abort());
    const live = io.stdout.isTTY && !options.json ? await LiveLine.start(io) : undefined;
    try {
      await observeLock(
        opened.lock,
        {
          onChange(kind, found) {
            live?.clear();
            lines.show(kind, found, { quiet: live !== undefined && !isOfTerms(kind) });
            live?.update(kind, found);
          },
          onTrouble(line) {
            live?.clear();
            io.stderr.write(`tenure: ${line}\n`);
          },
        },
        { signal: AbortSignal.any(ends), timeoutMs: options.timeout },
      );
    } catch (error) {
      // Interrupted before the first answer came: that is an end like any other.
      if (!AbortSignal.any(ends).aborted) throw error;
    } finally {
      live?.stop();
    }
  });
}

/** What stays on the screen or goes into the pipe. */
class Lines {
  readonly #io: Io;
  readonly #lock: string;
  readonly #options: WatchOptions;
  readonly #onEnough: () => void;
  #count = 0;

  constructor(io: Io, lock: string, options: WatchOptions, onEnough: () => void) {
    this.#io = io;
    this.#lock = lock;
    this.#options = options;
    this.#onEnough = onEnough;
  }

  show(kind: ChangeKind, found: VersionedRecord | undefined, { quiet }: { readonly quiet: boolean }): void {
    const { json, terms, count } = this.#options;
    if (terms && !isOfTerms(kind)) return;
    // Several changes may come in one turn.
    if (count !== undefined && this.#count >= count) return;
    const nowMs = Date.now();
    if (json) printJson(this.#io, changeDocument(kind, found, { lock: this.#lock, nowMs }));
    else if (!quiet) print(this.#io, changeLine(kind, found, { stdout: this.#io.stdout, nowMs }));
    this.#count += 1;
    if (this.#count === count) this.#onEnough();
  }
}

interface Shown {
  readonly found: VersionedRecord | undefined;
  /** Whether its writing was seen: what stood there at the beginning may be older. */
  readonly isRenewal: boolean;
  readonly sinceMs: number;
}

/** The line that a terminal redraws. */
class LiveLine {
  readonly #draw: (shown: Shown) => void;
  readonly #erase: () => void;
  readonly #timer: NodeJS.Timeout;
  /** Nothing before the store's first answer. */
  #shown: Shown | undefined;

  private constructor(draw: (shown: Shown) => void, erase: () => void) {
    this.#draw = draw;
    this.#erase = erase;
    this.#timer = setInterval(() => this.#redraw(), 250);
  }

  static async start(io: Io): Promise<LiveLine> {
    const { createLogUpdate } = await import("log-update");
    // Commands see a stream; that it is a terminal was just asked.
    // The cursor stays: one that is hidden would stay so after a kill -9.
    const log = createLogUpdate(io.stdout as NodeJS.WriteStream, { showCursor: true });
    return new LiveLine(
      ({ found, isRenewal, sinceMs }) =>
        log(liveLine(found, { stdout: io.stdout, isRenewal, ageMs: performance.now() - sinceMs })),
      () => log.clear(),
    );
  }

  update(kind: ChangeKind, found: VersionedRecord | undefined): void {
    const before = kind === "edited" || kind === "expired" ? this.#shown : undefined;
    this.#shown = {
      found,
      isRenewal: before?.isRenewal ?? kind !== "seen",
      sinceMs: before?.sinceMs ?? performance.now(),
    };
    this.#redraw();
  }

  clear(): void {
    this.#erase();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #redraw(): void {
    if (this.#shown !== undefined) this.#draw(this.#shown);
  }
}

function isOfTerms(kind: ChangeKind): boolean {
  return kind !== "renewed" && kind !== "edited";
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("Expected a number from 1 on.");
  return Number(text);
}
