import { LeaderElectionError, LeaderElector } from "@tenure/core";
import { CellLock, FakeClock, type FakeTerm, fakeTerm, usurp, withFaults } from "@tenure/core/testing";
import { MemoryLock } from "@tenure/lock-memory";
import { describe, expect, it } from "vitest";
import { type Mail, MailOutbox, StaleTokenError } from "./mail-outbox.ts";
import { sendMails } from "./send-mails.ts";

const MAILS: readonly Mail[] = [
  { id: 1, to: "ada" },
  { id: 2, to: "grace" },
  { id: 3, to: "barbara" },
];

/** The work alone, in a term that the test ends when it likes. No election, no lock, no clock. */
describe("the work, in a term", () => {
  /** Ends the term while the second mail is on its way. */
  function endingAtTheSecond(end: (fake: FakeTerm) => void) {
    const outbox = new MailOutbox(MAILS);
    const fake = fakeTerm({ fencingToken: 7n });
    const work = sendMails(fake.term, {
      outbox,
      deliver: async ({ id }) => {
        if (id === 2) end(fake);
      },
    });
    return { outbox, work };
  }

  it("does not mark a mail that was on its way when the term was lost", async () => {
    const { outbox, work } = endingAtTheSecond(({ end }) => end("deadline"));
    const error = await work.catch((reason: unknown) => reason);
    expect(LeaderElectionError.is(error) && error.code).toBe("ERR_NOT_LEADING");
    expect(outbox.sent.map(({ to }) => to)).toEqual(["ada"]);
  });

  it("tells the delivery to give up", async () => {
    let aborted = false;
    const { term, end } = fakeTerm();
    const outbox = new MailOutbox(MAILS);
    const work = sendMails(term, {
      outbox,
      deliver: (_, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(signal.reason);
          });
        }),
    });
    end("taken-over");
    await expect(work).rejects.toBe(term.signal.reason);
    expect(aborted).toBe(true);
  });

  it("is refused by the table once a later term has written", () => {
    const outbox = new MailOutbox(MAILS);
    outbox.markSent(MAILS[0] as Mail, 9n); // the successor's
    expect(() => outbox.markSent(MAILS[1] as Mail, 7n)).toThrow(StaleTokenError);
  });
});

/** The real elector on a lock in memory, with a clock that the test moves: no test waits for a lease. */
describe("the work, elected", () => {
  function startReplicas(identities: readonly string[]) {
    const clock = new FakeClock();
    const cell = new CellLock();
    const outbox = new MailOutbox([]);
    /** Who worked, and who was told to stop, in order. */
    const story: string[] = [];
    const replicas = identities.map((identity) => {
      const lock = withFaults(new MemoryLock({ cell }), { clock });
      const elector = new LeaderElector({ lock, identity, clock });
      const done = elector.run(async (term) => {
        story.push(`${identity} starts`);
        term.signal.addEventListener("abort", () => story.push(`${identity} is told to stop`));
        await sendMails(term, { outbox, deliver: async () => {}, clock });
      });
      return { elector, lock, done };
    });
    const leader = () => replicas.find(({ elector }) => elector.isLeading());
    const stopAll = async () => {
      const stopped = replicas.map(({ elector }) => elector.stop());
      await clock.advance(20_000);
      await Promise.all(stopped);
      expect(clock.pendingTimers).toBe(0);
    };
    return { clock, cell, story, replicas, leader, stopAll };
  }

  it("is done by one replica, and by the other as soon as that one stops", async () => {
    const { clock, story, leader, stopAll } = startReplicas(["a", "b"]);
    await clock.advance(20_000);
    const first = leader();
    const stopped = first?.elector.stop();
    await clock.advance(100);
    await stopped;
    const [a, b] = first?.elector.identity === "a" ? ["a", "b"] : ["b", "a"];
    expect(story).toEqual([`${a} starts`, `${a} is told to stop`, `${b} starts`]);
    await stopAll();
  });

  it("is told to stop before another starts, when the store does not answer its leader", async () => {
    const { clock, story, leader, stopAll } = startReplicas(["a", "b"]);
    await clock.advance(20_000);
    const first = leader();
    first?.lock.hang("update");
    first?.lock.hang("get");
    first?.lock.muteWatch();

    await clock.advance(10_000); // the renew deadline
    expect(story.at(-1)).toBe(`${first?.elector.identity} is told to stop`);
    await clock.advance(5_100); // what is left of the lease
    expect(story.at(-1)).toMatch(/starts$/);
    expect(leader()).not.toBe(first);
    await stopAll();
  });

  it("stops when somebody takes the lock away by force", async () => {
    const { clock, cell, story, leader, stopAll } = startReplicas(["a"]);
    await clock.advance(100);
    expect(leader()).toBeDefined();
    await usurp(cell, "an operator");
    await clock.advance(100);
    expect(leader()).toBeUndefined();
    expect(story).toEqual(["a starts", "a is told to stop"]);
    await stopAll();
  });
});
