import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { cacheRoot } from "./cache-folder.ts";
import { buildGoPrograms, cacheFolder, isBuilt } from "./go-build.ts";
import { installAllPrograms, installFakeGo } from "./testing/fake-go.ts";

let folder: string;
const say = () => {};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "go-build-"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  vi.stubEnv("PATH", `${folder}:/usr/bin:/bin`); // for the fake Go, and for what its script calls
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it("builds once, and leaves nothing but the executables", async () => {
  const go = installFakeGo(folder);
  expect(isBuilt(cacheFolder())).toBe(false);
  await buildGoPrograms(say);
  expect(await buildGoPrograms(say)).toBe(cacheFolder());
  expect(isBuilt(cacheFolder())).toBe(true);
  expect(go.buildCount).toBe(1);
  expect(readdirSync(cacheRoot())).toHaveLength(1);
});

it("builds a folder anew from which an executable is gone", async () => {
  installAllPrograms(cacheFolder());
  rmSync(join(cacheFolder(), "kubectl"));
  const go = installFakeGo(folder);
  await buildGoPrograms(say);
  expect(go.buildCount).toBe(1);
  expect(isBuilt(cacheFolder())).toBe(true);
});

it("keeps what is left of a damaged folder when it cannot be built anew", async () => {
  installAllPrograms(cacheFolder());
  rmSync(join(cacheFolder(), "kubectl"));
  installFakeGo(folder, { atEndOfBuild: "exit 1" });
  await expect(buildGoPrograms(say)).rejects.toThrow("go build failed");
  expect(readdirSync(cacheFolder())).toEqual(["client-go", "etcd", "kube-apiserver"]);
});

it("takes the folder that another builder finished meanwhile", async () => {
  installFakeGo(folder, { atEndOfBuild: `cp -r "$2" "${cacheFolder()}" && touch "${cacheFolder()}/theirs"` });
  await buildGoPrograms(say);
  expect(readdirSync(cacheFolder())).toContain("theirs");
  expect(readdirSync(cacheRoot())).toHaveLength(1); // its own unfinished folder is gone
});

it("removes what a killed build left, and leaves that of a building host alone", async () => {
  const fresh = `${cacheFolder()}.building-1@another-host`;
  const old = `${cacheFolder()}.building-2@another-host`;
  for (const path of [fresh, old]) mkdirSync(path, { recursive: true });
  const writtenAt = new Date(Date.now() - 31 * 60_000);
  utimesSync(old, writtenAt, writtenAt);
  installFakeGo(folder);
  await buildGoPrograms(say);
  expect(readdirSync(cacheRoot()).map((name) => join(cacheRoot(), name))).toEqual([cacheFolder(), fresh]);
});
