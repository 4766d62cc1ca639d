import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { pollUntil } from "./poll.ts";

/** A line that the client-go participant prints. */
export interface ClientGoEvent {
  /**
   * - `campaigning`: a campaign starts, at the start of the program and again after a lost term;
   * - `newLeader`: the Lease names another holder, see `leader` (it may be this participant);
   * - `started`: OnStartedLeading was called, its task starts;
   * - `cancelled`: the task's context was cancelled;
   * - `stopped`: the campaign is over: Run returned and the task, if one started, has ended.
   */
  readonly event: "campaigning" | "newLeader" | "started" | "cancelled" | "stopped";
  readonly identity: string;
  readonly leader?: string | undefined;
  /** Wall clock of the participant, milliseconds since 1970. */
  readonly atMs: number;
}

/** What the participant campaigns for, and how; the durations are client-go's and have its defaults. */
export interface ClientGoOptions {
  readonly kubeconfigPath: string;
  /** URL to use instead of the kubeconfig's. */
  readonly server?: string | undefined;
  readonly namespace: string;
  readonly lease: string;
  readonly identity: string;
  /** Labels to keep on the Lease. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** @defaultValue 15000 */
  readonly leaseDurationMs?: number | undefined;
  /** @defaultValue 10000 */
  readonly renewDeadlineMs?: number | undefined;
  /** @defaultValue 2000 */
  readonly retryPeriodMs?: number | undefined;
  /** @defaultValue false */
  readonly releaseOnCancel?: boolean | undefined;
}

/** A running client-go participant. It exits when this process does, however that ends. */
export class ClientGoParticipant implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #events: ClientGoEvent[] = [];
  readonly #closed: Promise<void>;
  #stderr = "";

  /** Starts the executable at `path`. */
  constructor(path: string, options: ClientGoOptions) {
    // stdin stays open: with -exit-with-stdin the participant ends when we do.
    this.#child = spawn(path, argumentsFor(options), { stdio: ["pipe", "pipe", "pipe"] });
    // Piped above, so there are streams.
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    lines.on("line", (line) => this.#events.push(JSON.parse(line) as ClientGoEvent));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#closed = new Promise((resolve) => {
      this.#child.once("close", () => resolve());
      this.#child.once("error", (error) => {
        this.#stderr += error.message;
        resolve();
      });
    });
  }

  /** Everything it printed up to now. */
  get events(): readonly ClientGoEvent[] {
    return this.#events;
  }

  /** Process id, e.g. to pause it. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it printed on stderr: why it failed. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves with the first event, from index `from` of {@link events}, that matches. */
  async waitFor(
    matches: ClientGoEvent["event"] | ((event: ClientGoEvent) => boolean),
    { timeoutMs = 30_000, from = 0 }: { readonly timeoutMs?: number; readonly from?: number } = {},
  ): Promise<ClientGoEvent> {
    const isMatch = typeof matches === "string" ? ({ event }: ClientGoEvent) => event === matches : matches;
    return await pollUntil(
      () => {
        const found = this.#events.slice(from).find(isMatch);
        if (found === undefined && this.#child.exitCode !== null) {
          throw new Error(
            `The client-go participant ended with exit code ${this.#child.exitCode}: ${this.#stderr}`,
          );
        }
        return found;
      },
      {
        what: () => `${matches} of the client-go participant; it said ${JSON.stringify(this.#events)}`,
        timeoutMs,
        intervalMs: 10,
      },
    );
  }

  /** Sends a signal: SIGTERM cancels its context, SIGKILL is a crash, SIGSTOP and SIGCONT a pause. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Cancels its context and resolves when the process has ended; kills it when that takes longer than `graceMs`. */
  async stop(graceMs = 10_000): Promise<void> {
    this.#child.kill("SIGTERM");
    const impatience = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    await this.#closed;
    clearTimeout(impatience);
  }

  /** Kills it: a test that cares how it ends calls {@link stop} itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}

function argumentsFor(options: ClientGoOptions): string[] {
  const labels = Object.entries(options.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    "-exit-with-stdin",
    `-kubeconfig=${options.kubeconfigPath}`,
    `-server=${options.server ?? ""}`,
    `-namespace=${options.namespace}`,
    `-lease=${options.lease}`,
    `-identity=${options.identity}`,
    `-labels=${labels.join(",")}`,
    `-lease-duration=${options.leaseDurationMs ?? 15_000}ms`,
    `-renew-deadline=${options.renewDeadlineMs ?? 10_000}ms`,
    `-retry-period=${options.retryPeriodMs ?? 2_000}ms`,
    `-release-on-cancel=${options.releaseOnCancel ?? false}`,
  ];
}
