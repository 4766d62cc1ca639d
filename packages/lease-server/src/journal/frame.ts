import { crc32 } from "node:zlib";

/** One line of a journal that arrived whole. */
interface Frame {
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  readonly payload: string;
}

/** Lines up to the first one that is not whole, and what is the matter with that one. */
export interface FrameReading {
  readonly frames: readonly Frame[];
  readonly end:
    | { readonly kind: "whole" }
    /** A write that never finished: nobody was told of it. */
    | { readonly kind: "torn"; readonly offset: number }
    /** Something that had been written whole is not what it was. */
    | { readonly kind: "damaged"; readonly offset: number };
}

const NEWLINE = 0x0a;
const HEADER = /^[0-9a-f]{8} [0-9a-f]{8} $/;
const HEADER_BYTES = 18;
/** The least that a disk writes at once. */
const SECTOR_BYTES = 512;

/**
 * `"LENGTH CRC32 PAYLOAD\n"`, both numbers as eight hexadecimal digits. The payload is JSON, which holds neither a newline nor
 * a zero byte: that is how {@link readFrames} tells a write that never finished from damage.
 */
export function encodeFrame(payload: string): Buffer {
  const body = Buffer.from(payload);
  return Buffer.concat([Buffer.from(`${hex(body.length)} ${hex(crc32(body))} `), body, Buffer.from("\n")]);
}

/** Reads a whole file. */
export function readFrames(file: Buffer): FrameReading {
  const frames: Frame[] = [];
  let offset = 0;
  while (offset < file.length) {
    const end = announcedEnd(file, offset);
    const payload = end === undefined ? undefined : readPayload(file.subarray(offset, end));
    if (end === undefined || payload === undefined) {
      return { frames, end: { kind: isTorn(file, offset, end) ? "torn" : "damaged", offset } };
    }
    frames.push({ offset, payload });
    offset = end;
  }
  return { frames, end: { kind: "whole" } };
}

/** Where the frame at `offset` says it ends; `undefined` when its header cannot be read. */
function announcedEnd(file: Buffer, offset: number): number | undefined {
  const header = file.toString("latin1", offset, offset + HEADER_BYTES);
  return HEADER.test(header) ? offset + HEADER_BYTES + Number.parseInt(header, 16) + 1 : undefined;
}

function readPayload(frame: Buffer): string | undefined {
  const body = frame.subarray(HEADER_BYTES, -1);
  const isWhole =
    frame.length > HEADER_BYTES &&
    frame.at(-1) === NEWLINE &&
    body.length === Number.parseInt(frame.toString("latin1", 0, 8), 16) &&
    crc32(body) === Number.parseInt(frame.toString("latin1", 9, 17), 16);
  return isWhole ? body.toString() : undefined;
}

/**
 * Each append is synced before the next begins, so only the last frame of a file can be a write that never finished. After
 * kill -9 it is a beginning of a frame. After a loss of power the file can have its full length, with zeros where sectors
 * never reached the disk. All else was whole once and must not be dropped.
 */
function isTorn(file: Buffer, offset: number, end: number | undefined): boolean {
  if (end !== undefined && end < file.length) return false;
  const newline = file.indexOf(NEWLINE, offset);
  if (newline !== -1 && newline < file.length - 1) return false;
  const isBeginning = newline === -1 && end !== file.length;
  return isBeginning || hasEmptySector(file, offset);
}

function hasEmptySector(file: Buffer, offset: number): boolean {
  for (let start = offset; start < file.length; ) {
    const end = Math.min(file.length, (Math.floor(start / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    if (file.subarray(start, end).every((byte) => byte === 0)) return true;
    start = end;
  }
  return false;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
