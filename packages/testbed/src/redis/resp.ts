/** RESP2, the protocol of Redis: as much of it as single commands need. */

/** An error reply, e.g. `"NOAUTH Authentication required."`. */
export class RedisReplyError extends Error {
  override readonly name = "RedisReplyError";
}

/** What Redis answers: text, number, nothing, a list of those, or (in a list) an error. */
export type RedisReply = string | number | null | RedisReplyError | readonly RedisReply[];

/** One command as the server reads it. */
export function encodeCommand(args: readonly (string | number)[]): Buffer {
  const parts = args.map((arg) => Buffer.from(String(arg), "utf8"));
  const chunks = parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from("\r\n")]);
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...chunks]);
}

/** The first reply in `buffer` and where the next one starts; `undefined` while it is not all there. */
export function decodeReply(
  buffer: Buffer,
  from = 0,
): { readonly reply: RedisReply; readonly end: number } | undefined {
  const lineEnd = buffer.indexOf("\r\n", from);
  if (lineEnd < 0) return undefined;
  const line = buffer.toString("utf8", from + 1, lineEnd);
  const next = lineEnd + 2;
  const kind = String.fromCharCode(buffer[from] ?? 0);
  switch (kind) {
    case "+":
      return { reply: line, end: next };
    case "-":
      return { reply: new RedisReplyError(line), end: next };
    case ":":
      return { reply: Number(line), end: next };
    case "$": {
      const length = Number(line);
      if (length < 0) return { reply: null, end: next };
      const end = next + length + 2;
      return buffer.length < end ? undefined : { reply: buffer.toString("utf8", next, end - 2), end };
    }
    case "*":
      return decodeList(buffer, Number(line), next);
    default:
      throw new Error(`Expected a RESP2 reply, got ${JSON.stringify(kind + line)}`);
  }
}

function decodeList(buffer: Buffer, length: number, from: number): ReturnType<typeof decodeReply> {
  if (length < 0) return { reply: null, end: from };
  const list: RedisReply[] = [];
  let end = from;
  while (list.length < length) {
    const item = decodeReply(buffer, end);
    if (item === undefined) return undefined;
    list.push(item.reply);
    end = item.end;
  }
  return { reply: list, end };
}
