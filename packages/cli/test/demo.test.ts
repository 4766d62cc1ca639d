import { readFileSync } from "node:fs";
import { freePort, pollUntil } from "@tenure/testbed";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { childrenOf, DemoProcess, waitUntilGone } from "./demo-process.fixture.ts";
import { isRunning } from "./processes.fixture.ts";

const validate = new Ajv({
  allErrors: true,
  formats: { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) },
}).compile(JSON.parse(readFileSync(new URL("../schemas/demo-event.schema.json", import.meta.url), "utf8")));

interface SummaryLine {
  readonly ok: boolean;
  readonly failure: string | null;
  readonly firstLeaderMs: number;
  readonly overlapCount: number;
  readonly failOvers: readonly {
    readonly kind: string;
    readonly from: string;
    readonly to: string;
    readonly afterDeedMs: number;
    readonly afterLastRenewalMs: number;
    readonly afterTaskEndMs: number;
  }[];
}

function summaryOf(demo: DemoProcess): SummaryLine {
  for (const event of demo.events)
    expect(validate(event) || validate.errors, JSON.stringify(event)).toBe(true);
  const last: unknown = demo.events.at(-1);
  return last as SummaryLine; // the schema has just said so
}

/** The times of a script's lines, by what they say. */
function timesOf(demo: DemoProcess, ...texts: readonly RegExp[]): readonly number[] {
  return texts.map((text) => {
    const line = demo.stdout.split("\n").find((candidate) => text.test(candidate));
    expect(line, `a line like ${text} in\n${demo.stdout}`).toBeDefined();
    return Number.parseFloat(line ?? "");
  });
}

describe("tenure demo without a terminal", () => {
  it("kills, freezes, cuts off and stops leaders, says how long each fail-over took, and ends with 0", async () => {
    await using demo = new DemoProcess([]);
    expect(await demo.end(), demo.stdout + demo.stderr).toBe(0);
    expect(demo.stderr).toBe("");
    const times = timesOf(
      demo,
      /is killed/,
      /is frozen/,
      /is thawed/,
      /is cut off/,
      /is connected/,
      /asked to stop: /,
    );
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    const summary = demo.stdout.slice(demo.stdout.indexOf("Summary:"));
    for (const kind of ["kill -9", "freeze", "cut off", "stop"]) {
      expect(summary).toMatch(
        new RegExp(`^  ${kind} +replica-\\d -> replica-\\d +[\\d.]+ m?s +[\\d.]+ m?s +[\\d.]+ m?s$`, "m"),
      );
    }
    expect(summary).toMatch(/^ {2}first leader .* after all processes were up$/m);
    expect(summary).toMatch(/^ {2}two tasks at once: never$/m);
  });

  it("tells the same as JSON lines", async () => {
    await using demo = new DemoProcess(["--json"]);
    expect(await demo.end(), demo.stdout + demo.stderr).toBe(0);
    const { ok, failure, firstLeaderMs, overlapCount, failOvers } = summaryOf(demo);
    expect({ ok, failure, overlapCount }).toEqual({ ok: true, failure: null, overlapCount: 0 });
    expect(firstLeaderMs).toBeLessThan(2_000);
    expect(failOvers.map(({ kind }) => kind)).toEqual(["crash", "freeze", "cut", "stop"]);
    for (const { kind, from, to, afterLastRenewalMs, afterTaskEndMs } of failOvers) {
      expect(from).not.toBe(to);
      expect(afterTaskEndMs).toBeGreaterThan(0);
      // A lease of 4 s has to pass, by a clock that may be 1 % fast, unless it was given back.
      if (kind !== "stop") expect(afterLastRenewalMs).toBeGreaterThan(3_950);
      // One that was cut off has stopped by itself 1.5 s before.
      if (kind === "cut") expect(afterTaskEndMs).toBeGreaterThan(1_400);
    }
    const [, , , stop] = failOvers;
    expect(stop?.afterDeedMs).toBeLessThan(4_000);
  });

  it("takes over from a stopped leader without waiting for its lease", async () => {
    await using demo = new DemoProcess(["--json", "--script", "kill, stop"]);
    expect(await demo.end(), demo.stdout + demo.stderr).toBe(0);
    const stop = summaryOf(demo).failOvers.at(-1);
    expect(stop).toMatchObject({ kind: "stop" });
    expect(stop?.afterDeedMs).toBeLessThan(2_000);
  });

  it("runs without faults for --seconds", async () => {
    await using demo = new DemoProcess(["--json", "--seconds", "5", "--replicas", "2"]);
    expect(await demo.end(), demo.stdout + demo.stderr).toBe(0);
    expect(summaryOf(demo)).toMatchObject({ ok: true, terms: 1, failOvers: [] });
    expect(demo.events.filter(({ event }) => event === "up")).toHaveLength(2);
  });

  it("ends with 1 and says what did not happen, when nobody can lead", async () => {
    const port = await freePort();
    const url = `lease-server://127.0.0.1:${port}`;
    await using demo = new DemoProcess([
      "--json",
      "--url",
      url,
      "--lease-duration",
      "2s",
      "--renew-deadline",
      "900ms",
      "--retry-period",
      "200ms",
    ]);
    expect(await demo.end(), demo.stdout + demo.stderr).toBe(1);
    expect(summaryOf(demo)).toMatchObject({
      ok: false,
      failure: "Waited 12 s in vain until there was a first leader",
      firstLeaderMs: null,
      terms: 0,
    });
    expect(demo.stderr).toMatch(/^tenure: lease default\/tenure-demo-\w+ is left behind: .*ECONNREFUSED/);
  });

  it("ends with 1 when a replica ends by itself", async () => {
    await using demo = new DemoProcess([]);
    // Which may come after another replica already leads.
    await demo.waitFor(/replica-1 is up/);
    const pid = /replica-1 is up, process (\d+)/.exec(demo.stdout)?.[1];
    process.kill(Number(pid), "SIGKILL");
    expect(await demo.end()).toBe(1);
    expect(demo.stdout).toMatch(/FAILED: replica-1 has ended by itself \(SIGKILL\)$/m);
  });
});

