import { createHash } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";

/** The right to write one journal, until it is given back or the process ends. */
export interface JournalLock {
  /** Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes a journal for this process, or `undefined` when one has it, this process included.
 *
 * The lock is a listening local socket. The system ends it with its process, however that ends: kill -9 leaves nothing behind
 * that would have to be judged by a pid, which in containers is 1 for everybody. Node offers no `flock`. On Linux the address is abstract,
 * hence one per network namespace: what two containers on one volume do to each other is seen by `JournalFile.append`.
 */
export async function takeJournalLock(
  file: string,
  platform: NodeJS.Platform = process.platform,
): Promise<JournalLock | undefined> {
  const address = lockAddress(file, platform);
  const server = (await listen(address)) ?? (await listenInstead(address));
  if (server === undefined) return undefined;
  // The journal keeps no process alive.
  server.unref();
  // Whoever connects and fails takes nothing away: the address stays taken.
  server.on("error", () => {});
  let closed: Promise<void> | undefined;
  return {
    release() {
      closed ??= new Promise((resolve) => server.close(() => resolve()));
      return closed;
    },
  };
}

/** Where the lock of a file listens; the file's path must be the real one. */
export function lockAddress(file: string, platform: NodeJS.Platform): string {
  const name = `tenure-journal-${createHash("sha256").update(file).digest("hex").slice(0, 32)}`;
  if (platform === "linux") return `\0${name}`;
  if (platform === "win32") return `\\\\.\\pipe\\${name}`;
  return `/tmp/${name}.sock`;
}

/** `undefined` when the address is taken. */
async function listen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    await once(server.listen(address), "listening");
    return server;
  } catch (error) {
    if (isCode(error, "EADDRINUSE")) return undefined;
    throw error;
  }
}

/** Where the socket is a file (macOS, BSD) it outlives its process, and then nobody answers there. */
async function listenInstead(address: string): Promise<Server | undefined> {
  if (!address.startsWith("/")) return undefined;
  const socket = connect(address);
  try {
    await once(socket, "connect");
    return undefined;
  } catch (error) {
    if (!isCode(error, "ECONNREFUSED") && !isCode(error, "ENOENT")) throw error;
    await rm(address, { force: true });
    return await listen(address);
  } finally {
    socket.destroy();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
