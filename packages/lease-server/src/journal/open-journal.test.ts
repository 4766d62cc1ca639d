import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { leaseAt, put, remove, temporaryFolder } from "./journal.fixture.ts";
import type { JournalEntry, StoredNamespace } from "./journal.ts";
import { JournalError } from "./journal-error.ts";
import { type OpenJournalOptions, openJournal } from "./open-journal.ts";

const NAMESPACE: StoredNamespace = {
  kind: "Namespace",
  apiVersion: "v1",
  metadata: { name: "default", resourceVersion: "1" },
};

describe("a journal", () => {
  it("is made where there is none, and is empty", async () => {
    const { contents, tornBytes } = await openHere(join(temporaryFolder(), "leases.journal"));
    expect(contents).toEqual({ revision: 0n, leases: [], namespaces: [] });
    expect(tornBytes).toBe(0);
  });

  it("gives back the last state of each object, and the largest revision", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    await write(path, [
      [{ kind: "put", revision: 1n, object: NAMESPACE }],
      [put(2n, "kept"), put(3n, "changed"), put(4n, "gone")],
      [put(7n, "changed", "pod-2")],
      [remove(9n, "gone")],
    ]);
    const { contents } = await openHere(path);
    expect(contents.revision).toBe(9n);
    expect(contents.namespaces).toEqual([NAMESPACE]);
    expect(contents.leases).toEqual([leaseAt(2n, "kept"), leaseAt(7n, "changed", "pod-2")]);
  });

  it("keeps the largest revision when everything is deleted, however often it is opened and compacted", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    await write(path, [[put(5n)], [remove(6n)]], { compactAfterBytes: 1 });
    await write(path, []);
    const { journal, contents } = await openHere(path);
    expect(contents).toEqual({ revision: 6n, leases: [], namespaces: [] });
    await expect(journal.append([put(6n)])).rejects.toThrow("Expected a revision above 6, got 6");
  });

  it("refuses revisions that do not grow, writes nothing of them, and stays usable", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    const { journal } = await openHere(path);
    await journal.append([put(5n)]);
    await expect(journal.append([put(6n), put(6n)])).rejects.toThrow(RangeError);
    await journal.append([put(6n)]);
    await journal.close();
    expect((await openHere(path)).contents.leases).toEqual([leaseAt(6n)]);
  });

  it("writes calls in their order and one after another, also when they do not wait", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    const { journal } = await openHere(path, { compactAfterBytes: 2000 });
    const order: number[] = [];
    const large = "x".repeat(100_000);
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        await journal.append([
          put(BigInt(index + 1), `lease-${index % 3}`, index % 5 === 0 ? large : "small"),
        ]);
        order.push(index);
      }),
    );
    expect(order).toEqual(Array.from({ length: 60 }, (_, index) => index));
    await journal.close();
    const { contents } = await openHere(path);
    expect(contents.revision).toBe(60n);
    expect(contents.leases.map(({ metadata }) => metadata.resourceVersion).sort()).toEqual([
      "58",
      "59",
      "60",
    ]);
  });

  it("finishes what was appended before close, refuses what comes after, and closes once", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    const { journal } = await openHere(path);
    const appended = journal.append([put(1n)]);
    await Promise.all([journal.close(), journal.close()]);
    await appended;
    await expect(journal.append([put(2n)])).rejects.toMatchObject({ code: "ERR_JOURNAL_CLOSED" });
    expect((await openHere(path)).contents.revision).toBe(1n);
  });

  it("stays small while one Lease is renewed again and again", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    const { journal } = await openHere(path, { compactAfterBytes: 4000 });
    for (let revision = 1n; revision <= 200n; revision++) await journal.append([put(revision)]);
    await journal.close();
    expect(statSync(path).size).toBeLessThan(5000);
    expect(readdirSync(join(path, ".."))).toEqual(["leases.journal"]);
  });

  it("may be named by its folder", async () => {
    const folder = temporaryFolder();
    await write(folder, [[put(1n)]]);
    expect((await openHere(join(folder, "leases.journal"))).contents.revision).toBe(1n);
  });

  it("takes an empty file for an empty journal", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    writeFileSync(path, "");
    expect((await openHere(path)).contents.revision).toBe(0n);
  });

  it("is not readable to others", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    await openHere(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe("a journal that was cut short", () => {
  it("loses only the append that was never acknowledged, at whatever byte it was cut", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "leases.journal");
    await write(path, [[put(1n)], [put(2n, "other")]]);
    const before = readFileSync(path);
    const { journal } = await openJournal(path);
    const start = statSync(path).size;
    await journal.append([put(3n, "third"), remove(4n, "demo")]);
    await journal.close();
    const whole = readFileSync(path);
    expect(start).toBeLessThanOrEqual(before.length);
    for (let length = start; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const { journal, contents, tornBytes } = await openJournal(path);
      expect(contents.revision).toBe(2n);
      expect(contents.leases).toEqual([leaseAt(1n), leaseAt(2n, "other")]);
      expect(tornBytes).toBe(length - start);
      await journal.append([put(5n)]);
      await journal.close();
      const again = await openJournal(path);
      expect(again.contents.revision).toBe(5n);
      expect(again.tornBytes).toBe(0);
      await again.journal.close();
    }
  });

  it("ignores the next generation that a killed process had begun", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    await write(path, [[put(1n)]]);
    writeFileSync(`${path}.new`, readFileSync(path).subarray(0, 20));
    expect((await openHere(path)).contents.revision).toBe(1n);
  });
});

