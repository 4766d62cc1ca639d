import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { TestProject } from "vitest/node";
import { installAllPrograms, installFakeGo } from "./testing/fake-go.ts";
import setup from "./vitest-setup.ts";

const provide = vi.fn();
const project = { provide } as unknown as TestProject; // all that the setup uses of it

beforeEach(() => {
  provide.mockClear();
  vi.stubEnv("XDG_CACHE_HOME", join(tmpdir(), "no-such-cache"));
  vi.stubEnv("PATH", "/nonexistent"); // no Go
  vi.stubEnv("KUBEBUILDER_ASSETS", "");
  vi.stubEnv("CI", "");
  vi.stubEnv("TENURE_REQUIRE_SERVERS", "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it.each([
  ["CI", "true"],
  ["TENURE_REQUIRE_SERVERS", "1"],
])("fails the run without servers when %s=%s", async (name, value) => {
  vi.stubEnv(name, value);
  await expect(setup(project)).rejects.toThrow(/need real servers: kube-apiserver .* missing/);
  expect(provide).not.toHaveBeenCalled();
});

it("says loudly what is missing without servers, and lets the tests skip", async () => {
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await (await setup(project))();
  expect(stderr).toHaveBeenCalledWith(
    expect.stringMatching(/SKIPPED: kube-apiserver .* missing.*pnpm@\S+ testbed build/s),
  );
  expect(provide).toHaveBeenCalledWith("tenureTestbed", {
    available: false,
    why: expect.stringContaining("missing"),
  });
});

it("builds the client-go participant with Go when the servers are required and come from elsewhere", async () => {
  const assets = mkdtempSync(join(tmpdir(), "assets-"));
  try {
    installAllPrograms(assets);
    rmSync(join(assets, "client-go"));
    const go = installFakeGo(assets, { atEndOfBuild: "exit 1" }); // the setup would start what it finds
    vi.stubEnv("KUBEBUILDER_ASSETS", assets);
    vi.stubEnv("XDG_CACHE_HOME", join(assets, "cache"));
    vi.stubEnv("PATH", `${assets}:/usr/bin:/bin`);
    vi.stubEnv("CI", "true");
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await expect(setup(project)).rejects.toThrow("go build failed");
    expect(go.buildCount).toBe(1);
  } finally {
    rmSync(assets, { recursive: true });
  }
});
