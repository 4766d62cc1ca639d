import { expect, it } from "vitest";
import { FIRST_LEADS, type Happened, stateAfter } from "./demo.fixture.ts";
import { glyphsFor } from "./glyphs.ts";
import { renderView, type ViewInput } from "./view.ts";

const plain = (_: unknown, text: string): string => text;

function viewOf(happened: readonly Happened[], more: Partial<ViewInput> = {}): readonly string[] {
  return renderView(
    {
      state: stateAfter([...FIRST_LEADS, ...happened], more.state?.replicas.length ?? 3),
      nowMs: 6_000,
      columns: 79,
      rows: 23,
      store: "embedded lease-server",
      timing: { leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 500 },
      chosen: "replica-1",
      message: "",
      glyphs: glyphsFor({}),
      ...more,
    },
    plain,
  );
}

const CUT: readonly Happened[] = [
  [2_000, 1, { kind: "deed", deed: "cut" }],
  [2_600, 1, { kind: "trouble", message: "update of the lock failed: no answer" }],
  [3_100, 1, { kind: "trouble", message: "update of the lock failed: no answer" }],
  [4_000, 1, { kind: "task-stopped", reason: "deadline" }],
];

it("says who leads, with what token and for how long", () => {
  const text = viewOf([]).join("\n");
  expect(text).toMatch(/Leader {2}replica-1 {2}for 5\.0 s, fencing token 7$/m);
  expect(text).toMatch(/^ › 1 replica-1 {2}leading {11} *·?─?█{5}/m);
  expect(text).toMatch(/^ {3}2 replica-2 {2}following /m);
});

it("says when the lease lapses while nobody leads", () => {
  const text = viewOf(CUT, { nowMs: 5_000 }).join("\n");
  expect(text).toContain("Leader  nobody: replica-1 led last, its lease lapses in 0.5 s");
  expect(text).toMatch(/1 replica-1 {2}cut off .*█▓▓┄/);
});

it("says what is wrong once, however often it is", () => {
  const lines = viewOf(CUT).filter((line) => line.includes("no answer"));
  expect(lines).toEqual(["   2.6 s      replica-1 update of the lock failed: no answer"]);
});

it("counts tasks that ran at once", () => {
  const rival: Happened = [3_000, 2, { kind: "task-started", token: "8" }];
  expect(viewOf([]).join("\n")).toContain("Two tasks at once: never");
  expect(viewOf([...CUT, rival]).join("\n")).toContain("Two tasks at once: 1 times");
});

it("does not judge what only one of two processes has told of by now", () => {
  const rival: Happened = [5_990, 2, { kind: "task-started", token: "8" }];
  expect(viewOf([rival]).join("\n")).toContain("Two tasks at once: never");
});

it.each([
  [79, 23],
  [99, 29],
  [40, 12],
  [20, 4],
  [200, 60],
  [1, 1],
])("fits into %i columns and %i rows, and ends with the keys", (columns, rows) => {
  const lines = viewOf(CUT, { columns, rows, message: "stop replica-1: it is frozen" });
  expect(lines).toHaveLength(rows);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  expect(lines.at(-1)).toBe(
    " 1-3 choose  l leader  k kill -9  f freeze  c cut off  s stop  r start  q quit ".slice(0, columns),
  );
});

it("says the same without characters that the terminal cannot show", () => {
  const text = viewOf(CUT, { glyphs: glyphsFor({ LANG: "C" }) }).join("\n");
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  expect(text).toMatch(/1 replica-1 .*#XX\//);
});

it("lets no message move the cursor", () => {
  const text = viewOf([[2_000, 1, { kind: "trouble", message: "bad \u001b[2J\r\nnews" }]]).join("");
  expect(text).toContain("bad  [2J  news");
});
