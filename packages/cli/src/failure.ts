import { LeaderElectionError, type LeaderElectionErrorCode } from "@tenure/core";
import { EXIT } from "./exit-codes.ts";
import { visible } from "./visible-text.ts";

/** A failure that says all there is to say in one line, and how the program ends. Holds no credentials. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** A wrong command line. */
export function usageError(message: string, options?: ErrorOptions): CliError {
  return new CliError(EXIT.usage, message, options);
}

/**
 * Runs what only checks options: its `TypeError` or `RangeError` is about the command line, and no bug.
 * @throws {@link CliError} with {@link EXIT.usage} in their place
 */
export function checked<Value>(check: () => Value): Value {
  try {
    return check();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw usageError(error.message, { cause: error });
    }
    throw error;
  }
}

/** One line for people, and the exit code. */
export interface Failure {
  readonly line: string;
  readonly exitCode: number;
}

const CODES: Partial<Record<LeaderElectionErrorCode, number>> = {
  ERR_LOCK_UNAVAILABLE: EXIT.unreachable,
  ERR_LOCK_THROTTLED: EXIT.unreachable,
  ERR_LOCK_OUTCOME_UNKNOWN: EXIT.unreachable,
  ERR_LOCK_UNAUTHENTICATED: EXIT.forbidden,
  ERR_LOCK_FORBIDDEN: EXIT.forbidden,
};

const UNREACHABLE: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EPIPE",
]);

/** What anything that was thrown means to whoever typed the command. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError) return { line: firstLine(error.message), exitCode: error.exitCode };
  if (LeaderElectionError.is(error)) {
    return { line: inOneLine(error), exitCode: CODES[error.code] ?? EXIT.failed };
  }
  const { code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  return {
    line: firstLine(typeof message === "string" && message !== "" ? message : String(code ?? error)),
    exitCode: UNREACHABLE.has(code) ? EXIT.unreachable : EXIT.failed,
  };
}

/** The Role or command that would allow it fills a screen: `tenure check` prints it. */
function inOneLine({ code, message }: LeaderElectionError): string {
  const line = firstLine(message).replace(/ This Role allows .*$/, "");
  return code === "ERR_LOCK_FORBIDDEN" ? `${line} (\`tenure check\` prints what to allow)` : line;
}

function firstLine(text: string): string {
  return visible(text.split("\n", 1)[0]?.trimEnd() ?? "");
}
