import assert from "node:assert/strict";
import type { LockEvent, ResourceLock, VersionedRecord } from "@tenure/core";
import type { CaseContext } from "./case-context.ts";
import { show } from "./expectations.ts";
import { record, renewTime } from "./record.ts";

/** Reads a watch into a list until it ends. */
export class Watching {
  readonly events: LockEvent[] = [];
  /** Settles when the iteration has ended, with what it threw. */
  readonly ended: Promise<unknown>;
  readonly #controller = new AbortController();
  readonly #context: CaseContext;
  isOver = false;

  constructor(c: CaseContext, lock: ResourceLock, from?: VersionedRecord) {
    this.#context = c;
    this.ended = this.#read(lock, from);
    c.after(() => this.end());
  }

  async end(): Promise<void> {
    this.#controller.abort();
    await this.#context.until("the iteration to end", () => this.isOver);
  }

  async #read(lock: ResourceLock, from: VersionedRecord | undefined): Promise<unknown> {
    const { signal } = this.#controller;
    assert.ok(lock.watch, "Expected a lock that claims a watch to have one");
    try {
      for await (const event of lock.watch({ signal, from })) this.events.push(event);
      return undefined;
    } catch (error) {
      return error;
    } finally {
      this.isOver = true;
    }
  }

  /** Whether it told, from the event at `start` on, of this version or of something that makes one look. */
  told(version: string, start = 0): boolean {
    return this.events
      .slice(start)
      .some(
        (event) =>
          event.kind === "resync" ||
          (event.kind === "changed" && (event.current?.version ?? version) === version),
      );
  }

  /** A version was told, or `resync` was said: whoever reads then knows it. */
  async learns(c: CaseContext, version: string, start = 0): Promise<void> {
    await c
      .until(
        `the watch to tell of version ${version} or to say resync`,
        () => this.told(version, start),
        c.ms(10_000),
      )
      .catch((error: unknown) => {
        throw new Error(`${show(error)}; it told ${show(this.events.slice(start).map(({ kind }) => kind))}`);
      });
  }
}

/** The watch is known to stand: it told of a write that came after it was opened. */
export async function standing(
  c: CaseContext,
  watched: ResourceLock,
  writer: ResourceLock,
): Promise<[Watching, VersionedRecord]> {
  let current = await writer.create(record({ renewTime: renewTime(0) }), c.call);
  const watching = new Watching(c, watched, current);
  current = await writer.update(record({ renewTime: renewTime(1) }), current, c.call);
  await watching.learns(c, current.version);
  return [watching, current];
}
