import { describe, expect, it } from "vitest";
import { header, nobodyLeads, overlapAfterPause, releaseOfAnothers, TraceBuilder } from "./story.fixture.ts";
import { drawStory } from "./story-svg.ts";

const WORLDS = { overlapAfterPause, releaseOfAnothers, nobodyLeads };

/** Fails unless every tag is closed by its like, attributes are quoted, and text is escaped. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  const rest = svg.replace(
    /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
    (_tag, end, name, _attributes, empty) => {
      if (end === "/") expect(open.pop()).toBe(name);
      else if (empty !== "/") open.push(name);
      return "";
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(svg).not.toMatch(/&(?!(amp|lt|gt|quot);)/);
}

/** Where texts stand, with the width that they have at least. */
function textsOf(svg: string): { x: number; y: number; right: number; text: string }[] {
  return [...svg.matchAll(/<text(?: class="(?:dim|alarm)")? x="([\d.-]+)" y="([\d.-]+)">([^<]*)</g)].map(
    ([, x, y, text = ""]) => ({ x: Number(x), y: Number(y), right: Number(x) + text.length * 5, text }),
  );
}

describe.each(Object.entries(WORLDS))("the drawing of %s", (_name, make) => {
  const svg = drawStory(header, make());

  it("is well-formed and self-contained", () => {
    expectWellFormed(svg);
    expect(svg).not.toMatch(/<script|<image|@import|@font-face|href|url\((?!#)/);
    expect(svg).not.toMatch(/undefined|NaN|Infinity/);
  });

  it("has a lane for every replica and one for the store, and marks the violation", () => {
    for (const name of ["a", "b", "store"])
      expect(svg).toMatch(new RegExp(`class="lane"[^>]*>${name}</text>`));
    expect(svg.match(/class="violation"/g)?.length).toBe(1);
  });

  it("follows the reader's choice of light or dark", () => {
    expect(svg).toContain("prefers-color-scheme: dark");
  });

  it("keeps its labels apart", () => {
    const texts = textsOf(svg);
    for (const [place, one] of texts.entries()) {
      for (const other of texts.slice(place + 1)) {
        const apart = Math.abs(one.y - other.y) >= 11 || one.right < other.x || other.right < one.x;
        expect(apart, `"${one.text}" and "${other.text}"`).toBe(true);
      }
    }
  });
});

it("highlights for how long two believed", () => {
  const svg = drawStory(header, overlapAfterPause());
  expect(svg).toContain("a and b believe for 1.690 s");
  expect(svg).toContain("renew deadline"); // where a should have ended its term
  expect(svg).toMatch(/class="pause" x/);
  expect(svg).toMatch(/class="told" fill/);
});

it("draws no more than the time of the story", () => {
  const svg = drawStory(header, overlapAfterPause());
  expect(svg.length).toBeLessThan(20_000);
  expect(Number(/width="(\d+)/.exec(svg)?.[1])).toBeLessThanOrEqual(1800);
});

it("draws a late landing as a long arrow", () => {
  const svg = drawStory(header, releaseOfAnothers());
  const lengths = [...svg.matchAll(/<line stroke="#\w+" x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)"/g)].map(
    ([, from, to]) => Number(to) - Number(from),
  );
  expect(Math.max(...lengths)).toBeGreaterThan(600);
});

it("crosses out what is lost", () => {
  expect(drawStory(header, nobodyLeads()).match(/<g stroke-width="2"><line class="failure"/g)?.length).toBe(
    30,
  );
});

it("escapes text, and leaves out what XML forbids", () => {
  const trace = new TraceBuilder().start(0, "<a>").write(100, "<a>");
  trace.at(112, { kind: "term-started", who: "<a>", token: "1&1" });
  trace.at(150, { kind: "stranger", what: '</text> & "x" \u0000', version: undefined });
  trace.at(200, { kind: "violation", property: "S8", message: "<b> & \u0007\n'c'", who: ["<a>"] });
  const svg = drawStory(header, trace.events);
  expectWellFormed(svg);
  expect(svg).toContain("&lt;b&gt; &amp; \u{FFFD} 'c'");
  expect(svg).toContain("&lt;/text&gt; &amp; &quot;x&quot;");
});

it("says so when nothing is violated", () => {
  const svg = drawStory(header, []);
  expectWellFormed(svg);
  expect(svg).toContain("no property was violated");
});
