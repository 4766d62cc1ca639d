import { expect, it } from "vitest";
import { areServersRequired } from "./servers-required.ts";

it.each([{ CI: "true" }, { CI: "1" }, { TENURE_REQUIRE_SERVERS: "1" }])("requires servers with %j", (env) => {
  expect(areServersRequired(env)).toBe(true);
});

it.each([{}, { CI: "" }, { CI: "false" }, { TENURE_REQUIRE_SERVERS: "" }, { TENURE_REQUIRE_SERVERS: "0" }])(
  "lets tests skip with %j",
  (env) => {
    expect(areServersRequired(env)).toBe(false);
  },
);
