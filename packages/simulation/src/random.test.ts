import { describe, expect, it } from "vitest";
import { RandomStream } from "./random.ts";

function numbersOf(seed: number, name: string, count = 50): readonly number[] {
  const stream = new RandomStream(seed, name);
  return Array.from({ length: count }, () => stream.next());
}

describe("a random stream", () => {
  it("gives the same numbers for the same seed and name", () => {
    expect(numbersOf(7, "link a")).toEqual(numbersOf(7, "link a"));
  });

  it("gives other numbers for another seed, also where the seeds differ only above 32 bits", () => {
    expect(numbersOf(7, "link a")).not.toEqual(numbersOf(8, "link a"));
    expect(numbersOf(7, "link a")).not.toEqual(numbersOf(7 + 2 ** 32, "link a"));
  });

  it("gives names of one seed streams that have nothing to do with each other", () => {
    const one = numbersOf(7, "link a", 2000);
    const other = numbersOf(7, "link b", 2000);
    expect(one.filter((number) => other.includes(number))).toEqual([]);
    const mean =
      one.reduce((sum, number, index) => sum + (number - 0.5) * ((other[index] ?? 0) - 0.5), 0) / 2000;
    expect(Math.abs(mean)).toBeLessThan(0.01); // uncorrelated: 1/12 if they were the same
  });

  it("spreads evenly from 0 to 1, the latter excluded", () => {
    const tenths = new Map<number, number>();
    for (const number of numbersOf(3, "even", 20_000)) {
      const tenth = Math.floor(number * 10);
      tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1);
    }
    expect([...tenths.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const count of tenths.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it("draws whole numbers with both ends, and only those", () => {
    const stream = new RandomStream(5, "whole");
    const drawn = new Set(Array.from({ length: 500 }, () => stream.whole(-1, 3)));
    expect([...drawn].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2, 3]);
  });

  it("stays between its bounds, and picks every choice", () => {
    const stream = new RandomStream(5, "between");
    const between = Array.from({ length: 500 }, () => stream.between(10, 20));
    expect(Math.min(...between)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...between)).toBeLessThan(20);
    expect(new Set(Array.from({ length: 100 }, () => stream.pick(["a", "b", "c"])))).toEqual(
      new Set(["a", "b", "c"]),
    );
  });

  it("never takes a chance of 0, and always one of 1", () => {
    const stream = new RandomStream(5, "chance");
    const times = (probability: number): number =>
      Array.from({ length: 1000 }, () => stream.chance(probability)).filter(Boolean).length;
    expect(times(0)).toBe(0);
    expect(times(1)).toBe(1000);
    expect(Math.abs(times(0.3) - 300)).toBeLessThan(60);
  });
});
