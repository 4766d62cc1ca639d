import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallOptions, LockCapabilities, ResourceLock } from "@tenure/core";
import type { CandidateModule, Environment, LockFixture, LockRequest, Stranger } from "./fixture.ts";
import { pollUntil } from "./poll-until.ts";
import { type ElectionTiming, electionTiming } from "./timing.ts";
import { Way } from "./way.ts";
import { within } from "./within.ts";

/** Once something did not end the rest gets this long each: it is begun all the same, and processes are killed. */
const HURRIED_MS = 500;

/** What a case works with: fresh names, locks that are closed after it, broken ways that are healed. */
export class CaseContext {
  readonly fixture: LockFixture;
  readonly environment: Environment;
  readonly timing: ElectionTiming;
  /** A record of this case's own. */
  readonly name: string;
  readonly #scale: number;
  readonly #cleanups: (() => Promise<unknown> | unknown)[] = [];
  #isOver = false;

  constructor(fixture: LockFixture, environment: Environment, id: string) {
    this.fixture = fixture;
    this.environment = environment;
    this.#scale = fixture.scale ?? 1;
    this.timing = electionTiming(fixture.capabilities, this.#scale);
    this.name = `${id.replace("/", "-")}-${randomBytes(4).toString("hex")}`;
  }

  get capabilities(): LockCapabilities {
    return this.fixture.capabilities;
  }

  get stranger(): Stranger {
    return this.environment.stranger;
  }

  /** Programs of their own; cases that use it need the hook. */
  async candidate(): Promise<CandidateModule> {
    const { candidate } = this.environment;
    assert.ok(candidate, "Expected a case that needs no `candidate` not to ask for one");
    return typeof candidate === "function" ? await candidate(this.name) : candidate;
  }

  /** A duration of the suite, scaled. */
  ms(duration: number): number {
    return Math.ceil(duration * this.#scale);
  }

  /** For calls that should succeed. */
  get call(): CallOptions {
    return { timeoutMs: this.ms(5_000) };
  }

  /** For calls that should end long before their deadline, whatever a busy machine adds. */
  get longCall(): CallOptions {
    return { timeoutMs: this.ms(10_000) };
  }

  /** For calls that should fail by their deadline. */
  get shortCall(): CallOptions {
    return { timeoutMs: this.ms(400) };
  }

  /** A lock on this case's record, or as the request says. Closed after the case. */
  async lock(request: Partial<LockRequest> = {}): Promise<ResourceLock> {
    const lock = await this.environment.createLock({ name: this.name, ...request });
    this.after(() => lock.close());
    return lock;
  }

  /** A way to the servers that can be broken. */
  async way(): Promise<Way> {
    const way = await Way.open(this.environment.servers);
    this.after(() => way.close());
    return way;
  }

  /** Something to be done when the case is over, however it ends; the last one first. At once where it is over already. */
  after(cleanup: () => Promise<unknown> | unknown): void {
    if (!this.#isOver) {
      this.#cleanups.push(cleanup);
      return;
    }
    // A case that took too long goes on beside the next one. It has failed, whatever becomes of what it still begins.
    (async () => await cleanup())().catch(() => {});
  }

  /** Waits for something that must come. */
  async until<T>(
    what: string | (() => string),
    attempt: () => T | undefined | false | Promise<T | undefined | false>,
    timeoutMs: number = this.ms(5_000),
  ): Promise<T> {
    return await pollUntil(attempt, { what, timeoutMs, intervalMs: 10 });
  }

  /** Watches for a while that something stays as it is: what must never come cannot be waited for. */
  async stays(check: () => void | Promise<void>, durationMs: number = this.ms(300)): Promise<void> {
    const endMs = performance.now() + durationMs;
    do {
      await check();
      await sleep(20);
    } while (performance.now() < endMs);
    await check();
  }

  /** Ends all that the case began. The first thing that goes wrong, or does not end, is thrown after all was tried. */
  async cleanUp(limitMs = 10_000): Promise<void> {
    this.#isOver = true;
    const failures: unknown[] = [];
    for (const cleanup of this.#cleanups.toReversed()) {
      try {
        const leftMs = failures.length === 0 ? limitMs : Math.min(limitMs, HURRIED_MS);
        await within(leftMs, (async () => await cleanup())(), "clean up");
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
