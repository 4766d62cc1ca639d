import type { VersionedRecord } from "@tenure/core";
import { Command, Option } from "commander";
import { formatDuration, parseDuration } from "../duration.ts";
import { EXIT } from "../exit-codes.ts";
import { CliError, usageError } from "../failure.ts";
import { type Io, print, printJson } from "../io.ts";
import { parseLockUrl } from "../lock-url.ts";
import { type OpenLock, openLock } from "../open-lock.ts";
import { awaitHandover, type Handover } from "../step-down/await-handover.ts";
import { findHolder } from "../step-down/find-holder.ts";
import { HealthAddress } from "../step-down/health-address.ts";
import { addStoreOptions, readSecret, type StoreOptions } from "../store-options.ts";
import { visible } from "../visible-text.ts";

interface StepDownOptions extends Omit<StoreOptions, "timeout" | "tokenFile"> {
  readonly at: readonly string[];
  /** Of the holder's health port. */
  readonly tokenFile?: string;
  /** Of a lease-server. */
  readonly storeTokenFile?: string;
  readonly timeout: number;
  readonly json?: true;
}

/** One request's share of the whole time. */
const REQUEST_TIMEOUT_MS = 5_000;

/** `tenure step-down`: asks the leader to let another lead. */
export function stepDownCommand(io: Io): Command {
  const command = new Command("step-down")
    .summary("Ask the leader to step down, and wait until the lock changed hands.")
    .description(
      "Ask the leader, through its health port, to step down, and wait until the lock changed hands. Never writes the record: that would start a standby while the old leader still works.",
    )
    .argument("<url>", "the lock, e.g. k8s://default/scheduler")
    .addOption(
      new Option("--at <url>", "health port of the holder, or of a candidate that may be it; repeatable")
        .argParser((url: string, urls: readonly string[]) => [...urls, url])
        .default([], "none"),
    )
    .option(
      "--token-file <file>",
      "file that holds the token of --step-down-token-file there (else TENURE_STEP_DOWN_TOKEN)",
    )
    .addOption(
      new Option("--timeout <duration>", "how long all of it may take")
        .argParser(parseDuration)
        .default(30_000, "30s"),
    )
    .option("--json", "one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  kubectl port-forward pod/scheduler-0 8080 &
  tenure step-down k8s://default/scheduler --at http://127.0.0.1:8080 --token-file token
  tenure step-down redis://redis/scheduler --at http://a:8080 --at http://b:8080 --token-file token

Exit codes: 0 given back or in other hands, 1 nobody leads, no such holder, or it kept its term; 4 wrong token;
2, 3, 5 see \`tenure --help\`.`,
    );
  addStoreOptions(command, { tokenFlag: "--store-token-file", timeout: false });
  return command.action(async (text: string, options: StepDownOptions) => {
    const url = parseLockUrl(text);
    const addresses = options.at.map((address) => new HealthAddress(address));
    const timeoutMs = Math.min(REQUEST_TIMEOUT_MS, options.timeout);
    const { tokenFile, storeTokenFile, ...rest } = options;
    await using opened = await openLock(
      url,
      { ...rest, tokenFile: storeTokenFile, timeout: timeoutMs },
      io.env,
    );
    const before = await holding(opened, timeoutMs);
    const { holderIdentity: holder } = before.record;
    if (addresses.length === 0) {
      throw new CliError(
        EXIT.no,
        `${opened.description} is held by ${holder}: give --at http://HOST:PORT of its health port (tenure run --health-port PORT --step-down-token-file FILE), or send it SIGTERM`,
      );
    }
    const token = await tokenOf(tokenFile, io);
    const sentAtMs = performance.now();
    const address = await findHolder(addresses, holder, timeoutMs);
    refuse(await address.stepDown(token, timeoutMs), address.url, holder);
    const waitMs = Math.max(0, options.timeout - (performance.now() - sentAtMs));
    const handedOver = await awaitHandover(opened.lock, before, {
      waitMs,
      timeoutMs,
      signal: io.interruption(),
    }).catch((error: unknown) => {
      if (!io.interruption().aborted) throw error;
      throw new CliError(EXIT.no, `Interrupted: ${holder} has accepted, and what came of it was not awaited`);
    });
    report(
      io,
      options,
      { lock: opened.description, from: holder, ...handedOver },
      performance.now() - sentAtMs,
    );
  });
}

/** @throws `CliError` when nobody holds it */
async function holding({ lock, description }: OpenLock, timeoutMs: number): Promise<VersionedRecord> {
  const found = await lock.get({ timeoutMs });
  if (found === undefined || found.record.holderIdentity === "") {
    throw new CliError(EXIT.no, `Nobody holds ${description}`);
  }
  return found;
}

async function tokenOf(file: string | undefined, io: Io): Promise<string> {
  const token =
    file === undefined ? io.env["TENURE_STEP_DOWN_TOKEN"] : await readSecret("--token-file", file);
  if (token === undefined || token === "")
    throw usageError("Expected --token-file or TENURE_STEP_DOWN_TOKEN");
  if (!/^[\x21-\x7e]+$/.test(token)) throw usageError("Expected a token that can be sent in a header");
  return token;
}

function refuse(status: number, url: string, holder: string): void {
  switch (status) {
    case 202:
      return;
    case 401:
    case 403:
      throw new CliError(EXIT.forbidden, `${url} does not accept the token`);
    case 404:
      throw new CliError(
        EXIT.no,
        `Step-down is switched off at ${url}: start it with --step-down-token-file, or send ${holder} SIGTERM`,
      );
    case 409:
      throw new CliError(EXIT.no, `${holder} leads no more; see \`tenure status\``);
    default:
      throw new CliError(EXIT.failed, `${url} answered ${status} to POST /step-down`);
  }
}

const SENTENCES: Readonly<Record<Handover, (from: string, holder: string | undefined) => string>> = {
  "handed-over": (from, holder) => `${from} stepped down, ${holder} leads`,
  again: (from) => `${from} stepped down, and leads again: nobody else wanted to`,
  released: (from) => `${from} stepped down, and nobody has taken the lock yet`,
  kept: (from) => `${from} accepted, and its term goes on: its task may take longer to stop (see --timeout)`,
};

function report(
  io: Io,
  { json }: StepDownOptions,
  result: {
    readonly lock: string;
    readonly from: string;
    readonly handover: Handover;
    readonly holder: string | undefined;
  },
  tookMs: number,
): void {
  const { lock, from, handover, holder } = result;
  if (json) {
    printJson(io, { lock, from, holder: holder ?? null, outcome: handover, tookMs: Math.round(tookMs) });
  } else {
    print(io, `${visible(SENTENCES[handover](from, holder))} (${formatDuration(tookMs)})`);
  }
  io.exitCode = handover === "kept" ? EXIT.no : EXIT.ok;
}
