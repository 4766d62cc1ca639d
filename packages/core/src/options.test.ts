import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { systemClock } from "./clock.ts";
import { LeaderElector } from "./leader-elector.ts";
import { clockOf, type ElectorConfig, type LeaderElectorOptions, resolveOptions } from "./options.ts";
import type { LockCapabilities, ResourceLock } from "./resource-lock.ts";
import { CellLock } from "./testing/cell-lock.ts";
import { FakeClock } from "./testing/fake-clock.ts";

const lock = new CellLock();
const wholeSeconds = new CellLock({ description: "lease default/jobs", granularityMs: 1_000 });

function resolve(options: Partial<LeaderElectorOptions> = {}): ElectorConfig {
  return resolveOptions({ lock, ...options });
}

/** What the constructor throws; also values that the types forbid. */
function refusal(options: Record<string, unknown>): unknown {
  try {
    // What a user without types may pass.
    new LeaderElector({ lock, ...options } as LeaderElectorOptions);
  } catch (error) {
    return error;
  }
  return undefined;
}

function withCapabilities(change: object): ResourceLock {
  return Object.assign(new CellLock({ description: "made up" }), {
    capabilities: { ...lock.capabilities, ...change } as LockCapabilities,
  });
}

describe("defaults", () => {
  it("are client-go's 15 s, 10 s and 2 s, with 1733 ms for a request", () => {
    const random = () => 0.5;
    expect(resolve({ identity: "a", random })).toEqual({
      identity: "a",
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
      requestTimeoutMs: 1_733,
      observerMarginMs: 0,
      drainTimeoutMs: 10_000,
      acceptTokenRegression: false,
      watches: false,
      random,
    });
    expect(resolve().random).toBe(Math.random);
    expect(clockOf({ lock })).toBe(systemClock);
    const clock = new FakeClock();
    expect(clockOf({ lock, clock })).toBe(clock);
  });

  it("an option given as undefined is one not given", () => {
    expect(resolve({ identity: "a", leaseDurationMs: undefined, clockRateError: undefined })).toMatchObject({
      leaseDurationMs: 15_000,
      requestTimeoutMs: 1_733,
    });
  });

  it("drain for as long as a leader believes", () => {
    expect(resolve({ renewDeadlineMs: 8_000 }).drainTimeoutMs).toBe(8_000);
    expect(resolve({ drainTimeoutMs: 0 }).drainTimeoutMs).toBe(0);
  });

  it("name the host, and every start of every elector differently", () => {
    const names = Array.from({ length: 100 }, () => resolve().identity);
    expect(new Set(names).size).toBe(100);
    for (const name of names) expect(name).toMatch(/^.+_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(names[0]?.startsWith(`${hostname()}_`)).toBe(true);
    const elector = new LeaderElector({ lock });
    expect(elector.identity).toBe(elector.identity);
  });

  it("watch only where the lock says it can, and has the method", () => {
    const watch = async function* () {};
    expect(resolve({ lock: Object.assign(withCapabilities({ watch: "hint" }), { watch }) }).watches).toBe(
      true,
    );
    expect(resolve({ lock: withCapabilities({ watch: "hint" }) }).watches).toBe(false);
    expect(resolve({ lock: Object.assign(new CellLock(), { watch }) }).watches).toBe(false);
  });
});

describe("client-go's nine rules", () => {
  it.each([
    [
      "1: leaseDuration must be greater than renewDeadline",
      { leaseDurationMs: 10_000, renewDeadlineMs: 10_000 },
      new RangeError("Expected `renewDeadlineMs` below `leaseDurationMs` (10000), got 10000"),
    ],
    [
      "2: renewDeadline must be greater than retryPeriod*JitterFactor",
      { renewDeadlineMs: 2_400 },
      new RangeError("Expected `renewDeadlineMs` above 1.2 times `retryPeriodMs` (2000), got 2400"),
    ],
    [
      "3: leaseDuration must be greater than zero",
      { leaseDurationMs: 0 },
      new RangeError("Expected `leaseDurationMs` from 1 to 2147483647 milliseconds, got 0"),
    ],
    [
      "4: renewDeadline must be greater than zero",
      { renewDeadlineMs: 0 },
      new RangeError("Expected `renewDeadlineMs` from 1 to 2147483647 milliseconds, got 0"),
    ],
    [
      "5: retryPeriod must be greater than zero",
      { retryPeriodMs: 0 },
      new RangeError("Expected `retryPeriodMs` from 1 to 2147483647 milliseconds, got 0"),
    ],
    [
      "8: Lock must not be nil.",
      { lock: undefined },
      new TypeError("Expected `lock` to be a ResourceLock, got undefined"),
    ],
    [
      "9: Lock identity is empty",
      { identity: "" },
      new RangeError('Expected `identity` not to be empty, got ""'),
    ],
  ])("%s", (_rule, options, expected) => {
    const error = refusal(options);
    expect(error).toBeInstanceOf(expected.constructor);
    expect(error).toHaveProperty("message", expected.message);
  });

  it("6: OnStartedLeading callback must not be nil: run wants a task", async () => {
    const elector = new LeaderElector({ lock });
    const nothing = undefined as unknown as () => void; // what a user without types may pass
    await expect(elector.run(nothing)).rejects.toEqual(
      new TypeError("Expected a task function, got undefined"),
    );
  });

  it("7: OnStoppedLeading callback must not be nil: a listener is a function", () => {
    const elector = new LeaderElector({ lock });
    const nothing = undefined as unknown as () => void; // what a user without types may pass
    expect(() => elector.on("stoppedLeading", nothing)).toThrow(
      new TypeError('Expected a listener function for "stoppedLeading", got undefined'),
    );
  });
});

describe("durations", () => {
  const names = [
    "leaseDurationMs",
    "renewDeadlineMs",
    "retryPeriodMs",
    "requestTimeoutMs",
    "abortGraceMs",
    "observerMarginMs",
    "drainTimeoutMs",
  ];

  it.each(names)("%s is a number: a string, a bigint, an object or null is a TypeError", (name) => {
    for (const [value, shown] of [
      ["15s", '"15s"'],
      [15_000n, "15000"],
      [{ seconds: 15 }, "an object"],
      [null, "null"],
      [true, "true"],
    ] as const) {
      const error = refusal({ [name]: value });
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty(
        "message",
        `Expected \`${name}\` to be a number of milliseconds, got ${shown}`,
      );
    }
  });

  it.each(names)(
    "%s is neither NaN, infinite, negative nor over 2^31-1, where a timer fires at once",
    (name) => {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 2 ** 31]) {
        const error = refusal({ [name]: value });
        expect(error).toBeInstanceOf(RangeError);
        expect(error).toHaveProperty(
          "message",
          expect.stringMatching(
            new RegExp(`^Expected \`${name}\` from [01] to 2147483647 milliseconds, got ${value}$`),
          ),
        );
      }
    },
  );

  it("takes 0 only where nothing is a sensible amount", () => {
    const zero = names.filter((name) => refusal({ [name]: 0 }) === undefined);
    expect(zero).toEqual(["abortGraceMs", "observerMarginMs", "drainTimeoutMs"]);
  });

  it("takes 2^31-1", () => {
    expect(
      resolve({
        leaseDurationMs: 2 ** 31 - 1,
        observerMarginMs: 2 ** 31 - 1,
        drainTimeoutMs: 2 ** 31 - 1,
      }),
    ).toMatchObject({ leaseDurationMs: 2_147_483_647, observerMarginMs: 2_147_483_647 });
  });

  it("a lease of less than 100 looks like seconds", () => {
    for (const leaseDurationMs of [15, 99]) {
      expect(refusal({ leaseDurationMs, renewDeadlineMs: 10, retryPeriodMs: 2 })).toEqual(
        new RangeError(
          `Expected \`leaseDurationMs\` of 100 or more, got ${leaseDurationMs}: that looks like seconds, the unit is milliseconds`,
        ),
      );
    }
    expect(resolve({ leaseDurationMs: 100, renewDeadlineMs: 60, retryPeriodMs: 20 }).leaseDurationMs).toBe(
      100,
    );
  });
});

