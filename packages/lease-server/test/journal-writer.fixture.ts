import { writeSync } from "node:fs";
import { openJournal } from "../src/journal/open-journal.ts";
import { batchAfter } from "./journal-history.fixture.ts";

/**
 * `node journal-writer.fixture.ts PATH COMPACT_AFTER_BYTES OBJECT_BYTES`: opens a journal and appends to it until it is killed, four appends at
 * a time. Says `open REVISION`, then each revision once it is acknowledged, and `rejected CODE` once for each append that was not; ends
 * after those.
 */
const [path = "", compactAfterBytes = "", objectBytes = ""] = process.argv.slice(2);

const { journal, contents } = await openJournal(path, { compactAfterBytes: Number(compactAfterBytes) });
let { revision } = contents;
let isRejected = false;
say(`open ${revision}`);
await Promise.all(Array.from({ length: 4 }, () => appendForEver()));
await journal.close();

async function appendForEver(): Promise<void> {
  while (!isRejected) {
    const batch = batchAfter(revision, Number(objectBytes));
    revision = batch.at(-1)?.revision ?? revision;
    const last = revision;
    try {
      await journal.append(batch);
      say(String(last));
    } catch (error) {
      isRejected = true;
      say(`rejected ${error instanceof Error && "code" in error ? error.code : String(error)}`);
    }
  }
}

/** Whole, and before anything else happens: what is said here has been acknowledged. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
