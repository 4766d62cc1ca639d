import { describe, expect, it } from "vitest";
import { objectJson } from "./object-json.ts";
import { ProtobufError } from "./wire.ts";

/** What client-go 0.36.3 sent to create a Lease: `POST` of `x` in `default` by `me`, with the label `app=demo`. */
const SENT = Buffer.from(
  "6b3873000a1f0a16636f6f7264696e6174696f6e2e6b38732e696f2f763112054c65617365124d0a250a017812001a0764656661756c7422002a00320038004200" +
    "5a0b0a03617070120464656d6f12240a026d65100f1a0c08e8a49ed80610f0b1b78e03220c08e8a49ed80610f0b1b78e0328001a002200",
  "hex",
);

/** A field of bytes, shorter than 128. */
function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

function object(kind: string, raw: Buffer): Buffer {
  return Buffer.concat([Buffer.from("k8s\0"), field(1, field(2, kind)), field(2, raw)]);
}

describe("objectJson", () => {
  it("reads what client-go sends", () => {
    expect(read(SENT)).toEqual({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "x", namespace: "default", creationTimestamp: null, labels: { app: "demo" } },
      spec: {
        holderIdentity: "me",
        leaseDurationSeconds: 15,
        acquireTime: "2026-11-26T01:59:04.835574Z",
        renewTime: "2026-11-26T01:59:04.835574Z",
        leaseTransitions: 0,
      },
    });
  });

  it("keeps what a pointer points at, though it is empty, and leaves out other empty fields", () => {
    const metadata = Buffer.concat([field(1, ""), field(5, "")]);
    const lease = object("Lease", Buffer.concat([field(1, metadata), field(2, field(1, ""))]));
    expect(read(lease)).toEqual({ kind: "Lease", metadata: {}, spec: { holderIdentity: "" } });
  });

  it("reads negative numbers, lists and repeated keys of a map", () => {
    const minusOne = Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    const label = (value: string) => field(11, Buffer.concat([field(1, "__proto__"), field(2, value)]));
    const metadata = Buffer.concat([
      field(14, "example.com/a"),
      field(14, "example.com/b"),
      label("1"),
      label("2"),
    ]);
    const { metadata: meta, spec } = read(
      object("Lease", Buffer.concat([field(1, metadata), field(2, minusOne)])),
    ) as { metadata: { finalizers: string[]; labels: object }; spec: object };
    expect(meta.finalizers).toEqual(["example.com/a", "example.com/b"]);
    expect(Object.entries(meta.labels)).toEqual([["__proto__", "2"]]);
    expect(spec).toEqual({ leaseDurationSeconds: -1 });
  });

  it("passes over fields that it does not know", () => {
    const unknown = Buffer.from([
      0xf8, 0x01, 0x05, 0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 0xfd, 0x01, 1, 2, 3, 4,
    ]);
    expect(read(object("Lease", Buffer.concat([unknown, field(2, field(1, "me"))])))).toEqual({
      kind: "Lease",
      spec: { holderIdentity: "me" },
    });
  });

  it("takes an object that does not say its kind for what was asked for", () => {
    const unnamed = Buffer.concat([Buffer.from("k8s\0"), field(2, field(1, field(1, "x")))]);
    expect(read(unnamed)).toEqual({ metadata: { name: "x" } });
  });

  it("tells only the kind of what it does not know", () => {
    expect(read(object("Pod", Buffer.from([1, 2, 3])))).toEqual({ kind: "Pod" });
  });

  it("refuses every body that was cut off", () => {
    const whole = SENT.length - 4; // the last two fields are empty, and not ours
    for (let length = 0; length < whole; length++) {
      // Cut between two fields it is a shorter message.
      const found = outcome(() => read(SENT.subarray(0, length)));
      if (!(found instanceof ProtobufError)) expect(found).not.toHaveProperty("spec.leaseTransitions");
    }
  });

  it.each([
    ["nothing", Buffer.alloc(0), /empty data/],
    ["no prefix", Buffer.from("{}"), /expected prefix \[107 56 115 0\]/],
    [
      "a number where text is expected",
      object("Lease", Buffer.from([0x0a, 0x02, 0x08, 0x01])),
      /wrong wireType = 0 for field 1/,
    ],
    [
      "text where a number is expected",
      object("DeleteOptions", field(1, "x")),
      /wrong wireType = 2 for field 1/,
    ],
    ["a group", object("Lease", Buffer.from([0x0b])), /illegal wireType 3/],
    ["a number without an end", object("Lease", Buffer.alloc(11, 0xff)), /integer overflow/],
    [
      "a length beyond the end",
      object("Lease", Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])),
      /unexpected EOF/,
    ],
    [
      "a time that JSON cannot say",
      object(
        "Lease",
        field(2, field(3, Buffer.from([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]))),
      ),
      /time out of range/,
    ],
  ])("refuses %s", (_, body, message) => {
    expect(() => read(body)).toThrow(message);
    expect(() => read(body)).toThrow(ProtobufError);
  });
});

function read(body: Buffer): Record<string, unknown> {
  return objectJson(body, "Lease");
}

function outcome(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (error) {
    return error;
  }
}
