import { LeaderElector } from "@tenure/core";
import { usageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { openLock } from "../open-lock.ts";
import { inOptionNames } from "../run/run-timing.ts";
import { DemoGroup } from "./demo-group.ts";
import { type DemoOptions, timingOf } from "./demo-options.ts";
import { type DemoStore, openDemoStore } from "./demo-store.ts";
import { jsonLines } from "./json-lines.ts";
import { showLive } from "./live-view.ts";
import { plainLines } from "./plain-lines.ts";
import { NotShown, runScript } from "./run-script.ts";
import { checkScript, DEFAULT_SCRIPT, type Step } from "./script.ts";
import { allUpAtMs, type Summary, summarize } from "./summary.ts";

/**
 * Runs a demo to its end: the user's in the live view, the script's without. Whatever it started has then ended.
 * @throws `CliError` when the options are wrong, or the store cannot be had
 */
export async function runDemo(options: DemoOptions, io: Io): Promise<Summary> {
  const { script, seconds, json, replicas, backend, url } = options;
  const isLive = script === undefined && !json && io.stdin.isTTY === true && io.stdout.isTTY === true;
  const steps = script ?? (seconds === undefined ? defaultScript() : []);
  if (!isLive) checkScript(steps, replicas);
  const store = await openDemoStore({ backend, url, options }, io.env);
  try {
    await checkTiming(store, options, io);
    return await run({ store, options, steps: isLive ? undefined : steps }, io);
  } finally {
    const left = await store.close();
    if (left !== undefined) io.stderr.write(`tenure: ${left}\n`);
  }
}

async function run(
  given: {
    readonly store: DemoStore;
    readonly options: DemoOptions;
    /** `undefined` for the live view. */
    readonly steps: readonly Step[] | undefined;
  },
  io: Io,
): Promise<Summary> {
  const { store, options, steps } = given;
  const timing = timingOf(options);
  await using group = await DemoGroup.open({ replicas: options.replicas, store, timing });
  let upAtMs: number | undefined;
  group.onEvent(() => {
    upAtMs ??= allUpAtMs(group.state);
  });
  const timeUp =
    options.seconds === undefined
      ? new AbortController().signal
      : AbortSignal.timeout(options.seconds * 1_000);
  const signal = AbortSignal.any([io.interruption(), timeUp]);

  let failure: string | undefined;
  if (steps === undefined) {
    await showLive({ group, timing, store: store.description, signal }, io);
  } else {
    group.onEvent(options.json ? jsonLines(io) : plainLines(io));
    await group.start();
    failure = await scriptFailure(steps, { group, leaseDurationMs: timing.leaseDurationMs, signal });
    if (failure === undefined && options.seconds !== undefined && !signal.aborted) await aborted(signal);
  }
  return summarize(group.state, { failure, store: store.description, timing, upAtMs, nowMs: group.nowMs() });
}

async function scriptFailure(
  steps: readonly Step[],
  context: Parameters<typeof runScript>[1],
): Promise<string | undefined> {
  try {
    await runScript(steps, context);
    return undefined;
  } catch (error) {
    if (error instanceof NotShown) return error.message;
    if (context.signal.aborted) return "It was ended before all was shown";
    throw error;
  }
}

/** Everything but freezing, where there is no such thing. */
function defaultScript(): readonly Step[] {
  return process.platform === "win32" ? DEFAULT_SCRIPT.filter((step) => step !== "freeze") : DEFAULT_SCRIPT;
}

/** Durations that an elector refuses are refused here, before any process is started. */
async function checkTiming({ url }: DemoStore, options: DemoOptions, io: Io): Promise<void> {
  await using opened = await openLock(url, options, io.env);
  try {
    new LeaderElector({ lock: opened.lock, ...timingOf(options) });
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw usageError(inOptionNames(error.message), { cause: error });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
