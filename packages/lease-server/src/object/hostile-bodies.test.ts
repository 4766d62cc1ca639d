import { describe, expect, it } from "vitest";
import { ApiError } from "../api-error.ts";
import { decodeLease } from "./decode-lease.ts";
import type { Lease } from "./lease.ts";
import { patchLease } from "./patch-lease.ts";
import { prepareCreate } from "./prepare.ts";

const NOW_MS = Date.UTC(2026, 10, 25);
const JSON_BODY = { contentType: "application/json", fieldValidation: "Strict" } as const;
const LIVE: Lease = {
  ...prepareCreate({
    lease: decodeLease(Buffer.from('{"metadata":{"name":"x","resourceVersion":"0"}}'), JSON_BODY).lease,
    namespace: "default",
    manager: "test",
    nowMs: NOW_MS,
    uid: "u",
  }),
};
const STORED: Lease = { ...LIVE, metadata: { ...LIVE.metadata, resourceVersion: "7" } };

describe("a body made to do harm", () => {
  it("may be nested 1,000 deep and no deeper, in every form that is read", () => {
    const nested = (depth: number): string =>
      `{"metadata":{"name":"x"},"z":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    const ignore = { ...JSON_BODY, fieldValidation: "Ignore" } as const;
    expect(decodeLease(Buffer.from(nested(1000)), ignore).lease.metadata.name).toBe("x");
    expect(() => decodeLease(Buffer.from(nested(1001)), ignore)).toThrow("exceeded max depth");
    for (const contentType of ["application/merge-patch+json", "application/strategic-merge-patch+json"]) {
      expect(refusal(() => patch(contentType, nested(1001))).code).toBe(400);
      expect(patch(contentType, nested(1000)).metadata.name).toBe("x");
    }
    expect(refusal(() => patch("application/apply-patch+yaml", nested(100_000))).code).toBe(400);
  });

  it("names labels as it likes: none of them reaches a prototype", () => {
    const body =
      '{"metadata":{"name":"x","labels":{"constructor":"a","__proto__":"b"},"__proto__":{"uid":"z"}}}';
    const { lease, warnings } = decodeLease(Buffer.from(body), { ...JSON_BODY, fieldValidation: "Warn" });
    expect(Object.entries(lease.metadata.labels ?? {})).toEqual([
      ["__proto__", "b"],
      ["constructor", "a"],
    ]);
    expect(lease.metadata.uid).toBeUndefined();
    expect(warnings).toEqual(['unknown field "metadata.__proto__"']);
    const patched = patch(
      "application/merge-patch+json",
      '{"metadata":{"labels":{"constructor":"a"}},"constructor":1}',
    );
    expect(patched.metadata.labels).toEqual({ constructor: "a" });
  });

  it("with bytes that are no UTF-8 is read as Go reads it: each becomes U+FFFD", () => {
    const body = Buffer.concat([
      Buffer.from('{"metadata":{"name":"x"},"spec":{"holderIdentity":"a'),
      Buffer.of(0xff),
      Buffer.from('\\ud800"}}'),
    ]);
    expect(decodeLease(body, JSON_BODY).lease.spec.holderIdentity).toBe("a\ufffd\ufffd");
  });

  it("of YAML aliases that multiply is refused", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
    for (const [name, previous] of ["ba", "cb", "dc", "ed", "fe", "gf", "hg"].map((pair) => [...pair])) {
      bomb.push(`${name}: &${name} [${Array(10).fill(`*${previous}`).join(",")}]`);
    }
    expect(refusal(() => patch("application/apply-patch+yaml", bomb.join("\n"))).code).toBe(400);
    expect(
      refusal(() =>
        decodeLease(Buffer.from(bomb.join("\n")), { ...JSON_BODY, contentType: "application/yaml" }),
      ).code,
    ).toBe(400);
  });

  it("of more JSON patch operations than 10,000 is refused", () => {
    const operations = Array(10_001).fill('{"op":"test","path":"/kind","value":"Lease"}').join(",");
    expect(refusal(() => patch("application/json-patch+json", `[${operations}]`))).toMatchObject({
      code: 413,
      reason: "RequestEntityTooLarge",
    });
  });
});

function patch(contentType: string, body: string): Lease {
  return patchLease({
    contentType,
    body: Buffer.from(body),
    live: STORED,
    name: "x",
    namespace: "default",
    manager: "test",
    force: false,
    fieldValidation: "Ignore",
    nowMs: NOW_MS,
    uid: "u",
  }).lease;
}

function refusal(write: () => unknown): ApiError {
  try {
    write();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("not refused");
}
