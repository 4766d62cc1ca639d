import { describe, expect, it } from "vitest";
import { parseStatus, retryAfterMs } from "./status.ts";

describe("parseStatus", () => {
  it.each(["", "<html>", "null", "[]", "1e400", '{"kind":"Lease"}', '{"kind":'])(
    "takes %j for none",
    (body) => {
      expect(parseStatus(body)).toBeUndefined();
    },
  );

  it("tolerates absurd fields", () => {
    const body =
      '{"kind":"Status","reason":1,"message":null,"code":"x","details":{"causes":[null,1,{"field":2}],"retryAfterSeconds":-1}}';
    expect(parseStatus(body)).toEqual({
      reason: undefined,
      message: undefined,
      code: undefined,
      kind: undefined,
      name: undefined,
      retryAfterSeconds: undefined,
      causes: [""],
    });
  });
});

describe("retryAfterMs", () => {
  const status = parseStatus('{"kind":"Status","details":{"retryAfterSeconds":5}}');

  it.each([
    [{ "retry-after": "3" }, 3000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "Mon, 23 Nov 2026 19:00:10 GMT", date: "Mon, 23 Nov 2026 19:00:00 GMT" }, 10_000],
    [{ "retry-after": "Mon, 23 Nov 2026 18:00:00 GMT", date: "Mon, 23 Nov 2026 19:00:00 GMT" }, 5000],
    [{ "retry-after": "soon" }, 5000],
    [{ "retry-after": "-1" }, 5000],
    [{ "retry-after": "99999999999" }, 5000],
    [{}, 5000],
  ])("of %j is %d ms", (headers, ms) => {
    expect(retryAfterMs(headers, status)).toBe(ms);
  });

  it("is unknown where nobody says", () => {
    expect(retryAfterMs({}, undefined)).toBeUndefined();
  });
});
