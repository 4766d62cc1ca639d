import { parseExactJson } from "@tenure/core/backend";
import { describe, expect, it } from "vitest";
import { leaseKey } from "./lease-key.ts";
import { decodeLease, encodeUpdate, tokenOf, UnreadableLease } from "./lease-object.ts";
import { lease, RECORD } from "./stub-api.fixture.ts";

const KEY = leaseKey({ name: "app", namespace: "team" });
const decode = (value: unknown) => decodeLease(value, KEY);

describe("decodeLease", () => {
  it("reads what client-go writes", () => {
    // Written by k8s.io/client-go 0.36.3, read with kubectl get -o json.
    const written =
      '{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"creationTimestamp":"2026-11-23T19:02:11Z","name":"app",' +
      '"namespace":"team","resourceVersion":"1234","uid":"6f1c"},"spec":{"acquireTime":"2026-11-23T19:02:11.000312Z",' +
      '"holderIdentity":"go-1","leaseDurationSeconds":15,"leaseTransitions":0,"renewTime":"2026-11-23T19:02:13.000518Z"}}';
    expect(decode(JSON.parse(written))).toMatchObject({
      record: {
        holderIdentity: "go-1",
        leaseDurationMs: 15_000,
        acquireTime: "2026-11-23T19:02:11.000312Z",
        renewTime: "2026-11-23T19:02:13.000518Z",
        leaderTransitions: 0,
      },
      version: "1234",
      incarnation: "6f1c",
      fencingToken: 1234n,
    });
  });

  it.each([null, undefined, [], "spec", 1])("reads a spec that is %j as a free record", (spec) => {
    expect(decode({ ...lease(), spec }).record).toEqual({
      holderIdentity: "",
      leaseDurationMs: 0,
      acquireTime: undefined,
      renewTime: undefined,
      leaderTransitions: 0,
      strategy: undefined,
      preferredHolder: undefined,
    });
  });

  it.each<[string, string, unknown]>([
    ["leaseDurationSeconds", "null", 0],
    ["leaseDurationSeconds", "0", 0],
    ["leaseDurationSeconds", "-15", 0],
    ["leaseDurationSeconds", "1.5", 0],
    ["leaseDurationSeconds", '"15"', 0],
    ["leaseDurationSeconds", "1e400", 0],
    ["leaseDurationSeconds", "2147483648", 0],
    ["leaseDurationSeconds", "2147483647", 2_147_483_647_000],
    ["leaseDurationSeconds", "[15]", 0],
  ])("reads %s %s as %j ms", (field, stored, leaseDurationMs) => {
    const value = parseExactJson(JSON.stringify(lease()).replace(`"${field}":15`, `"${field}":${stored}`));
    expect(decode(value).record.leaseDurationMs).toBe(leaseDurationMs);
  });

  it.each<[string, number]>([
    ["null", 0],
    ["-1", 0],
    ["-1e400", 0],
    ["2147483647", 2_147_483_647],
    ["2147483648", 2_147_483_647],
    ["1e400", 2_147_483_647],
    ["2.9", 2],
    ['"7"', 0],
    ["{}", 0],
  ])("reads leaseTransitions %s as %d", (stored, leaderTransitions) => {
    const value = parseExactJson(
      JSON.stringify(lease()).replace('"leaseTransitions":3', `"leaseTransitions":${stored}`),
    );
    expect(decode(value).record.leaderTransitions).toBe(leaderTransitions);
  });

  it.each([null, undefined, 5, {}, ["pod"]])("reads the holder %j as none", (holderIdentity) => {
    expect(decode(lease("1", { holderIdentity })).record.holderIdentity).toBe("");
  });

  it.each(["x".repeat(65_536), "\u0000\u001b[31m", "__proto__", "ünï 😀"])(
    "keeps any holder that is text",
    (holderIdentity) => {
      expect(decode(lease("1", { holderIdentity })).record.holderIdentity).toBe(holderIdentity);
    },
  );

  it.each<[string, unknown]>([
    ["no object", null],
    ["a list", []],
    ["text", "Lease"],
    ["another kind", { ...lease(), kind: "ConfigMap" }],
    ["no metadata", { ...lease(), metadata: null }],
    ["another name", lease("1", {}, { name: "other" })],
    ["another namespace", lease("1", {}, { namespace: "other" })],
    ["no uid", lease("1", {}, { uid: "" })],
    ["no resourceVersion", lease("")],
    ["a number for a resourceVersion", lease("1", {}, { resourceVersion: 1 })],
  ])("refuses %s: it could not be compared and swapped", (_, value) => {
    expect(() => decode(value)).toThrow(UnreadableLease);
  });

  it("never fails in another way, whatever the bytes", () => {
    const text = JSON.stringify(lease("100", { strategy: "a/b", newField: [1, { x: null }] }));
    const odd = ["null", "-1", '""', "[]", "{}", "1e400", "true", '"\\ud800"', "", ",", "}"];
    let seed = 42;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    let readable = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const start = random(text.length);
      const length = random(3) === 0 ? random(40) : 1;
      const mutant = text.slice(0, start) + (odd[random(odd.length)] ?? "") + text.slice(start + length);
      let value: unknown;
      try {
        value = parseExactJson(mutant);
      } catch {
        continue;
      }
      try {
        const { record, version } = decode(value);
        readable += 1;
        expect(typeof record.holderIdentity).toBe("string");
        expect(Number.isSafeInteger(record.leaseDurationMs) && record.leaseDurationMs >= 0).toBe(true);
        expect(Number.isInteger(record.leaderTransitions)).toBe(true);
        expect(record.leaderTransitions >= 0 && record.leaderTransitions < 2 ** 31).toBe(true);
        expect(version).not.toBe("");
        // What was read can be written.
        JSON.parse(encodeUpdate(RECORD, decode(value), KEY));
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableLease);
      }
    }
    expect(readable).toBeGreaterThan(1_000);
  });
});

describe("the fencing token", () => {
  it.each([
    ["340282366920938463463374607431768211455", 340282366920938463463374607431768211455n],
    ["0", 0n],
    ["abc", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["0x10", undefined],
    [" 1", undefined],
    [undefined, undefined],
  ])("of the resourceVersion %j is %s", (resourceVersion, token) => {
    expect(tokenOf(resourceVersion)).toBe(token);
  });
});
