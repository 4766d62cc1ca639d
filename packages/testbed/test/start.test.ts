import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { findServers, freePort, type ServerExecutables, startTestbedWith } from "../src/index.ts";
import { describeWithServers } from "../src/vitest.ts";

async function executables(): Promise<ServerExecutables> {
  const found = await findServers({ build: false });
  if (!found.available) throw new Error(found.why);
  return found.executables;
}

describeWithServers("a testbed that starts", (shared) => {
  it("takes other ports when those it chose are taken by then", async () => {
    const other = createServer().listen({ port: 0, host: "127.0.0.1" });
    await once(other, "listening");
    const { port: taken } = other.address() as AddressInfo; // it listens on TCP
    // etcd's client and peer port, twice; then the apiserver's: another apiserver has it, and then nobody.
    const choices = [
      taken,
      await freePort(),
      await freePort(),
      await freePort(),
      shared.apiserverPort,
      await freePort(),
    ];
    const last = choices.at(-1);
    const pickPort = async () => choices.shift() ?? (await freePort());
    await using testbed = await startTestbedWith(await executables(), { pickPort });
    expect(testbed.apiserverPort).toBe(last);
    expect((await testbed.request("GET", "/readyz")).status).toBe(200);
    other.close();
  });

  it("refuses a server that says it is another version than its executable did, and leaves nothing", async () => {
    const found = await executables();
    const folder = mkdtempSync(join(tmpdir(), "start-"));
    vi.stubEnv("TMPDIR", folder);
    const lying = { ...found, kubeApiserver: { ...found.kubeApiserver, version: "1.36.99" } };
    const said = `v${found.kubeApiserver.version}`;
    await expect(startTestbedWith(lying)).rejects.toThrow(
      `Expected the kube-apiserver that was started to say v1.36.99, got ${said}`,
    );
    vi.unstubAllEnvs();
    expect(readdirSync(folder)).toEqual([]);
    rmdirSync(folder);
  });

  it("says what the server said when it does not start", async () => {
    const found = await executables();
    const broken = { ...found, kubeApiserver: { ...found.kubeApiserver, path: found.kubectl.path } };
    await expect(startTestbedWith(broken)).rejects.toThrow(
      /kube-apiserver ended \(exit code 1\):.*unknown flag/s,
    );
    expect(existsSync(shared.description.dataDir)).toBe(true);
  });
});
