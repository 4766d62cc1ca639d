import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** One generation of a journal on disk: what it was begun with, and what was appended since. */
export class JournalFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #inode: bigint;
  #bytes: number;

  private constructor(path: string, handle: FileHandle, inode: bigint, bytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#inode = inode;
    this.#bytes = bytes;
  }

  /**
   * Puts a new file in the place of the one at `path`, which stays as it is until the new one is on disk.
   * Whatever kills this process at whatever point, one of the two is there, whole.
   */
  static async replace(path: string, content: Buffer): Promise<JournalFile> {
    const next = `${path}.new`;
    // Only the holder of the lock comes here: what is left under this name belongs to a process that was killed.
    const handle = await open(next, "w", 0o600);
    try {
      await handle.appendFile(content);
      await handle.sync();
      const { ino } = await handle.stat({ bigint: true });
      await rename(next, path);
      await syncFolder(dirname(path));
      return new JournalFile(path, handle, ino, content.length);
    } catch (error) {
      // The first error is the one to tell; what is left behind is overwritten by the next one.
      await handle.close().catch(() => {});
      await rm(next, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Its size. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Resolves once the content is on disk. To be called again only after that, and never after a rejection: what a failed
   * sync left behind is known to nobody.
   */
  async append(content: Buffer): Promise<void> {
    await this.#assertUntouched();
    await this.#handle.appendFile(content);
    await this.#handle.datasync();
    this.#bytes += content.length;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** A file that was deleted, replaced or written by somebody else would swallow what is acknowledged. */
  async #assertUntouched(): Promise<void> {
    const { ino, size } = await stat(this.#path, { bigint: true });
    if (ino !== this.#inode || Number(size) !== this.#bytes)
      throw new Error("another process has changed it");
  }
}

/** Makes a rename durable. Windows has no such thing, and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
