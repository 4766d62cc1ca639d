import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../duration.ts";
import { addStoreOptions, type StoreOptions } from "../store-options.ts";
import { BACKENDS, type Backend } from "./demo-store.ts";
import type { Timing } from "./replica-messages.ts";
import { parseScript, type Step } from "./script.ts";

/** What the command line says. */
export interface DemoOptions extends StoreOptions {
  readonly replicas: number;
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
  readonly backend?: Backend | undefined;
  readonly url?: string | undefined;
  readonly script?: readonly Step[] | undefined;
  readonly seconds?: number | undefined;
  readonly json?: boolean | undefined;
}

/** The most that have a key of their own. */
const MOST_REPLICAS = 9;

/** The options of `tenure demo`. */
export function addDemoOptions(command: Command): Command {
  command
    .addOption(new Option("--replicas <number>", "how many processes").argParser(parseReplicas).default(3))
    .addOption(duration("--lease-duration <duration>", "how long a lease lasts", 4_000, "4s"))
    .addOption(
      duration(
        "--renew-deadline <duration>",
        "after so long without an answer a leader gives up",
        2_500,
        "2.5s",
      ),
    )
    .addOption(duration("--retry-period <duration>", "how often a leader renews", 500, "500ms"))
    .addOption(
      new Option(
        "--script <steps>",
        "without the live view: what to do to the leader, one after another",
      ).argParser(parseScript),
    )
    .addOption(
      new Option(
        "--seconds <number>",
        "end after so long; without a terminal nothing is done to the leader meanwhile",
      )
        .argParser(parseSeconds)
        .conflicts("script"),
    )
    .option("--json", "JSON lines, and a summary as the last of them")
    .addOption(new Option("--backend <name>", "your own server instead of an embedded one").choices(BACKENDS))
    .option("--url <url>", "where it is: redis://HOST:PORT, etcd://HOST:PORT, k8s://NAMESPACE");
  return addStoreOptions(command);
}

/** The election's times. */
export function timingOf({ leaseDuration, renewDeadline, retryPeriod }: DemoOptions): Timing {
  return { leaseDurationMs: leaseDuration, renewDeadlineMs: renewDeadline, retryPeriodMs: retryPeriod };
}

function duration(flags: string, description: string, ms: number, text: string): Option {
  return new Option(flags, description).argParser(parseDuration).default(ms, text);
}

function parseReplicas(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 2 || number > MOST_REPLICAS) {
    throw new InvalidArgumentError(`Expected from 2 to ${MOST_REPLICAS}.`);
  }
  return number;
}

function parseSeconds(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0 || number > 86_400) {
    throw new InvalidArgumentError("Expected seconds above 0, at most 86400.");
  }
  return number;
}
