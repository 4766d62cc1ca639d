import { expect, it } from "vitest";
import { EtcdClient, type EtcdMinor, findProgram, startEtcdServers } from "../src/index.ts";
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
      await etcd.addUser({ name: "app", password: "another", prefix: "/app/" });
      const key = Buffer.from("/app/key").toString("base64");
      await expect(new EtcdClient(etcd.urls, etcd.tls).call("kv/range", { key })).rejects.toThrow(
        /user name is empty/,
      );
      const plain = etcd.urls.map((url) => url.replace("https:", "http:"));
      await expect(new EtcdClient(plain, undefined).call("kv/range", { key })).rejects.toThrow();
      await etcd.members[0]?.restart();
      expect(await etcd.get("/app/key")).toBe("1");
    });
  });
}
