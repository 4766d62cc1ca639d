import { expect, it } from "vitest";
import { leaseKey } from "./lease-key.ts";

it.each([
  { name: "a", namespace: "b" },
  { name: "example-lease.v1", namespace: "kube-system" },
  { name: "a".repeat(253), namespace: "b".repeat(63) },
  { name: "a", namespace: "b", labels: { app: "web", "example.com/tier": "", a_b: "A.b_c-1" } },
])("accepts %j", (options) => {
  expect(leaseKey(options)).toEqual({ labels: {}, ...options });
});

it.each<[object, RegExp]>([
  [{ name: "" }, /`name` as a DNS-1123 subdomain .* at most 253 characters, got ""/],
  [{ name: "Upper" }, /`name`/],
  [{ name: "a_b" }, /`name`/],
  [{ name: "a..b" }, /`name`/],
  [{ name: "-a" }, /`name`/],
  [{ name: "a/../b" }, /`name`/],
  [{ name: "a?b" }, /`name`/],
  [{ name: "a\n" }, /`name`/],
  [{ name: "a".repeat(254) }, /got "a{80}…"/],
  [{ namespace: "a.b" }, /`namespace` as a DNS-1123 label/],
  [{ namespace: "" }, /`namespace`/],
  [{ namespace: "b".repeat(64) }, /`namespace`/],
  [{ labels: { "": "x" } }, /`labels key`/],
  [{ labels: { "a/b/c": "x" } }, /`labels key`/],
  [{ labels: { "Example.com/a": "x" } }, /`labels key prefix`/],
  [{ labels: { a: "white space" } }, /`labels\["a"\]`/],
  [{ labels: { a: "x".repeat(64) } }, /`labels\["a"\]`/],
  [{ labels: JSON.parse('{"__proto__":"x"}') }, /`labels key`/],
])("refuses %j with a RangeError", (change, message) => {
  const options = { name: "app", namespace: "team", ...change };
  expect(() => leaseKey(options)).toThrow(RangeError);
  expect(() => leaseKey(options)).toThrow(message);
});

it.each<object>([
  { name: undefined },
  { name: 1 },
  { namespace: null },
  { labels: null },
  { labels: [] },
  { labels: { a: 1 } },
])("refuses %j with a TypeError", (change) => {
  // Wrong on purpose: callers without types.
  expect(() => leaseKey({ name: "app", namespace: "team", ...change } as never)).toThrow(TypeError);
});

it("keeps a copy of the labels", () => {
  const labels: Record<string, string> = { a: "1" };
  const key = leaseKey({ name: "app", namespace: "team", labels });
  labels["a"] = "2";
  expect(key.labels).toEqual({ a: "1" });
});
