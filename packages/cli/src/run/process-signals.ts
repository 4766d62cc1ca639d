import { isatty } from "node:tty";
import type { CommandRun } from "./command-run.ts";

/**
 * What the signals of this process do to a replica, until it is disposed:
 *
 * - TERM, INT: stop gracefully; the group of the command gets the same signal.
 * - QUIT: to the command's group. A standby ends.
 * - HUP: a terminal that closed stops it. Without a terminal it is passed to the command (most reload); a standby ignores it.
 * - USR1, USR2: to the command; a standby ignores them.
 * - TSTP (Ctrl-Z): stops the command's group and this process. CONT continues both, unless the term was over meanwhile.
 */
export function obeySignals(run: CommandRun): Disposable {
  const terminal = isatty(0);
  const handlers: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGTERM: () => run.stop("SIGTERM"),
    SIGINT: () => run.stop("SIGINT"),
    SIGQUIT: async () => {
      if (!(await run.signal("SIGQUIT", "group"))) run.stop("SIGQUIT");
    },
    SIGHUP: () => (terminal ? run.stop("SIGHUP") : void run.signal("SIGHUP", "command")),
    SIGUSR1: () => void run.signal("SIGUSR1", "command"),
    SIGUSR2: () => void run.signal("SIGUSR2", "command"),
    // SIGTSTP itself does nothing to a group without a terminal of its own.
    SIGTSTP: async () => {
      await run.signal("SIGSTOP", "group");
      process.kill(process.pid, "SIGSTOP");
    },
    SIGCONT: () => {
      if (run.status.isLeader) void run.signal("SIGCONT", "group");
    },
  };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  return {
    [Symbol.dispose]() {
      for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
    },
  };
}
