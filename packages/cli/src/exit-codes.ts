/**
 * How `tenure` ends. `tenure run` keeps the code of its command instead, and uses what a shell uses for its own troubles:
 * 124 the command was stopped because its term was lost (as `timeout` has it), 125 tenure itself failed, 126 the command cannot
 * be executed, 127 it was not found, 128 + N it was ended by signal N.
 */
export const EXIT = {
  ok: 0,
  /** The answer is no: nobody leads, a check failed, nobody could be asked to step down. */
  no: 1,
  /** A wrong command line: unknown option or scheme, a missing lease name, a bad duration. */
  usage: 2,
  /** The store was not reached: refused, timed out, its certificate not trusted. */
  unreachable: 3,
  /** The store refused the credentials or the permission. */
  forbidden: 4,
  /** Anything else: a port taken, a file that cannot be written, a record that cannot be read. */
  failed: 5,
  lost: 124,
  runFailed: 125,
  cannotExecute: 126,
  notFound: 127,
} as const;
