/** A stretch of time in which a task ran. */
interface Span {
  readonly fromMs: number;
  /** `undefined` while it lasts. */
  readonly toMs: number | undefined;
}

/** One term, as its replica reported it. */
export interface TermHistory {
  readonly replica: string;
  readonly token: string;
  /**
   * When its task ran: from its start to its stop or the end of its process. A frozen process runs nothing: there the span
   * ends, and another begins only with the first piece of work that the task does after the thaw.
   */
  readonly ran: readonly Span[];
  readonly isOver: boolean;
  /** When the record was last written by it, the write that took it included. */
  readonly renewedAtMs: number;
  readonly work: number;
}

/** When the term began. */
export function startedAtMs({ ran }: TermHistory): number {
  // A term is made with its first span.
  return ran[0]?.fromMs ?? Number.NaN;
}

/** When its task last ran; `undefined` while it does. */
export function taskEndMs({ ran }: TermHistory): number | undefined {
  return ran.at(-1)?.toMs;
}

/** Whether its task runs, as far as is known. */
export function isRunning(term: TermHistory): boolean {
  return !term.isOver && taskEndMs(term) === undefined;
}

/** Ends the span that lasts, if there is one. */
export function closeSpan(term: TermHistory, atMs: number): TermHistory {
  const last = term.ran.at(-1);
  if (last === undefined || last.toMs !== undefined) return term;
  return { ...term, ran: [...term.ran.slice(0, -1), { ...last, toMs: Math.max(atMs, last.fromMs) }] };
}
