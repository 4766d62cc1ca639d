import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pollUntil } from "@tenure/testbed";

const WORKER = fileURLToPath(new URL("worker.fixture.sh", import.meta.url));

/** A worker's start, as it wrote it. */
export interface WorkerStart {
  readonly pid: number;
  readonly identity: string;
  readonly token: bigint;
  /** Wall-clock milliseconds; all workers are on one machine. */
  readonly atMs: number;
  /** Processes of earlier workers that ran at that moment. */
  readonly alive: readonly number[];
}

/** The file that all workers of a test write to. */
export class WorkerLog {
  readonly folder: string = mkdtempSync(join(tmpdir(), "tenure-run-"));
  readonly path: string = join(this.folder, "log");

  /** The worker's command line: sleeps until it is ended; `"ignore-term"`, `"family"`: see the script. */
  command(...words: readonly string[]): readonly string[] {
    return ["sh", WORKER, this.path, ...words];
  }

  get starts(): readonly WorkerStart[] {
    return this.#lines("start").map((fields) => {
      const [pid, identity = "", token = "", nanoseconds, alive = ""] = fields;
      return {
        pid: Number(pid),
        identity,
        token: BigInt(token),
        atMs: Number(nanoseconds) / 1e6,
        alive: alive.replace("alive=", "").split(",").filter(Boolean).map(Number),
      };
    });
  }

  /** Pids of what workers started. */
  get children(): readonly number[] {
    return this.#lines("child").map(([pid]) => Number(pid));
  }

  async waitForStarts(count: number, timeoutMs = 60_000): Promise<readonly WorkerStart[]> {
    return await pollUntil(() => this.starts.length >= count && this.starts, {
      what: () => `${count} starts of the worker, there are ${this.starts.length}`,
      timeoutMs,
      intervalMs: 5,
    });
  }

  async waitForChildren(count: number): Promise<readonly number[]> {
    return await pollUntil(() => this.children.length >= count && this.children, {
      what: `${count} children of the worker`,
      timeoutMs: 30_000,
      intervalMs: 5,
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #lines(kind: string): string[][] {
    if (!existsSync(this.path)) return [];
    // A line is written at once, but the last one may be on its way.
    return readFileSync(this.path, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" "))
      .filter(([word]) => word === kind)
      .map((fields) => fields.slice(1));
  }
}
