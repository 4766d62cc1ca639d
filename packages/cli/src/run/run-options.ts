import { type Command, Option } from "commander";
import { parseDuration } from "../duration.ts";
import { parsePort } from "../port.ts";
import { addStoreOptions, type StoreOptions } from "../store-options.ts";
import type { RunPolicy } from "./command-run.ts";
import { type RunTiming, resolveTiming } from "./run-timing.ts";

/** What {@link addRunOptions} makes of the command line. */
export interface RunOptions extends StoreOptions {
  readonly lock?: string;
  readonly identity?: string;
  readonly leaseDuration?: number;
  readonly renewDeadline?: number;
  readonly retryPeriod?: number;
  readonly killGrace?: number;
  readonly drainTimeout?: number;
  readonly restart?: true;
  readonly once?: true;
  readonly onLoss?: "restart" | "stop";
  readonly healthPort?: number;
  readonly healthHost: string;
  readonly stepDownTokenFile?: string;
  readonly json?: true;
}

/** The options of `tenure run`. */
export function addRunOptions(command: Command): Command {
  const add = (group: string, option: Option): void => {
    command.addOption(option.helpGroup(group));
  };
  const timing = (flags: string, description: string): void =>
    add("Timing:", new Option(flags, description).argParser(parseDuration));

  add("Options:", new Option("--lock <url>", "what is led: k8s://NAMESPACE/NAME, redis://HOST/NAME, …"));
  add("Options:", new Option("--identity <id>", "unique per start (default: host name and a random id)"));
  add("Options:", new Option("--restart", "campaign again when the command ended by itself"));
  add(
    "Options:",
    new Option("--on-loss <what>", "when the term was lost (default: restart; stop ends with 124)").choices([
      "restart",
      "stop",
    ]),
  );
  add("Options:", new Option("--once", "start the command once at most").conflicts(["restart", "onLoss"]));
  add("Options:", new Option("--json", "events as JSON lines, on stderr"));

  timing("--lease-duration <duration>", "how long others wait for a silent leader (default: 15s)");
  timing("--renew-deadline <duration>", "how long a leader goes on without a renewal (default: 10s)");
  timing("--retry-period <duration>", "how often it renews (default: 2s)");
  timing("--kill-grace <duration>", "SIGTERM to SIGKILL after a loss (default: half of lease less deadline)");
  timing("--drain-timeout <duration>", "SIGTERM to SIGKILL at a stop, renewing meanwhile (default: 10s)");

  const health = "Health server:";
  add(health, new Option("--health-port <port>", "/healthz, /readyz, /leader; 0: any").argParser(parsePort));
  add(health, new Option("--health-host <host>", "where it listens").default("127.0.0.1"));
  add(
    health,
    new Option("--step-down-token-file <file>", "allow POST /step-down with the token in this file"),
  );
  return addStoreOptions(command, { timeout: false });
}

/** The durations, with their defaults. */
export function timingOf(options: RunOptions): RunTiming {
  return resolveTiming({
    leaseDurationMs: options.leaseDuration,
    renewDeadlineMs: options.renewDeadline,
    retryPeriodMs: options.retryPeriod,
    killGraceMs: options.killGrace,
    drainTimeoutMs: options.drainTimeout,
  });
}

/** When it ends. */
export function policyOf({ restart, once, onLoss }: RunOptions): RunPolicy {
  return {
    afterExit: restart ? "restart" : "exit",
    afterLoss: once || onLoss === "stop" ? "exit" : "restart",
    afterStepDown: once ? "exit" : "restart",
  };
}
