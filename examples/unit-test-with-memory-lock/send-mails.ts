import { type Clock, systemClock, type Term } from "@tenure/core";
import type { Mail, MailOutbox } from "./mail-outbox.ts";

/** What the work needs of the world. */
export interface MailWorld {
  readonly outbox: MailOutbox;
  /** Gives up when the signal aborts. */
  readonly deliver: (mail: Mail, signal: AbortSignal) => Promise<void>;
  /** A test gives the same fake one to the work and to the elector. */
  readonly clock?: Clock | undefined;
}

/** How long to rest when nothing waits. */
const IDLE_MS = 1_000;

/** The elected work: sends what waits, one mail after another, until its term ends. */
export async function sendMails(term: Term, world: MailWorld): Promise<void> {
  const { outbox, deliver, clock = systemClock } = world;
  while (!term.signal.aborted) {
    const mail = outbox.next();
    if (mail === undefined) {
      await rest(clock, IDLE_MS, term.signal);
      continue;
    }
    await deliver(mail, term.signal);
    // Between the check and the write a process can stand still for minutes: only the token tells the table.
    term.assertLeading();
    outbox.markSent(mail, term.fencingToken);
  }
}

/** Settles after that time, or when the signal aborts. */
function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = clock.setTimer(wake, ms);
    signal.addEventListener("abort", wake, { once: true });
  });
}
