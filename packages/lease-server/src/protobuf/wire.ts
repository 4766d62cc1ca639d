/** A field of a protobuf message as it is on the wire. */
export type WireField =
  | { readonly number: number; readonly kind: "varint"; readonly value: bigint }
  | { readonly number: number; readonly kind: "bytes"; readonly value: Buffer };

/** Bytes that are no protobuf message. */
export class ProtobufError extends Error {}

const LONGEST_VARINT = 10;

/**
 * The fields of a message, in their order. Fixed-width fields, which none of our messages has, are passed over.
 * @throws {@link ProtobufError}
 */
export function* wireFields(message: Buffer): Generator<WireField> {
  const reader = new Reader(message);
  while (!reader.atEnd) {
    const key = reader.varint();
    const number = Number(key >> 3n);
    if (number === 0) throw new ProtobufError("illegal tag 0");
    switch (Number(key & 7n)) {
      case 0:
        yield { number, kind: "varint", value: reader.varint() };
        break;
      case 1:
        reader.bytes(8);
        break;
      case 2:
        yield { number, kind: "bytes", value: reader.bytes(Number(reader.varint())) };
        break;
      case 5:
        reader.bytes(4);
        break;
      default:
        throw new ProtobufError(`illegal wireType ${key & 7n}`);
    }
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let read = 0; read < LONGEST_VARINT; read++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new ProtobufError("unexpected EOF");
      value |= BigInt(byte & 0x7f) << BigInt(7 * read);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError("proto: integer overflow");
  }

  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new ProtobufError("unexpected EOF");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
