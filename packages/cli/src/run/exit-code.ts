import { constants } from "node:os";
import { EXIT } from "../exit-codes.ts";
import type { CommandEnd } from "./guarded-command.ts";

/** A command's end as the exit code that a shell would give it. */
export function exitCodeOf(end: CommandEnd): number {
  switch (end.kind) {
    case "exited":
      return end.signal === null ? (end.code ?? EXIT.runFailed) : 128 + constants.signals[end.signal];
    case "not-started":
      if (end.code === undefined) return EXIT.runFailed;
      return end.code === "ENOENT" ? EXIT.notFound : EXIT.cannotExecute;
    case "guard-lost":
      return 128 + constants.signals.SIGKILL;
  }
}
