import { expect, it } from "vitest";
import { AuthTokens } from "./auth-tokens.ts";

function numbered() {
  let count = 0;
  return new AuthTokens(async () => {
    count += 1;
    return `t${count}`;
  });
}

it("keeps the new token when a second call was refused the old one", async () => {
  const tokens = numbered();
  expect(await tokens.current()).toBe("t1");
  expect(await tokens.discard("t1")).toBe(true);
  expect(await tokens.current()).toBe("t2");
  expect(await tokens.discard("t1")).toBe(true);
  expect(await tokens.current()).toBe("t2");
});

it("has no other token to offer where there is no user", async () => {
  const tokens = new AuthTokens(undefined);
  expect(await tokens.current()).toBeUndefined();
  expect(await tokens.discard(undefined)).toBe(false);
});
