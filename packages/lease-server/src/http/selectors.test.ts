import { describe, expect, it } from "vitest";
import { lease } from "../store/leases.fixture.ts";
import { fieldSelector } from "./field-selector.ts";
import { labelSelector } from "./label-selector.ts";

const OBJECTS = [
  lease("none"),
  lease("demo", "a", { labels: { app: "demo", weight: "10" } }),
  lease("other", "a", { labels: { app: "other", weight: "9", "example.com/x": "" } }),
  lease("demo", "a", { namespace: "elsewhere", labels: { app: "demo" } }),
];

function selected(selects: (object: (typeof OBJECTS)[number]) => boolean): string {
  const names = OBJECTS.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`);
  return names.filter((_, index) => selects(OBJECTS[index] as (typeof OBJECTS)[number])).join(" ");
}

const NONE = "default/none";
const DEMO = "default/demo";
const OTHER = "default/other";
const ELSEWHERE = "elsewhere/demo";
const ALL = [NONE, DEMO, OTHER, ELSEWHERE].join(" ");

describe("labelSelector", () => {
  it.each([
    ["", ALL],
    ["  ", ALL],
    ["app=demo", `${DEMO} ${ELSEWHERE}`],
    ["app==demo,weight=10", DEMO],
    ["app!=demo", `${NONE} ${OTHER}`],
    [" app in ( demo , other ) ", `${DEMO} ${OTHER} ${ELSEWHERE}`],
    ["app notin (demo)", `${NONE} ${OTHER}`],
    ["app", `${DEMO} ${OTHER} ${ELSEWHERE}`],
    ["!app", NONE],
    ["example.com/x=", OTHER],
    ["example.com/x in ()", OTHER],
    ["weight>9", DEMO],
    ["weight<10", OTHER],
    ["app=demo,!weight", ELSEWHERE],
    ["toString", ""],
  ])("selects by %j", (text, names) => {
    expect(selected(labelSelector(text))).toBe(names);
  });

  it.each([
    ["app in demo", "unable to parse requirement: found 'demo' expected: '('"],
    ["app in (demo", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["=demo", "found '=', expected: !, identifier, or 'end of string'"],
    ["app demo", "unable to parse requirement: found 'demo', expected: in, notin, =, ==, !=, gt, lt"],
    ["a=b,", "found '', expected: identifier after ','"],
    ["a=b c", "found 'c', expected: ',' or 'end of string'"],
  ])("refuses %j in the real server's words", (text, message) => {
    expect(() => labelSelector(text)).toThrow(
      expect.objectContaining({ code: 400, reason: "BadRequest", message }),
    );
  });
});

describe("fieldSelector", () => {
  it.each([
    ["", ALL, undefined],
    ["metadata.name=demo", `${DEMO} ${ELSEWHERE}`, "demo"],
    ["metadata.name==demo,metadata.namespace=default", DEMO, "demo"],
    ["metadata.name!=demo", `${NONE} ${OTHER}`, undefined],
    ["metadata.namespace!=default", ELSEWHERE, undefined],
    ["metadata.name=a\\,b", "", "a,b"],
    [",,metadata.name=none,", NONE, "none"],
  ])("selects by %j", (text, names, name) => {
    const selector = fieldSelector(text);
    expect(selected(selector.selects)).toBe(names);
    expect(selector.name).toBe(name);
  });

  it.each([
    [
      "spec.holderIdentity=a",
      '"spec.holderIdentity" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ["metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
  ])("refuses %j in the real server's words", (text, message) => {
    expect(() => fieldSelector(text)).toThrow(expect.objectContaining({ code: 400, message }));
  });
});
