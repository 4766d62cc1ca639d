import type { StopReason } from "../errors.ts";
import { ElectedTerm, type Term } from "../term.ts";

/** A term that no election stands behind, for unit tests of elected work. */
export interface FakeTerm {
  /** Give this to the task under test. Leads until it is ended or released. */
  readonly term: Term;
  /** Ends it as an elector would: `isLeading()` is false and `term.signal` aborted, for this reason. */
  end(reason: StopReason): void;
  /** Whether the work called `term.release()`. */
  readonly released: boolean;
}

/** Options of {@link fakeTerm}. */
export interface FakeTermOptions {
  /** @defaultValue `"fake-leader"` */
  readonly identity?: string | undefined;
  /** @defaultValue `1n` */
  readonly fencingToken?: bigint | undefined;
  /** What `remainingMs()` says while it leads. @defaultValue 10000 */
  readonly remainingMs?: number | undefined;
}

/** Makes a term that a test can end with a chosen reason. */
export function fakeTerm(options: FakeTermOptions = {}): FakeTerm {
  const { identity = "fake-leader", fencingToken = 1n, remainingMs = 10_000 } = options;
  let leading = true;
  let released = false;
  const end = (reason: StopReason): void => {
    if (!leading) return;
    leading = false;
    term.abort(reason);
  };
  const keeper = {
    remainingMs: () => (leading ? remainingMs : 0),
    release: async () => {
      released = true;
      end("released");
    },
  };
  const term = new ElectedTerm(keeper, identity, fencingToken, new Date());
  return {
    term,
    end,
    get released() {
      return released;
    },
  };
}
