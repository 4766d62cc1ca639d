import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { findServers } from "./find-servers.ts";
import { cacheFolder } from "./go-build.ts";
import { installAllPrograms, installFakeGo, installProgram } from "./testing/fake-go.ts";
import { minorOf, pinnedVersions } from "./versions.ts";

const { kubernetes, etcd } = pinnedVersions();
let assets: string;
let onPath: string;

beforeEach(() => {
  assets = mkdtempSync(join(tmpdir(), "assets-"));
  onPath = mkdtempSync(join(tmpdir(), "path-"));
  vi.stubEnv("XDG_CACHE_HOME", join(assets, "cache")); // an empty cache
  vi.stubEnv("PATH", onPath); // and no Go
  vi.stubEnv("KUBEBUILDER_ASSETS", "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(assets, { recursive: true });
  rmSync(onPath, { recursive: true });
});

it("takes another patch version from KUBEBUILDER_ASSETS, and does without the client-go participant", async () => {
  vi.stubEnv("KUBEBUILDER_ASSETS", assets);
  const path = installProgram(assets, "kube-apiserver", `${minorOf(kubernetes)}.99`);
  installProgram(assets, "etcd", etcd);
  installProgram(assets, "kubectl", kubernetes);
  expect(await findServers()).toMatchObject({
    available: true,
    executables: { kubeApiserver: { path, version: `${minorOf(kubernetes)}.99` }, clientGo: undefined },
  });
});

it("refuses another minor version in KUBEBUILDER_ASSETS", async () => {
  vi.stubEnv("KUBEBUILDER_ASSETS", assets);
  installProgram(assets, "kube-apiserver", "1.20.4");
  await expect(findServers()).rejects.toThrow(
    `Expected kube-apiserver ${minorOf(kubernetes)}.x in KUBEBUILDER_ASSETS, got 1.20.4`,
  );
});

it("takes servers from PATH only in the wanted version, and kubectl never", async () => {
  installProgram(onPath, "kube-apiserver", "1.20.4");
  installProgram(onPath, "etcd", etcd);
  installProgram(onPath, "kubectl", kubernetes);
  const found = await findServers();
  const missing = `kube-apiserver ${minorOf(kubernetes)}, kubectl ${minorOf(kubernetes)} missing`;
  expect(found).toMatchObject({ available: false, why: expect.stringContaining(missing) });
});

it("says what is missing, why it was not built and how to get it", async () => {
  const found = await findServers();
  expect(found).toMatchObject({
    available: false,
    why: expect.stringMatching(
      /Go 1\.26 or newer is not installed.*`npx -y pnpm@\S+ testbed build`.*KUBEBUILDER_ASSETS/,
    ),
  });
});

it.each(["kubectl", "client-go"])("builds the cache anew when %s is gone from it", async (name) => {
  installAllPrograms(cacheFolder());
  rmSync(join(cacheFolder(), name));
  installFakeGo(onPath);
  vi.stubEnv("PATH", `${onPath}:/usr/bin:/bin`);
  expect(await findServers({ say: () => {} })).toMatchObject({
    available: true,
    executables: {
      kubectl: { path: join(cacheFolder(), "kubectl") },
      clientGo: { path: join(cacheFolder(), "client-go") },
    },
  });
});

it("builds for the sake of the client-go participant alone when it is told to, and only where Go can", async () => {
  vi.stubEnv("KUBEBUILDER_ASSETS", assets);
  installAllPrograms(assets);
  rmSync(join(assets, "client-go"));
  const find = () => findServers({ buildForClientGo: true, say: () => {} });
  expect(await find()).toMatchObject({ available: true, executables: { clientGo: undefined } });

  installFakeGo(onPath);
  vi.stubEnv("PATH", `${onPath}:/usr/bin:/bin`);
  expect(await findServers()).toMatchObject({ available: true, executables: { clientGo: undefined } });
  expect(await find()).toMatchObject({
    available: true,
    executables: {
      etcd: { path: join(assets, "etcd") },
      clientGo: { path: join(cacheFolder(), "client-go") },
    },
  });
});