describe("a damaged journal", () => {
  it("is refused with its file and the place, and left as it is", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    await write(path, [[put(1n)], [put(2n)], [put(3n)]]);
    const lines = readFileSync(path, "utf8").split("\n");
    const offset = `${lines[0]}\n${lines[1]}\n`.length;
    const bytes = readFileSync(path);
    bytes[offset + 30] = 0x21;
    writeFileSync(path, bytes);
    const refused = openJournal(path);
    await expect(refused).rejects.toThrow(
      `The journal ${path} is damaged at byte ${offset}; it was left as it is.`,
    );
    await expect(refused).rejects.toMatchObject({ code: "ERR_JOURNAL_DAMAGED", path, offset });
    expect(readFileSync(path)).toEqual(bytes);
  });

  it("is refused when a line is missing or comes twice", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    await write(path, [[put(1n)], [put(2n)]]);
    const [snapshot, first, second] = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, `${snapshot}\n${first}\n${first}\n${second}\n`);
    await expect(openJournal(path)).rejects.toMatchObject({ code: "ERR_JOURNAL_DAMAGED" });
    writeFileSync(path, `${first}\n${second}\n`);
    await expect(openJournal(path)).rejects.toMatchObject({ code: "ERR_JOURNAL_FOREIGN" });
  });

  it("is refused when its first line is torn: that one was whole before the file had its name", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    await write(path, [[put(1n)]]);
    writeFileSync(path, readFileSync(path).subarray(0, 60));
    await expect(openJournal(path)).rejects.toMatchObject({ code: "ERR_JOURNAL_DAMAGED", offset: 0 });
  });

  it("frees the file for the one who mends it", async () => {
    const path = join(temporaryFolder(), "leases.journal");
    writeFileSync(path, "a letter\n");
    await expect(openJournal(path)).rejects.toThrow(
      `${path} is not a journal of a lease-server; it was left as it is`,
    );
    expect(readFileSync(path, "utf8")).toBe("a letter\n");
    rmSync(path);
    await openHere(path);
  });
});

describe("a journal that cannot be opened", () => {
  it("says so in one line when its folder is missing, or is no folder", async () => {
    const folder = temporaryFolder();
    const missing = openJournal(join(folder, "nowhere", "leases.journal"));
    await expect(missing).rejects.toMatchObject({ code: "ERR_JOURNAL_FAILED" });
    await expect(missing).rejects.toThrow(/^Cannot open the journal .*nowhere.*ENOENT.*$/);
    writeFileSync(join(folder, "file"), "");
    await expect(openJournal(join(folder, "file", "leases.journal"))).rejects.toThrow(
      /^Cannot open the journal .*ENOTDIR.*$/,
    );
    await expect(openJournal("")).rejects.toBeInstanceOf(JournalError);
  });

  it("refuses a second opening under whatever name, until the first is closed", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "leases.journal");
    const { journal } = await openHere(path);
    symlinkSync(path, join(folder, "link"));
    for (const name of [path, folder, join(folder, "link"), join(folder, ".", "leases.journal")]) {
      await expect(openJournal(name)).rejects.toThrow(
        `The journal ${path} is in use by another lease-server`,
      );
    }
    await openHere(join(folder, "another.journal"));
    await journal.append([put(1n)]);
    await journal.close();
    expect((await openHere(path)).contents.revision).toBe(1n);
  });

  it("refuses a threshold that is none", async () => {
    await expect(openJournal("x", { compactAfterBytes: 0 })).rejects.toThrow(RangeError);
    await expect(openJournal("x", { compactAfterBytes: Number.NaN })).rejects.toThrow(RangeError);
  });
});

describe("a journal that somebody else touches", () => {
  const meddling: Record<string, (path: string) => void> = {
    deletes: (path) => rmSync(path),
    "appends to": (path) => appendFileSync(path, "hello\n"),
    truncates: (path) => writeFileSync(path, ""),
    replaces: (path) => {
      const copy = readFileSync(path);
      rmSync(path);
      writeFileSync(path, copy);
    },
  };
  for (const [name, meddle] of Object.entries(meddling)) {
    it(`acknowledges nothing more once another ${name} it`, async () => {
      const path = join(temporaryFolder(), "leases.journal");
      const { journal } = await openHere(path);
      await journal.append([put(1n)]);
      // So that a new file cannot have the number of the old one.
      const other = join(path, "..", "other");
      writeFileSync(other, "");
      meddle(path);
      await expect(journal.append([put(2n)])).rejects.toMatchObject({ code: "ERR_JOURNAL_FAILED" });
      await expect(journal.append([put(3n)])).rejects.toMatchObject({ code: "ERR_JOURNAL_FAILED" });
    });
  }
});

/** Opens, and closes when the test has finished. */
async function openHere(path: string, options?: OpenJournalOptions) {
  const opened = await openJournal(path, options);
  onTestFinished(() => opened.journal.close());
  return opened;
}

async function write(
  path: string,
  appends: readonly (readonly JournalEntry[])[],
  options?: OpenJournalOptions,
) {
  const { journal } = await openJournal(path, options);
  for (const entries of appends) await journal.append(entries);
  await journal.close();
}
