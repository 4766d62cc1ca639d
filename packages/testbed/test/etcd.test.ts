import { once } from "node:events";
import { connect } from "node:tls";
import { expect, it } from "vitest";
import { type EtcdMinor, findProgram, pollUntil, startEtcdServers } from "../src/index.ts";
import { describeWith } from "../src/vitest.ts";

const VERSIONS: readonly EtcdMinor[] = ["3.4", "3.5", "3.6", "3.7"];

for (const version of VERSIONS) {
  await describeWith(`etcd-${version}`, `an etcd ${version} of the testbed`, () => {
    it("answers, as the version that was found, and forgets its history", async () => {
      await using etcd = await startEtcdServers({ version });
      const found = await findProgram(`etcd-${version}`);
      expect(found).toMatchObject({ available: true, program: { version: etcd.version } });
      expect(etcd.version.startsWith(`${version}.`)).toBe(true);
      await etcd.put("key", "välue");
      expect(await etcd.get("key")).toBe("välue");
      expect(await etcd.get("none")).toBeUndefined();
      const revision = await etcd.compact();
      const old = { key: "a2V5", revision: Number(revision) - 1 };
      await expect(etcd.call("kv/range", old)).rejects.toThrow(/compacted/);
    });

    it("asks for a client certificate and a password, and lets a user do what its role says", async () => {
      const auth = { rootPassword: "a secret" };
      await using etcd = await startEtcdServers({ version, tls: true, clientCertificates: true, auth });
      await etcd.put("/app/key", "1");
      const user = { name: "app", password: "another" };
      await etcd.addUser({ ...user, prefix: "/app/" });
      expect(await etcd.as(user).get("/app/key")).toBe("1");
      await expect(etcd.as(user).get("/other/key")).rejects.toThrow(/permission denied/);
      await expect(etcd.as(undefined).get("/app/key")).rejects.toThrow(
        /user name is empty|permission denied/,
      );
      await expect(etcd.as({ ...user, password: "wrong" }).get("/app/key")).rejects.toThrow(/invalid user/);

      const { port = 0 } = etcd.members[0] ?? {};
      const withoutCertificate = connect({ host: "127.0.0.1", port, ca: etcd.tls?.ca });
      withoutCertificate.once("secureConnect", () =>
        withoutCertificate.write("GET /health HTTP/1.1\r\n\r\n"),
      );
      const [error] = await once(withoutCertificate, "error").catch((thrown: unknown) => [thrown]);
      expect(String(error)).toMatch(/certificate|ECONNRESET/);

      await etcd.members[0]?.restart();
      expect(await etcd.get("/app/key")).toBe("1");
    });
  });
}

await describeWith("etcd-3.6", "three etcds of the testbed", () => {
  it("serve on when one of them is killed, not when two are, and again when one is back", async () => {
    await using etcd = await startEtcdServers({ version: "3.6", members: 3 });
    const [first, second] = etcd.members;
    await etcd.put("key", "1");
    await first?.kill();
    // With a new leader, should it have been the killed one.
    await pollUntil(
      () =>
        etcd.put("key", "2").then(
          () => true,
          () => false,
        ),
      { what: "a write", timeoutMs: 20_000 },
    );
    expect(await etcd.get("key")).toBe("2");
    await second?.kill();
    await expect(etcd.get("key")).rejects.toThrow();
    await first?.start();
    expect(await etcd.get("key")).toBe("2");
  });
});
