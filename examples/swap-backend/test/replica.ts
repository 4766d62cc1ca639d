import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pollUntil, type TcpProxy } from "@tenure/testbed";

/** A line that `election.ts` prints. */
export interface ReplicaEvent {
  readonly event:
    | "leading"
    | "following"
    | "told to stop"
    | "sees that it does not lead"
    | "anomaly"
    | "error";
  readonly identity: string;
  /** Wall clock of the machine that all share. */
  readonly atMs: number;
  readonly leader?: string;
  readonly token?: string;
  readonly reason?: string;
  readonly isLeading?: boolean;
}

/** A running program of this example, with a proxy of its own before its store if it has one. */
export class Replica implements AsyncDisposable {
  readonly events: ReplicaEvent[] = [];
  readonly #proxy: TcpProxy | undefined;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #stderr = "";

  constructor(program: string, proxy: TcpProxy | undefined, env: Readonly<Record<string, string>>) {
    this.#proxy = proxy;
    this.#child = spawn(process.execPath, [fileURLToPath(new URL(`../${program}`, import.meta.url))], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#exited = once(this.#child, "exit");
    // Piped above, so there are streams; every line is a ReplicaEvent.
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) =>
      this.events.push(JSON.parse(line) as ReplicaEvent),
    );
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
  }

  /** Its connections stay open, and nothing comes through. */
  async cutOff(): Promise<void> {
    await this.#proxy?.setMode("silence");
  }

  async heal(): Promise<void> {
    this.#proxy?.reset();
    await this.#proxy?.setMode("pass");
  }

  first(event: ReplicaEvent["event"]): ReplicaEvent | undefined {
    return this.events.find((line) => line.event === event);
  }

  async waitFor(
    event: ReplicaEvent["event"],
    matches: (line: ReplicaEvent) => boolean = () => true,
  ): Promise<ReplicaEvent> {
    return await pollUntil(() => this.events.find((line) => line.event === event && matches(line)), {
      what: () => `"${event}"; the replica said ${JSON.stringify(this.events)} ${this.#stderr}`,
      timeoutMs: 60_000,
      intervalMs: 10,
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to stop; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    await this.#exited;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.#exited;
    await this.#proxy?.close();
  }
}
