import type { Socket } from "node:net";

/**
 * Resets a TCP connection (RST) at once; one whose end is under way is closed when that is done.
 *
 * `resetAndDestroy` of Node 24 ends the socket first. When an error then destroys it before that is done, its reset fails with
 * EINVAL and the socket is never closed: the process spins for ever when it should exit.
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded && !socket.writableFinished) {
    socket.destroySoon();
    return;
  }
  // What it calls to end the socket first.
  socket.destroySoon = () => socket.destroy();
  socket.resetAndDestroy();
}
