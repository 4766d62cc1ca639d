import { describe, expect, it } from "vitest";
import { encodeFrame, readFrames } from "./frame.ts";

const PAYLOADS = ['{"first":"line"}', '["zweite Zeile: ü, 漢字"]', '["the last one"]'];
const FRAMES = PAYLOADS.map(encodeFrame);
const FILE = Buffer.concat(FRAMES);
const LAST = FILE.length - (FRAMES[2]?.length ?? 0);

describe("frames", () => {
  it("come back as they were written, each with its place in the file", () => {
    const { frames, end } = readFrames(FILE);
    expect(frames.map(({ payload }) => payload)).toEqual(PAYLOADS);
    expect(frames.map(({ offset }) => offset)).toEqual([0, FRAMES[0]?.length, LAST]);
    expect(end).toEqual({ kind: "whole" });
    expect(readFrames(Buffer.alloc(0))).toEqual({ frames: [], end: { kind: "whole" } });
  });

  it("are text with one line each, that can be read without a tool", () => {
    expect(FILE.toString().split("\n")).toHaveLength(4);
    // The CRC-32 of "{}" as zlib of Python gives it.
    expect(encodeFrame("{}").toString()).toBe("00000002 a3a6bf43 {}\n");
  });

  it("lose their torn end wherever a write stopped, and nothing else", () => {
    for (let length = LAST + 1; length < FILE.length; length++) {
      const { frames, end } = readFrames(FILE.subarray(0, length));
      expect(frames.map(({ payload }) => payload)).toEqual(PAYLOADS.slice(0, 2));
      expect(end).toEqual({ kind: "torn", offset: LAST });
    }
  });

  it("are called damaged, never torn, whatever bit is flipped in any of them, the last one included", () => {
    for (let index = 0; index < FILE.length; index++) {
      for (let bit = 0; bit < 8; bit++) {
        const copy = Buffer.from(FILE);
        copy[index] = (copy[index] ?? 0) ^ (1 << bit);
        const { frames, end } = readFrames(copy);
        const whole = FRAMES.findIndex((_, frame) => index < sum(frame + 1));
        expect(end, `bit ${bit} of byte ${index}`).toEqual({ kind: "damaged", offset: sum(whole) });
        expect(frames).toHaveLength(whole);
      }
    }
  });

  it("are called damaged where bytes in the middle were taken out, or put in", () => {
    for (let index = 0; index < LAST; index++) {
      const without = Buffer.concat([FILE.subarray(0, index), FILE.subarray(index + 1)]);
      expect(readFrames(without).end.kind, `without byte ${index}`).toBe("damaged");
      const withMore = Buffer.concat([FILE.subarray(0, index), Buffer.from("x"), FILE.subarray(index)]);
      expect(readFrames(withMore).end.kind, `one more at ${index}`).toBe("damaged");
    }
  });

  it("are torn where a sector of the last one never reached the disk, after a loss of power", () => {
    const long = encodeFrame(JSON.stringify("x".repeat(3000)));
    const file = Buffer.concat([FILE, long]);
    for (let sector = Math.ceil(FILE.length / 512); (sector + 1) * 512 <= file.length; sector++) {
      const copy = Buffer.from(file);
      copy.fill(0, sector * 512, (sector + 1) * 512);
      expect(readFrames(copy).end).toEqual({ kind: "torn", offset: FILE.length });
    }
    const nothingArrived = Buffer.concat([FILE, Buffer.alloc(long.length)]);
    expect(readFrames(nothingArrived).end).toEqual({ kind: "torn", offset: FILE.length });
  });

  it("are damaged where a sector is empty and a whole frame follows", () => {
    const file = Buffer.concat([encodeFrame(JSON.stringify("x".repeat(3000))), FILE]);
    const copy = Buffer.from(file);
    copy.fill(0, 1024, 1536);
    expect(readFrames(copy).end).toEqual({ kind: "damaged", offset: 0 });
    copy.fill(0, 0, 1536);
    expect(readFrames(copy).end).toEqual({ kind: "damaged", offset: 0 });
  });
});

/** Where the frame with this number begins. */
function sum(frame: number): number {
  return FRAMES.slice(0, frame).reduce((bytes, { length }) => bytes + length, 0);
}
