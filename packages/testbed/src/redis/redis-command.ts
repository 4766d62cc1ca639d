import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { decodeReply, encodeCommand, type RedisReply, RedisReplyError } from "./resp.ts";

/** Where a Redis listens and what it asks of its clients. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly password?: string | undefined;
  readonly tls?:
    | { readonly ca: string; readonly cert?: string | undefined; readonly key?: string | undefined }
    | undefined;
}

const TIMEOUT_MS = 5_000;

/**
 * Sends one command on a connection of its own and resolves with the reply.
 * @throws RedisReplyError when the reply is an error; Error when there is none within five seconds.
 */
export async function redisCommand(
  address: RedisAddress,
  args: readonly (string | number)[],
  timeoutMs: number = TIMEOUT_MS,
): Promise<RedisReply> {
  const commands = address.password === undefined ? [args] : [["AUTH", address.password], args];
  const replies = await exchange(address, commands, timeoutMs);
  for (const reply of replies) if (reply instanceof RedisReplyError) throw reply;
  return replies.at(-1) ?? null;
}

function exchange(
  { host, port, tls }: RedisAddress,
  commands: readonly (readonly (string | number)[])[],
  timeoutMs: number,
): Promise<RedisReply[]> {
  return new Promise((resolve, reject) => {
    const socket: Socket =
      tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls });
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(() => {
      finish(() => reject(new Error(`Redis at port ${port} did not answer within ${timeoutMs} ms`)));
    }, timeoutMs);
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      try {
        const replies = decodeAll(received);
        if (replies.length >= commands.length) finish(() => resolve(replies));
      } catch (error) {
        finish(() => reject(error));
      }
    });
    socket.once("error", (error) => finish(() => reject(error)));
    socket.once("close", () =>
      finish(() => reject(new Error(`Redis at port ${port} closed the connection`))),
    );
    for (const command of commands) socket.write(encodeCommand(command));
  });
}

function decodeAll(buffer: Buffer): RedisReply[] {
  const replies: RedisReply[] = [];
  for (let next = decodeReply(buffer); next !== undefined; next = decodeReply(buffer, next.end)) {
    replies.push(next.reply);
  }
  return replies;
}
