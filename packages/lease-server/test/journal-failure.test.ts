import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Journal } from "../src/journal/journal.ts";
import { lockAddress, takeJournalLock } from "../src/journal/journal-lock.ts";
import { openJournal } from "../src/journal/open-journal.ts";
import { holdFileSocket } from "./file-socket.fixture.ts";
import { batchAfter, byName, isEndOfBatch, leasesAfter } from "./journal-history.fixture.ts";

const WRITER = fileURLToPath(new URL("./journal-writer.fixture.ts", import.meta.url));

describe("a journal that may grow no further", () => {
  it("rejects every append from then on, and keeps what it had acknowledged", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    // RLIMIT_FSIZE in KiB: the write that passes it is short, the next one fails.
    const limited = `ulimit -f 64; exec "$0" "$@"`;
    const args = ["-c", limited, process.execPath, WRITER, path, "1000000", "900"];
    const child = spawn("bash", args, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
    expect(code).toBe(0);
    const lines = said.trimEnd().split("\n");
    // Four appends were under way, and none of those was acknowledged.
    expect(lines.slice(-4)).toEqual(Array.from({ length: 4 }, () => "rejected ERR_JOURNAL_FAILED"));
    expect(statSync(path).size).toBe(64 * 1024);

    const { journal, contents, tornBytes } = await openJournal(path);
    onTestFinished(() => journal.close());
    expect(contents.revision).toBe(BigInt(lines.at(-5) ?? ""));
    expect(tornBytes).toBeGreaterThan(0);
    expect(isEndOfBatch(contents.revision)).toBe(true);
    expect(byName(contents.leases)).toEqual(leasesAfter(contents.revision, 900));
  });
});

const canMount = mayMount();
// Only root may mount; in CI, where a skip is a failure, the tests run as root.
describe.skipIf(!canMount)(
  `a journal on a small disk${canMount ? "" : " (skipped: mounting a tmpfs needs root)"}`,
  () => {
    it("stays rejected once the disk was full, also when there is room again, until it is reopened", async () => {
      const folder = mountTmpfs("size=256k");
      const path = join(folder, "leases.journal");
      const { journal } = await openJournal(path);
      const full = await fill(journal, 900);
      expect(String(full.error)).toMatch(
        /^JournalError: Cannot append to the journal .*ENOSPC: no space left on device.*$/,
      );
      await expect(journal.append(batchAfter(full.acknowledged, 10))).rejects.toBe(full.error);
      await journal.close();

      // Opening needs room for the live objects; it is made by somebody, and nothing was lost.
      execFileSync("mount", ["-o", "remount,size=2m", folder]);
      const reopened = await openJournal(path);
      expect(reopened.contents.revision).toBe(full.acknowledged);
      expect(byName(reopened.contents.leases)).toEqual(leasesAfter(full.acknowledged, 900));
      await reopened.journal.append(batchAfter(full.acknowledged, 10));
      await reopened.journal.close();
    });

    it("is rejected when there is no room to compact it, and the old generation stays", async () => {
      const folder = mountTmpfs("size=256k");
      const path = join(folder, "leases.journal");
      const { journal } = await openJournal(path, { compactAfterBytes: 60_000 });
      writeFileSync(join(folder, "filler"), Buffer.alloc(256 * 1024 - 100_000));
      // Seven Leases of this size do not fit twice into what is left.
      const full = await fill(journal, 9000);
      expect(String(full.error)).toMatch(/^JournalError: Cannot compact the journal .*ENOSPC/);
      await journal.close();
      expect(existsSync(`${path}.new`)).toBe(false);
      rmSync(join(folder, "filler"));
      const reopened = await openJournal(path);
      await reopened.journal.close();
      expect(reopened.contents.revision).toBe(full.acknowledged);
      expect(byName(reopened.contents.leases)).toEqual(leasesAfter(full.acknowledged, 9000));
    });

    it("cannot be opened where nothing may be written, and is free for the next who tries", async () => {
      const folder = mountTmpfs("size=256k");
      const path = join(folder, "leases.journal");
      await (await openJournal(path)).journal.close();
      execFileSync("mount", ["-o", "remount,ro", folder]);
      const failed = {
        code: "ERR_JOURNAL_FAILED",
        message: expect.stringMatching(/^Cannot write the journal .*EROFS.*$/),
      };
      await expect(openJournal(path)).rejects.toMatchObject(failed);
      await expect(openJournal(path)).rejects.toMatchObject(failed);
      execFileSync("mount", ["-o", "remount,rw", folder]);
      await (await openJournal(path)).journal.close();
    });
  },
);

describe("the lock of a journal where sockets are files", () => {
  it("is taken from a process that was killed, and refused while that one lives", async () => {
    const file = `/tenure/${process.pid}/leases.journal`;
    const address = lockAddress(file, "darwin");
    onTestFinished(() => rmSync(address, { force: true }));
    const holder = await holdFileSocket(address);
    expect(await takeJournalLock(file, "darwin")).toBeUndefined();
    holder.kill("SIGKILL");
    await once(holder, "close");
    expect(existsSync(address)).toBe(true);
    const lock = await takeJournalLock(file, "darwin");
    expect(lock).toBeDefined();
    expect(await takeJournalLock(file, "darwin")).toBeUndefined();
    await lock?.release();
    expect(existsSync(address)).toBe(false);
  });
});

/** Appends until it is refused. */
async function fill(
  journal: Journal,
  objectBytes: number,
): Promise<{ readonly acknowledged: bigint; readonly error: unknown }> {
  let acknowledged = 0n;
  for (;;) {
    const batch = batchAfter(acknowledged, objectBytes);
    try {
      await journal.append(batch);
    } catch (error) {
      return { acknowledged, error };
    }
    acknowledged = batch.at(-1)?.revision ?? acknowledged;
  }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenure-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function mountTmpfs(options: string): string {
  const folder = temporaryFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["--lazy", folder]));
  return folder;
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "tenure-journal-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    // Not root, or a container without the right to.
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
