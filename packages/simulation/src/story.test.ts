import { describe, expect, it } from "vitest";
import { header, nobodyLeads, overlapAfterPause, releaseOfAnothers, TraceBuilder } from "./story.fixture.ts";
import { selectStory, tellStory } from "./story.ts";

const WORLDS = { overlapAfterPause, releaseOfAnothers, nobodyLeads };
const LINES_MOST = 22;

/** The lines that tell an event, without their padding. */
function linesOf(story: string): string[] {
  return story
    .split("\n")
    .map((line) => line.trim().replace(/ {2,}/g, " "))
    .filter((line) => /^([+-]\d|earlier)/.test(line));
}

describe.each(Object.entries(WORLDS))("the story of %s", (_name, make) => {
  const story = tellStory(header, make());

  it("is short, and whole", () => {
    expect(story.trimEnd().split("\n").length).toBeLessThanOrEqual(LINES_MOST);
    expect(story).not.toMatch(/undefined|NaN|Infinity|\[object/);
  });

  it("tells in its head whence it is and what the property says", () => {
    expect(story).toMatch(/^seed 42, commit 361e0fb: [SL]\d was violated [\d.]+ s after the beginning$/m);
    expect(story).toMatch(/^[SL]\d says: \w.+ What came: \w/m);
    expect(story).toContain(header.settings);
  });

  it("keeps the order of true time, and aligns its columns", () => {
    const rows = story.split("\n").filter((line) => /^ *[+-]\d+\.\d{3} s /.test(line));
    const times = rows.map((row) => Number.parseFloat(row));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(rows.map((row) => row.indexOf(" s  "))).size).toBe(1);
  });

  it("is told again in the same words", () => {
    expect(tellStory(header, make())).toBe(story);
  });
});

it("tells an overlap from the last renewal to the end of the other's belief", () => {
  const lines = linesOf(tellStory(header, overlapAfterPause()));
  expect(lines).toEqual([
    "earlier a fault: clock 1 % slow, began 10000.050 s before, for good",
    "earlier a leads, token 1001: began 9999.988 s before, renewed 4,999 times since",
    "+0.000 s a sends a renewal of version 6000, lands at +0.005 s as version 6001",
    "+0.010 s b its watch tells: changed version 6001 (held by a); may take it from +15.010 s (arrival + lease duration)",
    "+0.012 s a its renewal, sent at +0.000 s, answered; believes until +10.000 s (sent + renew deadline)",
    "+0.900 s a fault: requests of a are lost, until +2.900 s",
    "+2.000 s a sends a renewal of version 6001, its request is lost at +2.003 s",
    "+3.300 s a is suspended: its machine sleeps",
    "+15.030 s b sends a take-over of version 6001 (held by a), 15.020 s after it saw it, lands at +15.070 s as version 6002, answered at +15.110 s; believes until +25.030 s (sent + renew deadline)",
    "+15.110 s b starts to lead, token 6002",
    "+15.110 s a,b S1 VIOLATED: a and b believe to lead; the record was last seen at version 6002 (held by b)",
    "+15.900 s a runs again after 12.600 s",
    "+16.200 s a its task is told to stop (stalled), token 1001",
    "+16.800 s a stops believing (stalled), token 1001; two led for 1.690 s",
  ]);
});

it("tells a release of somebody else's record from its sending to its late landing", () => {
  const lines = linesOf(tellStory(header, releaseOfAnothers()));
  const sent = lines.indexOf("+7.210 s a sends a release of version 1004");
  const landed = lines.indexOf(
    "+26.500 s a its release, sent at +7.210 s, lands as version 1008, in the place of version 1007 (held by b)",
  );
  expect(sent).toBeGreaterThan(0);
  expect(landed).toBeGreaterThan(sent);
  expect(lines.slice(sent, landed).join("\n")).toContain("b sends a take-over of version 1004 (held by a)");
  expect(lines).toContain('+8.000 s stranger kubectl edits <labels> & "more"');
  expect(lines.join("\n")).toContain("renewed twice");
  expect(lines.at(-1)).toMatch(/^\+26.500 s a S6 VIOLATED: b believes to lead/);
});

it("tells of a failure to recover what the replicas did, and that one heard nothing", () => {
  expect(linesOf(tellStory(header, nobodyLeads()))).toEqual([
    "earlier a crashed 12.500 s before, and was not started again",
    "+0.000 s world all faults have healed",
    "+0.200 s b read lost 30 times, request or answer, last sent at +58.200 s",
    "+60.000 s b was never told anything by the store",
    "+60.000 s b L2 VIOLATED: nobody believes to lead; the record was last seen at version 1004 (held by a)",
  ]);
});

it("says that a confirmation came too late", () => {
  const trace = new TraceBuilder().start(0, "a").start(1, "b");
  trace.write(1000, "a").at(1012, { kind: "term-started", who: "a", token: "1001" });
  trace.write(3000, "a", { answersAfterMs: 9000 });
  trace.at(12_001, {
    kind: "violation",
    property: "S7",
    message: "a late answer revived a term",
    who: ["a"],
  });
  expect(tellStory(header, trace.events)).toContain(
    "answered at +11.000 s; too late: belief ended at +10.000 s",
  );
});

it("leaves out what matters least when too much happened", () => {
  const trace = new TraceBuilder().start(0, "a").write(100, "a");
  trace.at(112, { kind: "term-started", who: "a", token: "1001" });
  for (let number = 0; number < 400; number += 1) {
    const atMs = 200 + number * 10;
    trace.at(atMs, { kind: "fault-began", fault: `fault ${number}`, who: "a", untilMs: atMs + 5 });
    trace.write(atMs, "a", number % 2 === 0 ? { lost: "request" } : { answersAfterMs: 6 });
  }
  trace.at(5000, { kind: "violation", property: "S8", message: "started twice", who: ["a"] });
  const story = tellStory(header, trace.events);
  expect(story.trimEnd().split("\n").length).toBeLessThanOrEqual(LINES_MOST);
  expect(story).toContain("starts to lead, token 1001");
  expect(story).toContain("S8 VIOLATED");
  expect(story).toMatch(/^\(\d+ more that matter less are left out\)$/m);
});

it("shortens versions that are long", () => {
  const trace = new TraceBuilder().start(0, "a");
  trace.at(5, { kind: "watched", who: "a", event: "changed", version: "1767227697078625" });
  trace.at(9, { kind: "term-started", who: "a", token: "1767227697078625" });
  trace.at(9, { kind: "violation", property: "S4", message: "smaller", who: ["a"] });
  expect(tellStory(header, trace.events)).toContain(
    "starts to lead, token …697078625: on no confirmed write",
  );
});

it("selects what it tells, and nothing of a trace without a violation", () => {
  const kinds = selectStory(overlapAfterPause()).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "earlier").length).toBe(2);
  expect(kinds.length).toBeLessThan(30);
  const peaceful = overlapAfterPause().filter(({ kind }) => kind !== "violation");
  expect(selectStory(peaceful)).toEqual([]);
  expect(tellStory(header, peaceful)).toContain("no property was violated");
});

it("has a story for a violation that names nobody, in a world where nothing happened", () => {
  const events = [
    { atMs: 0, kind: "violation", property: "L9", message: "line one\nline two", who: [] },
  ] as const;
  const story = tellStory(header, events);
  expect(story).toContain("What came: line one line two");
  expect(story).not.toMatch(/undefined|NaN|Infinity/);
});
