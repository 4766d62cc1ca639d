import type { Socket } from "node:net";

/**
 * Resets a connected TCP socket (RST): what the kernel has not sent yet is dropped. At once; where the socket's end is under way,
 * as soon as that is done. Not for TLS sockets or Unix sockets, which cannot be reset.
 *
 * `resetAndDestroy` of Node 24 ends the socket first. When an error then destroys it before that is done, its reset fails with
 * EINVAL and the socket is never closed: the process spins for ever when it should exit.
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded && !socket.writableFinished) {
    socket.once("finish", () => resetSocket(socket));
    return;
  }
  // What it calls to end the socket first.
  socket.destroySoon = () => socket.destroy();
  socket.resetAndDestroy();
}
