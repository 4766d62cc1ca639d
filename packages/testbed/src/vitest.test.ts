import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { describeWith } from "./vitest.ts";

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "vitest-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
  vi.stubEnv("PATH", "/nonexistent");
  vi.stubEnv("KUBEBUILDER_ASSETS", "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

it.each(["CI", "TENURE_REQUIRE_SERVERS"])(
  "fails a file whose servers cannot be had with %s=1",
  async (name) => {
    vi.stubEnv("CI", "");
    vi.stubEnv(name, "1");
    const suite = vi.fn();
    const described = describeWith(["redis", "etcd-3.5"], "a suite", suite);
    await expect(described).rejects.toThrow(/need real servers: redis .* missing: .*etcd-3\.5 .* missing: /s);
    expect(suite).not.toHaveBeenCalled();
  },
);
