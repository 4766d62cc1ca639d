import { type Case, del, get, heldLease, post, put } from "../step.ts";

const PROTOBUF = { headers: { "content-type": "application/vnd.kubernetes.protobuf" } };

/** A field of bytes, shorter than 128. */
function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

function object(apiVersion: string, kind: string, ...fields: Buffer[]): Buffer {
  const typeMeta = Buffer.concat([field(1, apiVersion), field(2, kind)]);
  return Buffer.concat([Buffer.from("k8s\0"), field(1, typeMeta), field(2, Buffer.concat(fields))]);
}

const named = (name: string): Buffer => field(1, field(1, name));
const heldBy = (holder: string): Buffer =>
  field(2, Buffer.concat([field(1, holder), Buffer.from([0x10, 15])]));
const lease = (...fields: Buffer[]): Buffer => object("coordination.k8s.io/v1", "Lease", ...fields);

/** What client-go's typed clients send; the answers are asked for in JSON. */
export const protobufCases: readonly Case[] = [
  {
    name: "protobuf: create, update and delete",
    steps: [
      post("", lease(named("a"), heldBy("x")), PROTOBUF),
      put("a", lease(named("a"), heldBy("y")), PROTOBUF),
      del("a", object("v1", "DeleteOptions", field(4, "Background")), PROTOBUF),
      get("a"),
    ],
  },
  {
    name: "protobuf: not valid",
    steps: [
      post("", lease(named("Not-Valid")), PROTOBUF),
      post("", lease(named("a"), field(2, Buffer.from([0x10, 0]))), PROTOBUF),
    ],
  },
  { name: "protobuf: another kind", steps: [post("", object("v1", "ConfigMap", named("a")), PROTOBUF)] },
  { name: "protobuf: without a kind", steps: [post("", object("", "", named("a")), PROTOBUF)] },
  {
    name: "protobuf: a DELETE with a uid",
    steps: [
      post("", heldLease("a")),
      del("a", object("v1", "DeleteOptions", field(2, field(1, "another"))), PROTOBUF),
    ],
  },
  { name: "protobuf: JSON named so", steps: [post("", heldLease("a"), PROTOBUF)] },
  { name: "protobuf: cut off", steps: [post("", lease(named("a"), heldBy("x")).subarray(0, -3), PROTOBUF)] },
  { name: "protobuf: empty", steps: [post("", "", PROTOBUF)] },
];
