/** `pnpm simulate`: attacks the elector for a while, or replays one seed and tells its story. Exit code 1 on a violation. */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { replay } from "./replay.ts";
import { type Report, type SeedOrder, Totals } from "./reports.ts";
import { progressLine, summaryOf } from "./summary.ts";

const USAGE = `Usage: pnpm simulate [--seed N] [--minutes M | --hours H] [--jobs J] [--once]
       pnpm simulate --replay N [--history FILE]

  --seed N      the first seed (default 1); the following ones come after it
  --minutes M   wall-clock minutes (default 2)
  --hours H     wall-clock hours
  --jobs J      processes (default: the number of cores)
  --once        does not run every seed twice to compare the two
  --replay N    runs seed N alone; if it fails, shrinks it and tells its story
  --history FILE  where the replayed seed's history of the guarded register goes, for porcupine/`;

/** Room for short-lived objects: a twentieth less time, most of it the garbage collector's. */
const ROOMY = ["--max-semi-space-size=64"];

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "2" },
    hours: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    once: { type: "boolean", default: false },
    replay: { type: "string" },
    history: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(USAGE);
else if (values.replay !== undefined)
  process.exitCode = await replay(wholeNumber("replay", values.replay), commit(), values.history);
else if (values.history !== undefined) throw new TypeError("Expected --history with --replay N");
else {
  process.exitCode = await simulate({
    firstSeed: wholeNumber("seed", values.seed),
    wallMs:
      values.hours === undefined
        ? positive("minutes", values.minutes) * 60_000
        : positive("hours", values.hours) * 3_600_000,
    jobs: wholeNumber("jobs", values.jobs),
    twice: !values.once,
  });
}

async function simulate(options: {
  firstSeed: number;
  wallMs: number;
  jobs: number;
  twice: boolean;
}): Promise<number> {
  const totals = new Totals();
  const beganAt = performance.now();
  let nextSeed = options.firstSeed;
  let failing: Report | undefined;
  const elapsedMs = (): number => performance.now() - beganAt;
  const progress = setInterval(() => console.log(progressLine(totals, elapsedMs(), nextSeed)), 15_000);

  const runWorker = async (): Promise<void> => {
    const worker = fork(new URL("./worker.ts", import.meta.url), { execArgv: ROOMY });
    try {
      while (elapsedMs() < options.wallMs && failing === undefined) {
        const report = await ask(worker, { seeds: [nextSeed++], twice: options.twice });
        totals.add(report);
        if (report.violation !== undefined || report.hashes[0] !== report.hashes[1]) failing ??= report;
      }
    } finally {
      worker.disconnect();
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, runWorker));
  clearInterval(progress);

  console.log(`${summaryOf(totals, elapsedMs(), options.jobs)}\n`);
  if (failing?.violation !== undefined) await replay(failing.seed, commit());
  for (const { seed } of totals.undetermined) console.log(`seed ${seed} did not run the same way twice`);
  const unseen = totals.unseen();
  for (const what of unseen) console.log(`too seldom: ${what}`);
  const failed = totals.violations.length + totals.undetermined.length + unseen.length > 0;
  console.log(failed ? "FAILED" : `no violation in ${totals.years().toFixed(2)} simulated years`);
  return failed ? 1 : 0;
}

function ask(worker: ChildProcess, order: SeedOrder): Promise<Report> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null): void =>
      reject(new Error(`a worker died (${code}) at seed ${order.seeds[0]}`));
    worker.once("exit", died);
    worker.once("message", (report: Report) => {
      worker.off("exit", died);
      resolve(report);
    });
    worker.send(order);
  });
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown"; // no git here
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RangeError(`Expected --${name} above 0, got ${JSON.stringify(text)}`);
}

function wholeNumber(name: string, text: string): number {
  const value = positive(name, text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(`Expected a whole number for --${name}, got ${JSON.stringify(text)}`);
}
