import { emitKeypressEvents } from "node:readline";
import { createLogUpdate } from "log-update";
import { type Io, style } from "../io.ts";
import type { DemoGroup } from "./demo-group.ts";
import { replicaOf, runningTerm } from "./demo-state.ts";
import { glyphsFor } from "./glyphs.ts";
import { type Act, deedOf, type Key, type KeyPress, readKey } from "./key-press.ts";
import type { Timing } from "./replica-messages.ts";
import { TerminalScreen } from "./terminal-screen.ts";
import { renderView } from "./view.ts";

const FRAME_MS = 100;
const MESSAGE_MS = 4_000;

/** What the view is about. */
export interface LiveContext {
  readonly group: DemoGroup;
  readonly timing: Timing;
  readonly store: string;
  /** Ends the view. */
  readonly signal: AbortSignal;
}

/** Starts the replicas, shows them, and does what the keys say, until the user quits. The terminal is then as it was. */
export async function showLive(context: LiveContext, io: Io): Promise<void> {
  using screen = new TerminalScreen(io);
  const view = new LiveView(context, io);
  const onResize = (): void => {
    screen.clear();
    view.redraw();
  };
  const onKey = (_: string | undefined, key: Key): void => view.press(key);
  // stdin ends when the terminal is closed.
  const onEnd = (): void => view.quit();
  const onAbort = (): void => view.quit();
  emitKeypressEvents(io.stdin);
  io.stdin.on("keypress", onKey).on("end", onEnd).resume();
  io.stdout.on("resize", onResize);
  context.signal.addEventListener("abort", onAbort, { once: true });
  const timer = setInterval(() => view.draw(), FRAME_MS);
  try {
    if (context.signal.aborted) return;
    await Promise.all([context.group.start(), view.done]);
  } finally {
    clearInterval(timer);
    context.signal.removeEventListener("abort", onAbort);
    io.stdout.off("resize", onResize);
    io.stdin.off("keypress", onKey).off("end", onEnd).pause();
  }
}

class LiveView {
  /** Settles when the user quits. Rejects when a key led to an error. */
  readonly done: Promise<void>;
  readonly quit: () => void;
  readonly #fail: (error: unknown) => void;
  readonly #context: LiveContext;
  readonly #io: Io;
  readonly #glyphs: ReturnType<typeof glyphsFor>;
  #write: ReturnType<typeof createLogUpdate>;
  /** Whom the user chose; `undefined`: whoever leads. */
  #chosen: string | undefined;
  /** The leader that was frozen or cut off: the same key undoes that, though another may lead by then. */
  #held: string | undefined;
  #lastLeader: string | undefined;
  #message = { text: "", untilMs: 0 };

  constructor(context: LiveContext, io: Io) {
    let quit = (): void => {};
    let fail = (_: unknown): void => {};
    this.done = new Promise((resolve, reject) => {
      quit = resolve;
      fail = reject;
    });
    this.quit = quit;
    this.#fail = fail;
    this.#context = context;
    this.#io = io;
    this.#glyphs = glyphsFor(io.env);
    this.#write = this.#newWriter();
  }

  draw(): void {
    const { group, store, timing } = this.#context;
    const { columns = 80, rows = 24 } = this.#io.stdout;
    const nowMs = group.nowMs();
    const lines = renderView(
      {
        state: group.state,
        nowMs,
        // The last column and row stay empty: what is written there makes some terminals scroll.
        columns: columns - 1,
        rows: rows - 1,
        store,
        timing,
        chosen: this.#target(),
        message: nowMs < this.#message.untilMs ? this.#message.text : this.#hint(),
        glyphs: this.#glyphs,
      },
      (format, text) => style(this.#io.stdout, format, text),
    );
    this.#write(lines.join("\n"));
  }

  /** Draws all of it, on an empty screen. */
  redraw(): void {
    this.#write = this.#newWriter();
    this.draw();
  }

  press(key: Key): void {
    const press = readKey(key);
    if (press === undefined) return;
    this.#obey(press);
    this.draw();
  }

  #obey(key: KeyPress): void {
    const names = this.#context.group.state.replicas.map(({ name }) => name);
    switch (key.kind) {
      case "quit":
        this.quit();
        break;
      case "choose":
        this.#chosen = names[key.index] ?? this.#chosen;
        break;
      case "move": {
        const index = names.indexOf(this.#target() ?? "") + key.by;
        this.#chosen = names.at(index % names.length);
        break;
      }
      case "choose-leader":
        this.#chosen = undefined;
        this.#held = undefined;
        break;
      case "act":
        this.#act(key.act).catch(this.#fail);
        break;
    }
  }

  async #act(act: Act): Promise<void> {
    if (act === "start") return await this.#start();
    const { group } = this.#context;
    const name = this.#target();
    const replica = name === undefined ? undefined : replicaOf(group.state, name);
    if (name === undefined || replica === undefined) {
      return this.#say("Nobody leads yet: choose a replica first");
    }
    const deed = deedOf(act, replica);
    const why = await group.perform(name, deed);
    if (why !== undefined) return this.#say(`${deed} ${name}: ${why}`);
    this.#held = deed === "freeze" || deed === "cut" ? name : undefined;
    this.#say("");
  }

  /** The chosen one if it is down, else all that are. */
  async #start(): Promise<void> {
    const { group } = this.#context;
    const down = group.state.replicas
      .filter((replica) => replica.process === "ended")
      .map(({ name }) => name);
    const chosen = down.filter((name) => name === this.#target());
    if (down.length === 0) return this.#say("All of them run");
    for (const name of chosen.length > 0 ? chosen : down) await group.perform(name, "start");
    this.#say("");
  }

  /** Whom the keys are for. */
  #target(): string | undefined {
    this.#lastLeader = runningTerm(this.#context.group.state)?.replica ?? this.#lastLeader;
    return this.#chosen ?? this.#held ?? this.#lastLeader;
  }

  /** For somebody who has done nothing yet. */
  #hint(): string {
    const { deeds } = this.#context.group.state;
    return deeds.every(({ deed }) => deed === "start")
      ? "Press k to kill the leader, and watch another take over"
      : "";
  }

  #say(text: string): void {
    this.#message = { text, untilMs: this.#context.group.nowMs() + MESSAGE_MS };
  }

  #newWriter(): ReturnType<typeof createLogUpdate> {
    // The cursor is hidden with the rest of the screen.
    return createLogUpdate(this.#io.stdout, { showCursor: true });
  }
}
