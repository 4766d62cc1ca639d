import { messageJson } from "./message-json.ts";
import { MESSAGES, type Message } from "./messages.ts";
import { ProtobufError, wireFields } from "./wire.ts";

/** The media type in which client-go's typed clients send the kinds of Kubernetes itself, whatever they accept. */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** What every such body begins with. */
const PREFIX = Buffer.from("k8s\0");

const TYPE_META: Message = {
  1: { name: "apiVersion", type: "optionalString" },
  2: { name: "kind", type: "optionalString" },
};
const ENVELOPE = { typeMeta: 1, raw: 2 } as const;

/**
 * The object in a body, as JSON; of `defaultKind` when it does not say of which. Of a kind that is not known here only the kind is told,
 * which is enough to refuse it.
 * @throws {@link ProtobufError}
 */
export function objectJson(body: Buffer, defaultKind: string): Record<string, unknown> {
  if (body.length === 0) throw new ProtobufError("empty data");
  if (!body.subarray(0, PREFIX.length).equals(PREFIX)) {
    throw new ProtobufError(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  }
  let typeMeta: { apiVersion?: string; kind?: string } = {};
  let raw: Buffer = Buffer.alloc(0);
  for (const field of wireFields(body.subarray(PREFIX.length))) {
    if (field.kind !== "bytes") continue;
    if (field.number === ENVELOPE.typeMeta) typeMeta = messageJson(field.value, TYPE_META);
    if (field.number === ENVELOPE.raw) raw = field.value;
  }
  const message = MESSAGES[typeMeta.kind || defaultKind];
  return { ...typeMeta, ...(message !== undefined && messageJson(raw, message)) };
}
