import { expect, it } from "vitest";
import { leaseKey } from "./lease-key.ts";
import { lease } from "./stub-api.fixture.ts";
import { decodeWatchLine } from "./watch-event.ts";

const KEY = leaseKey({ name: "app", namespace: "team" });
const decode = (event: unknown) => decodeWatchLine(JSON.stringify(event), KEY);

it.each<[unknown, string]>([
  [{ type: "ADDED", object: lease() }, "changed"],
  [{ type: "MODIFIED", object: lease() }, "changed"],
  [{ type: "DELETED", object: lease() }, "deleted"],
  [{ type: "BOOKMARK", object: { metadata: { resourceVersion: "1" } } }, "passed"],
  [{ type: "MODIFIED", object: lease("1", {}, { name: "other" }) }, "passed"],
  [{ type: "ERROR", object: { kind: "Status", code: 410 } }, "expired"],
  [{ type: "ERROR", object: { kind: "Status", reason: "Expired" } }, "expired"],
  [{ type: "ERROR", object: { kind: "Status", reason: "Gone" } }, "expired"],
  [{ type: "ERROR", object: { kind: "Status", code: 500 } }, "broken"],
  [{ type: "ERROR", object: null }, "broken"],
  [{ type: "ERROR" }, "broken"],
  [{ type: "RENAMED", object: lease() }, "broken"],
  [{ type: "MODIFIED", object: { metadata: { name: "app" } } }, "broken"],
  [{ type: "MODIFIED", object: null }, "broken"],
  [{}, "broken"],
  [[], "broken"],
  [null, "broken"],
  ["text", "broken"],
])("reads %j as %s", (event, kind) => {
  expect(decode(event).kind).toBe(kind);
});

it.each(["", "{", "<html>", "\u0000", `{"type":"ADDED","object":${"[".repeat(100_000)}`])(
  "never throws at a line that is no JSON",
  (line) => {
    expect(decodeWatchLine(line, KEY).kind).toBe("broken");
  },
);
