import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pollUntil } from "@tenure/testbed";

/** client-go's three durations, in milliseconds. */
export interface Durations {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** Durations of the tests: short, or what `TENURE_TEST_DURATIONS_MS` says (`15000,10000,2000`). */
export function durations(fallback: Durations): Durations {
  const given = process.env["TENURE_TEST_DURATIONS_MS"]?.split(",").map(Number);
  const [leaseDurationMs, renewDeadlineMs, retryPeriodMs] = given ?? [];
  if (leaseDurationMs === undefined || renewDeadlineMs === undefined || retryPeriodMs === undefined)
    return fallback;
  return { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}

/** Environment variables of `main.ts` and `participant.ts` for these durations. */
export function durationVariables(values: Durations): Record<string, string> {
  return {
    LEASE_DURATION_MS: String(values.leaseDurationMs),
    RENEW_DEADLINE_MS: String(values.renewDeadlineMs),
    RETRY_PERIOD_MS: String(values.retryPeriodMs),
  };
}

/** A line that `participant.ts` prints. */
export interface TenureEvent {
  readonly event:
    | "campaigning"
    | "newLeader"
    | "started"
    | "resumed"
    | "cancelled"
    | "stopped"
    | "anomaly"
    | "error"
    | "exit";
  readonly identity: string;
  /** Wall clock of the participant, milliseconds since 1970. */
  readonly atMs: number;
  readonly leader?: string;
  readonly token?: string;
  readonly reason?: string;
  readonly kind?: string;
  readonly code?: string;
  readonly message?: string;
  readonly isLeading?: boolean;
  readonly gapMs?: number;
}

/** A running `participant.ts`. */
export class TenureParticipant implements AsyncDisposable {
  readonly identity: string;
  readonly events: TenureEvent[] = [];
  readonly exited: Promise<number | string>;
  readonly #child: ChildProcess;
  #stderr = "";

  constructor(
    options: Durations & {
      readonly identity: string;
      readonly lease: string;
      readonly namespace: string;
      readonly kubeconfigPath: string;
    },
  ) {
    this.identity = options.identity;
    const program = fileURLToPath(new URL("participant.ts", import.meta.url));
    this.#child = spawn(process.execPath, [program], {
      env: {
        ...process.env,
        ...durationVariables(options),
        KUBECONFIG: options.kubeconfigPath,
        IDENTITY: options.identity,
        LEASE_NAME: options.lease,
        LEASE_NAMESPACE: options.namespace,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exited = once(this.#child, "exit").then(([code, signal]): number | string => code ?? signal);
    // Piped above, so there are streams; every line is a TenureEvent.
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) =>
      this.events.push(JSON.parse(line) as TenureEvent),
    );
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
  }

  /** Resolves with the first event, from index `from`, that matches. */
  async waitFor(
    matches: TenureEvent["event"] | ((event: TenureEvent) => boolean),
    { timeoutMs = 60_000, from = 0 }: { readonly timeoutMs?: number; readonly from?: number } = {},
  ): Promise<TenureEvent> {
    const isMatch = typeof matches === "string" ? ({ event }: TenureEvent) => event === matches : matches;
    return await pollUntil(() => this.events.slice(from).find(isMatch), {
      what: () => `${matches} of ${this.identity}; it said ${JSON.stringify(this.events)} ${this.#stderr}`,
      timeoutMs,
      intervalMs: 10,
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it gracefully. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }
}
