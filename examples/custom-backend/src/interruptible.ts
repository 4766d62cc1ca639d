/** Why a call ended before its answer. */
export class Interrupted extends Error {
  readonly by: "deadline" | "caller" | "close";
  readonly reason: unknown;

  constructor(by: Interrupted["by"], message: string, reason?: unknown) {
    super(message);
    this.by = by;
    this.reason = reason;
  }
}

/** The result of `work`, or {@link Interrupted} when that comes first; `work` itself goes on. Leaves no timer, no listener. */
export async function interruptible<T>(
  work: Promise<T>,
  options: {
    readonly timeoutMs: number;
    readonly signal: AbortSignal | undefined;
    readonly closing: AbortSignal;
  },
): Promise<T> {
  const { timeoutMs, signal, closing } = options;
  const cleanUps: (() => void)[] = [];
  const interrupted = new Promise<never>((_, reject) => {
    const listen = (to: AbortSignal | undefined, by: "caller" | "close", message: string) => {
      const listener = () => reject(new Interrupted(by, message, to?.reason));
      to?.addEventListener("abort", listener);
      cleanUps.push(() => to?.removeEventListener("abort", listener));
    };
    listen(signal, "caller", "aborted by its caller");
    listen(closing, "close", "the lock was closed");
    const onDeadline = () => reject(new Interrupted("deadline", `no answer within ${timeoutMs} ms`));
    const timer = setTimeout(onDeadline, Math.min(timeoutMs, 2 ** 31 - 1));
    cleanUps.push(() => clearTimeout(timer));
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    for (const cleanUp of cleanUps) cleanUp();
  }
}
