import type { Term } from "@tenure/core";
import type { SimulatedProcess } from "./process.ts";
import type { RandomStream } from "./random.ts";
import type { TaskHabits } from "./scenario.ts";

/** What a task does to the world. */
export interface TaskListener {
  /** A guarded write leaves: the term said that it leads, a moment ago. */
  write(term: Term): void;
  settled(): void;
}

type Habit = "good" | keyof TaskHabits;

/** From asking whether it leads to the write that counts. A pause fits in between. */
const CHECK_TO_WRITE_MS = 20;

/** The work of one term: writes as long as it leads, and stops when told; some do not. */
export class SimulatedTask {
  readonly promise: Promise<void>;
  readonly habit: Habit;
  readonly #process: SimulatedProcess;
  readonly #random: RandomStream;
  readonly #term: Term;
  readonly #listener: TaskListener;
  readonly #workEveryMs: number;
  #settle: (error: Error | undefined) => void = () => {};
  #settled = false;
  /** How long it takes to stop, where that was asked for. */
  #slowStopMs: number | undefined;

  constructor(options: {
    readonly process: SimulatedProcess;
    readonly random: RandomStream;
    readonly term: Term;
    readonly habits: TaskHabits;
    readonly workEveryMs: number;
    readonly leaseDurationMs: number;
    readonly listener: TaskListener;
  }) {
    this.#process = options.process;
    this.#random = options.random;
    this.#term = options.term;
    this.#listener = options.listener;
    this.#workEveryMs = options.workEveryMs;
    this.promise = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.habit = habitOf(options.habits, options.random);
    this.#plan(this.habit, options.leaseDurationMs);
    if (this.#workEveryMs > 0) this.#work();
  }

  /** A task that would hang for ever ends. */
  giveUp(): void {
    this.#end(undefined);
  }

  /** It will take so long to stop. */
  stopSlowly(ms: number): void {
    this.#slowStopMs = ms;
  }

  #plan(habit: Habit, leaseDurationMs: number): void {
    const { signal } = this.#term;
    const later = (least: number, most: number, error?: Error): void => {
      this.#process.later(this.#random.between(least, most), () => this.#end(error));
    };
    if (habit === "returnsEarly") later(0, 4 * leaseDurationMs);
    if (habit === "throws") later(0, 4 * leaseDurationMs, new Error("the task failed"));
    if (habit === "hangs") return;
    const stopMs: readonly [number, number] = habit === "ignoresSignal" ? [0, 3 * leaseDurationMs] : [0, 50];
    const failsInStopping = this.#random.chance(0.1);
    signal.addEventListener(
      "abort",
      () => {
        if (this.#slowStopMs !== undefined) later(this.#slowStopMs, this.#slowStopMs);
        else if (failsInStopping) later(...stopMs, new Error("the task failed while it stopped"));
        else if (habit === "good" && this.#random.chance(0.3)) this.#end(undefined);
        else later(...stopMs);
      },
      { once: true },
    );
  }

  #work(): void {
    this.#process.later(this.#workEveryMs * this.#random.between(0.5, 1.5), () => {
      if (this.#settled) return;
      if (this.#term.isLeading()) {
        this.#process.later(this.#random.between(0, CHECK_TO_WRITE_MS), () => {
          if (!this.#settled) this.#listener.write(this.#term);
        });
      }
      this.#work();
    });
  }

  #end(error: Error | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#listener.settled();
    this.#settle(error);
  }
}

function habitOf(habits: TaskHabits, random: RandomStream): Habit {
  let dice = random.next();
  for (const habit of ["ignoresSignal", "hangs", "throws", "returnsEarly"] as const) {
    dice -= habits[habit];
    if (dice < 0) return habit;
  }
  return "good";
}
