import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { encodeAnswer, failureAnswer } from "./answer.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";

const BAD_REQUEST = { type: "text/plain; charset=utf-8", text: "400 Bad Request" };
/** Node's errors of a request that it cannot read, and what they are answered with; all others are 400. */
const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_INVALID_METHOD: 405,
};

/** Answers what is no HTTP at all, as far as anybody listens, and ends the connection. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = STATUSES[error.code ?? ""] ?? 400;
  // Every method that Node does not know is one that no resource has.
  const { type, text } =
    status === 405 ? notAllowed() : { ...BAD_REQUEST, text: `${status} ${STATUS_CODES[status]}` };
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
  const cache = status === 405 ? "Cache-Control: no-cache, private\r\n" : "";
  const length = Buffer.byteLength(text);
  socket.end(
    `${head}\r\n${cache}Connection: close\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${text}`,
    () => socket.destroy(),
  );
}

/** Answers a URL that cannot be unescaped, before anybody has looked at it. */
export function answerMalformed(response: ServerResponse): void {
  const { type, text } = BAD_REQUEST;
  response.writeHead(400, { "Content-Type": type, Connection: "close" });
  response.end(text);
}

function notAllowed(): { readonly type: string; readonly text: string } {
  const answer = failureAnswer(methodNotAllowed());
  const { body } = encodeAnswer(answer);
  return { type: "application/json", text: body.toString() };
}
