import type { IncomingMessage } from "node:http";
import { ApiError } from "../api-error.ts";

/** As the real server: 3 MiB. */
const MAX_BYTES = 3 * 1024 * 1024;

/** The whole body. @throws `ApiError` 413, the rest of the body unread. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // The connection is still needed to say that it was too much.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) {
      throw new ApiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${MAX_BYTES}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