describe("SAFE", () => {
  it("refuses what would let two replicas lead at once, with the numbers", () => {
    const error = refusal({ renewDeadlineMs: 14_700 });
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toHaveProperty(
      "message",
      "Expected `renewDeadlineMs` + `abortGraceMs` below 14693, which is `leaseDurationMs` (15000) * (1 - 0.01) / (1 + 0.01) - 10, got 14700 + 0: two replicas could lead at once",
    );
  });

  it("takes the last millisecond below the bound it names, and not the bound", () => {
    expect(resolve({ renewDeadlineMs: 14_692 }).renewDeadlineMs).toBe(14_692);
    expect(refusal({ renewDeadlineMs: 14_693 })).toBeInstanceOf(RangeError);
  });

  it("refuses the exact bound: 15000 * 0.75 / 1.25 - 10 is 8990", () => {
    const exact = { clockRateError: 0.25 };
    expect(resolve({ ...exact, renewDeadlineMs: 8_989 }).renewDeadlineMs).toBe(8_989);
    expect(refusal({ ...exact, renewDeadlineMs: 8_990 })).toHaveProperty(
      "message",
      expect.stringContaining(
        "below 8990, which is `leaseDurationMs` (15000) * (1 - 0.25) / (1 + 0.25) - 10",
      ),
    );
  });

  it("leaves out neither the task's grace nor the grain of boot time", () => {
    const exact = { clockRateError: 0 };
    expect(resolve({ ...exact, renewDeadlineMs: 14_989 }).renewDeadlineMs).toBe(14_989);
    expect(refusal({ ...exact, renewDeadlineMs: 14_990 })).toBeInstanceOf(RangeError);
    expect(resolve({ ...exact, renewDeadlineMs: 12_989, abortGraceMs: 2_000 }).renewDeadlineMs).toBe(12_989);
    expect(refusal({ ...exact, renewDeadlineMs: 12_990, abortGraceMs: 2_000 })).toHaveProperty(
      "message",
      expect.stringContaining("got 12990 + 2000"),
    );
  });

  it("a rate error is a number from 0 to below 0.5", () => {
    expect(refusal({ clockRateError: "1%" })).toEqual(
      new TypeError('Expected `clockRateError` to be a number, got "1%"'),
    );
    expect(refusal({ clockRateError: null })).toBeInstanceOf(TypeError);
    for (const clockRateError of [-0.01, 0.5, 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(refusal({ clockRateError })).toEqual(
        new RangeError(`Expected \`clockRateError\` from 0 to below 0.5, got ${clockRateError}`),
      );
    }
    expect(refusal({ clockRateError: 0 })).toBeUndefined();
    expect(refusal({ clockRateError: 0.49, renewDeadlineMs: 4_000, retryPeriodMs: 1_000 })).toBeUndefined();
  });
});

describe("AVAIL", () => {
  it("takes a request timeout that leaves room for one retry, up to the bound", () => {
    expect(resolve({ requestTimeoutMs: 3_800 }).requestTimeoutMs).toBe(3_800);
    expect(refusal({ requestTimeoutMs: 3_801 })).toEqual(
      new RangeError(
        "Expected `requestTimeoutMs` of at most 3800, got 3801: one retry must fit: `requestTimeoutMs` + (1.2 * `retryPeriodMs` + `requestTimeoutMs`) <= `renewDeadlineMs`",
      ),
    );
    expect(refusal({ requestTimeoutMs: 10_000 })).toBeInstanceOf(RangeError); // what client-go had: one attempt only
  });

  it.each([
    ["two retries fit", { renewDeadlineMs: 10_000, retryPeriodMs: 2_000 }, 1_733],
    ["two retries leave 250 ms exactly", { renewDeadlineMs: 5_550, retryPeriodMs: 2_000 }, 250],
    ["two retries would leave 249.67 ms: one", { renewDeadlineMs: 5_549, retryPeriodMs: 2_000 }, 1_574],
    ["a quick election: one", { leaseDurationMs: 500, renewDeadlineMs: 300, retryPeriodMs: 100 }, 90],
    ["the least that one retry leaves", { renewDeadlineMs: 2_402, retryPeriodMs: 2_000 }, 1],
  ])("computes a default: %s", (_what, options, expected) => {
    expect(resolve(options).requestTimeoutMs).toBe(expected);
  });

  it("refuses periods that leave no time for any retry", () => {
    expect(refusal({ renewDeadlineMs: 2_401 })).toEqual(
      new RangeError(
        "Expected `renewDeadlineMs` (2401) to leave time for a retry after `retryPeriodMs` (2000): one retry must fit: `requestTimeoutMs` + (1.2 * `retryPeriodMs` + `requestTimeoutMs`) <= `renewDeadlineMs`",
      ),
    );
  });
});

describe("granularity", () => {
  it("refuses what the store would have to round", () => {
    expect(
      refusal({ lock: wholeSeconds, leaseDurationMs: 1_500, renewDeadlineMs: 900, retryPeriodMs: 200 }),
    ).toEqual(
      new RangeError(
        "Expected `leaseDurationMs` to be a multiple of 1000, as lease default/jobs stores it, got 1500",
      ),
    );
    expect(
      refusal({ lock: wholeSeconds, leaseDurationMs: 900, renewDeadlineMs: 600, retryPeriodMs: 100 }),
    ).toBeInstanceOf(RangeError);
    expect(
      refusal({ lock, leaseDurationMs: 1_500, renewDeadlineMs: 900, retryPeriodMs: 200 }),
    ).toBeUndefined();
  });

  it("checks SAFE with a second less where renewals come faster than client-go can tell apart", () => {
    // 4000 * 0.99 / 1.01 - 10 = 3910.8, and 5000 * 0.99 / 1.01 - 10 = 4890.99
    const base = { lock: wholeSeconds, leaseDurationMs: 5_000 };
    expect(resolve({ ...base, retryPeriodMs: 999, renewDeadlineMs: 3_910 }).renewDeadlineMs).toBe(3_910);
    expect(refusal({ ...base, retryPeriodMs: 999, renewDeadlineMs: 3_911 })).toEqual(
      new RangeError(
        "Expected `renewDeadlineMs` + `abortGraceMs` below 3911, which is `leaseDurationMs` (5000 less 1000, the store's grain, because `retryPeriodMs` is finer) * (1 - 0.01) / (1 + 0.01) - 10, got 3911 + 0: two replicas could lead at once",
      ),
    );
    expect(resolve({ ...base, retryPeriodMs: 1_000, renewDeadlineMs: 3_911 }).renewDeadlineMs).toBe(3_911);
    expect(resolve({ ...base, lock, retryPeriodMs: 999, renewDeadlineMs: 3_911 }).renewDeadlineMs).toBe(
      3_911,
    );
  });

  it("but not with less where the grain itself is finer than a second", () => {
    const halves = new CellLock({ granularityMs: 500 });
    expect(
      resolve({ lock: halves, leaseDurationMs: 5_000, retryPeriodMs: 300, renewDeadlineMs: 4_890 })
        .renewDeadlineMs,
    ).toBe(4_890);
  });

  it("leaves no room at all where the lease is one second and the period finer", () => {
    expect(
      refusal({ lock: wholeSeconds, leaseDurationMs: 1_000, renewDeadlineMs: 500, retryPeriodMs: 100 }),
    ).toBeInstanceOf(RangeError);
  });
});

describe("identity", () => {
  it("is a string of 1 to 253 characters without control characters", () => {
    expect(refusal({ identity: 7 })).toEqual(new TypeError("Expected `identity` to be a string, got 7"));
    expect(refusal({ identity: null })).toEqual(
      new TypeError("Expected `identity` to be a string, got null"),
    );
    expect(refusal({ identity: "x".repeat(254) })).toEqual(
      new RangeError("Expected `identity` of at most 253 characters, got 254"),
    );
    for (const identity of ["a\n", "\u0000", "a\u007f", "\u0085b"]) {
      const error = refusal({ identity });
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toHaveProperty("message", expect.stringContaining("without control characters, got "));
      expect(error).toHaveProperty("message", expect.not.stringContaining("\n"));
    }
    for (const identity of ["x", "x".repeat(253), "pod-7_a b/ä✓"])
      expect(resolve({ identity }).identity).toBe(identity);
  });
});

describe("the lock", () => {
  it.each([
    ["undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["a name", "example-lease", '"example-lease"'],
    ["no lock at all", {}, "an object"],
    ["one without update", { ...complete(), update: undefined }, "an object"],
    ["one without capabilities", { ...complete(), capabilities: undefined }, "an object"],
    ["one whose capabilities are null", { ...complete(), capabilities: null }, "an object"],
    ["one whose capabilities say nothing", { ...complete(), capabilities: {} }, "an object"],
    ["one with a granularity of 0", withCapabilities({ granularityMs: 0 }), "an object"],
    ["one with a granularity in words", withCapabilities({ granularityMs: "1000" }), "an object"],
    ["one that does not say whether it fences", withCapabilities({ fencing: undefined }), "an object"],
  ])("is refused when it is %s", (_what, malformed, shown) => {
    const error = refusal({ lock: malformed });
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty("message", `Expected \`lock\` to be a ResourceLock, got ${shown}`);
  });

  it("is refused when it gives no fencing tokens", () => {
    expect(refusal({ lock: withCapabilities({ fencing: "none" }) })).toEqual(
      new TypeError(
        'Expected a `lock` that gives fencing tokens, got made up with capabilities.fencing "none": a term without a token cannot be told from the one before it',
      ),
    );
    expect(refusal({ lock: withCapabilities({ fencing: "monotonic-unless-data-loss" }) })).toBeUndefined();
  });

  function complete(): object {
    const { description, capabilities } = lock;
    const method = async () => undefined;
    return { description, capabilities, get: method, create: method, update: method, close: method };
  }
});

describe("the rest", () => {
  it("refuses options that are none", () => {
    for (const [options, shown] of [
      [undefined, "undefined"],
      [null, "null"],
      ["lock", '"lock"'],
    ] as const) {
      // What a user without types may pass.
      expect(() => new LeaderElector(options as unknown as LeaderElectorOptions)).toThrow(
        new TypeError(`Expected options with a \`lock\`, got ${shown}`),
      );
    }
  });

  it("refuses what is injected and cannot work", () => {
    expect(refusal({ random: 0.5 })).toEqual(new TypeError("Expected `random` to be a function, got 0.5"));
    for (const clock of [null, Date.now, {}, { now: () => 0 }]) {
      expect(refusal({ clock })).toBeInstanceOf(TypeError);
    }
    expect(refusal({ clock: "utc" })).toEqual(new TypeError('Expected `clock` to be a Clock, got "utc"'));
    expect(refusal({ clock: null })).toEqual(new TypeError("Expected `clock` to be a Clock, got null"));
    expect(refusal({ acceptTokenRegression: "no" })).toEqual(
      new TypeError('Expected `acceptTokenRegression` to be a boolean, got "no"'),
    );
    expect(resolve({ acceptTokenRegression: true }).acceptTokenRegression).toBe(true);
  });

  it("argument errors carry no code: they are mistakes in the program, not events", () => {
    expect(refusal({ leaseDurationMs: 15 })).not.toHaveProperty("code");
  });

  it("the constructor asks the lock nothing, reads no clock and starts no timer", () => {
    const untouched: ResourceLock = {
      ...lock,
      description: "untouched",
      capabilities: lock.capabilities,
      get: () => expect.unreachable(),
      create: () => expect.unreachable(),
      update: () => expect.unreachable(),
      close: () => expect.unreachable(),
    };
    const dead = () => expect.unreachable();
    const clock = { now: dead, bootTime: dead, wallTime: dead, setTimer: dead };
    const elector = new LeaderElector({ lock: untouched, clock, random: dead });
    expect(elector.isLeading()).toBe(false);
    expect(elector.leader).toBeUndefined();
  });
});
