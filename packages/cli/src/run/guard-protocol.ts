/** What `tenure` and its guard tell each other, over the IPC channel of `node:child_process`. Times are `machineNowMs`. */

/** Start the command, unless its term is over by now. */
export interface StartOrder {
  readonly kind: "start";
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** See `ProcessTree.mark`. */
  readonly mark: string;
  readonly leadsUntilMs: number;
  readonly killGraceMs: number;
}

/** To the guard. */
export type GuardOrder =
  | StartOrder
  /** The term was renewed, or ends sooner. */
  | { readonly kind: "lead"; readonly untilMs: number }
  /** Stop: this signal now, SIGKILL then. */
  | { readonly kind: "stop"; readonly signal: NodeJS.Signals; readonly byMs: number }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals; readonly to: "command" | "group" };

/** From the guard. */
export type GuardReport =
  | { readonly kind: "started"; readonly pid: number }
  /** It could not be started, e.g. with `"ENOENT"`; `undefined` where the term was over before it could be. */
  | { readonly kind: "failed"; readonly code: string | undefined }
  /** It ended, and nothing that it left behind lives any more. */
  | { readonly kind: "ended"; readonly code: number | null; readonly signal: NodeJS.Signals | null };
