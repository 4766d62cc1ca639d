import { describe, expect, it } from "vitest";
import { GuardedRegister } from "./register.ts";

/** Writes with tokens, each of a term of its own unless it says which. */
function write(register: GuardedRegister, ...writes: readonly (readonly [token: bigint, termId: number])[]) {
  return writes.map(([token, termId], value) => register.write({ token, termId, value }));
}

const taken = { accepted: true, wrong: undefined };
const refused = { accepted: false, wrong: undefined };

describe("the fenced register", () => {
  it("takes a token that is not smaller than any before, and refuses a smaller one", () => {
    const register = new GuardedRegister();
    expect(write(register, [5n, 1], [5n, 1], [9n, 2], [5n, 1], [9n, 2])).toEqual([
      taken,
      taken,
      taken,
      refused,
      taken,
    ]);
    expect(register.accepted).toBe(4);
    expect(register.refused).toBe(1);
    expect(register.highestToken).toBe(9n);
  });

  it("finds it wrong when two terms write with one token", () => {
    const register = new GuardedRegister();
    const [, second] = write(register, [5n, 1], [5n, 2]);
    expect(second?.wrong).toBe("terms 1 and 2 both wrote with token 5");
  });

  it("lets tokens decide, not the order in which terms began", () => {
    expect(write(new GuardedRegister(), [9n, 1], [5n, 2])).toEqual([taken, refused]);
  });

  it("holds the last write that it took", () => {
    const register = new GuardedRegister();
    register.write({ token: 9n, termId: 2, value: 70 });
    register.write({ token: 5n, termId: 1, value: 71 });
    expect(register.fenced).toMatchObject({ token: 9n, value: 70 });
  });
});

describe("the unfenced register", () => {
  it("takes everything, and counts each write of a term that was over for a later one", () => {
    const register = new GuardedRegister();
    write(register, [5n, 1], [9n, 2], [5n, 1], [5n, 1], [9n, 2]);
    expect(register.unfencedViolations).toBe(2);
    register.write({ token: 5n, termId: 1, value: 72 });
    expect(register.unfenced).toMatchObject({ token: 5n, value: 72 });
  });

  it("counts nothing where terms write one after the other", () => {
    const register = new GuardedRegister();
    write(register, [5n, 1], [5n, 1], [9n, 2], [12n, 3]);
    expect(register.unfencedViolations).toBe(0);
    expect(register.refused).toBe(0);
  });
});