describe("processes of tenure demo", () => {
  async function runningDemo(ownGroup = false): Promise<{ demo: DemoProcess; children: readonly number[] }> {
    const demo = new DemoProcess(["--replicas", "3"], { ownGroup });
    await demo.waitFor(/leads, fencing token/);
    const children = childrenOf(demo.pid);
    expect(children).toHaveLength(3);
    return { demo, children };
  }

  it("end when it is interrupted, with a summary", async () => {
    const { demo, children } = await runningDemo(true);
    // Ctrl-C: to the whole group.
    process.kill(-demo.pid, "SIGINT");
    expect(await demo.end()).toBe(1);
    expect(demo.stdout).toMatch(/two tasks at once: never\n {2}FAILED: It was ended before all was shown$/m);
    await waitUntilGone(children);
  });

  it("end when it is killed", async () => {
    const { demo, children } = await runningDemo();
    demo.process.kill("SIGKILL");
    await waitUntilGone(children);
  });

  it("end when it is killed while one is frozen", async () => {
    await using demo = new DemoProcess(["--script", "freeze"]);
    await demo.waitFor(/is frozen/);
    // Three replicas, and a shell that will thaw the frozen one.
    const children = await pollUntil(
      () => (childrenOf(demo.pid).length === 4 ? childrenOf(demo.pid) : undefined),
      {
        what: "three replicas and a guard",
        timeoutMs: 5_000,
      },
    );
    demo.process.kill("SIGKILL");
    await waitUntilGone(children);
    expect(children.filter(isRunning)).toEqual([]);
  });

  it("end when nobody reads what it prints any more", async () => {
    const { demo, children } = await runningDemo();
    demo.process.stdout?.destroy();
    const [victim] = children;
    // It prints that this one has ended.
    process.kill(victim ?? Number.NaN, "SIGKILL");
    await waitUntilGone([demo.pid, ...children]);
  });
});

it.each([
  [["--script", "kill, explode"], /got "explode"/],
  [["--script", "cut, cut, kill"], /"heal" before "kill"/],
  [["--replicas", "1"], /from 2 to 9/],
  [["--replicas", "ten"], /from 2 to 9/],
  [["--seconds", "0"], /above 0/],
  [["--seconds", "5", "--script", "kill"], /--script/],
  [["--lease-duration", "4"], /"4s" or "4ms"/],
  [["--lease-duration", "3s"], /--renew-deadline.*two replicas could lead at once/],
  [["--lease-duration", "4500ms"], /--lease-duration.*multiple of 1000/],
  [["--renew-deadline", "5s"], /--renew-deadline.*below --lease-duration/],
  [["--backend", "mysql"], /--backend/],
  [["--backend", "redis", "--url", "etcd://127.0.0.1:1"], /--backend redis, got a URL of etcd/],
  [["--url", "redis://a:1,b:2?cluster=true"], /one Redis server/],
  [["--url", "etcds://a:1,b:2"], /one host of etcds/],
  [["--url", "nowhere"], /No scheme/],
])("refuses %j with one line and exit code 2", async (args, message) => {
  await using demo = new DemoProcess(args);
  expect(await demo.end()).toBe(2);
  expect(demo.stderr).toMatch(message);
  expect(demo.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(demo.stdout).toBe("");
});
