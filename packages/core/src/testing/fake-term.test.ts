import { describe, expect, it } from "vitest";
import { LeaderElectionError } from "../errors.ts";
import { fakeTerm } from "./fake-term.ts";

describe("fakeTerm", () => {
  it("leads until it is ended", () => {
    const { term, released } = fakeTerm();
    expect(term).toMatchObject({ identity: "fake-leader", fencingToken: 1n });
    expect(term.startedAt).toBeInstanceOf(Date);
    expect(term.isLeading()).toBe(true);
    expect(term.remainingMs()).toBe(10_000);
    expect(() => term.assertLeading()).not.toThrow();
    expect(term.signal.aborted).toBe(false);
    expect(released).toBe(false);
  });

  it("is made to measure", () => {
    const { term } = fakeTerm({ identity: "a", fencingToken: 77n, remainingMs: 5 });
    expect(term).toMatchObject({ identity: "a", fencingToken: 77n });
    expect(term.remainingMs()).toBe(5);
  });

  it("ends as an elector would: once, and for the reason given", () => {
    const { term, end } = fakeTerm({ identity: "a" });
    let aborts = 0;
    term.signal.addEventListener("abort", () => {
      aborts += 1;
      expect(term.isLeading()).toBe(false);
    });
    end("deadline");
    end("deleted");
    expect(aborts).toBe(1);
    expect(term.isLeading()).toBe(false);
    expect(term.remainingMs()).toBe(0);
    expect(LeaderElectionError.is(term.signal.reason)).toBe(true);
    expect(term.signal.reason).toMatchObject({ code: "ERR_NOT_LEADING", stopReason: "deadline" });
    expect(() => term.assertLeading()).toThrow(
      expect.objectContaining({ code: "ERR_NOT_LEADING", stopReason: "deadline" }),
    );
  });

  it("tells whether the work released it", async () => {
    const fake = fakeTerm();
    await fake.term.release();
    await fake.term.release();
    expect(fake.released).toBe(true);
    expect(fake.term.isLeading()).toBe(false);
    expect(fake.term.signal.reason).toMatchObject({ stopReason: "released" });
  });

  it("is released at the end of its scope, and a term that was lost can still be released", async () => {
    const fake = fakeTerm();
    fake.end("taken-over");
    expect(fake.released).toBe(false);
    await fake.term[Symbol.asyncDispose]();
    expect(fake.released).toBe(true);
    expect(fake.term.signal.reason).toMatchObject({ stopReason: "taken-over" });
  });
});
