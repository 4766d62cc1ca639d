import { type EtcdMinor, type EtcdServers, startEtcdServers } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EtcdLock, type EtcdOptions } from "../src/index.ts";
import { CALL, failure, present, record } from "./world.fixture.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

for (const version of ["3.4", "3.6"] as const satisfies readonly EtcdMinor[]) {
  await describeWith(`etcd-${version}`, `EtcdLock with users, on etcd ${version}`, () => {
    let servers: EtcdServers;
    let count = 0;

    beforeAll(async () => {
      servers = await startEtcdServers({ version, auth: { rootPassword: "root-password" } });
    });

    afterAll(async () => await servers[Symbol.asyncDispose]());

    /** A user with a role of one permission on one key. */
    async function user(permType: "READ" | "WRITE" | "READWRITE", key: string): Promise<EtcdOptions> {
      count += 1;
      const name = `user-${count}`;
      await servers.call("auth/role/add", { name });
      await servers.call("auth/role/grant", { name, perm: { permType, key: base64(key) } });
      await servers.call("auth/user/add", { name, password: "user-password" });
      await servers.call("auth/user/grant", { user: name, role: name });
      return { hosts: servers.endpoints, auth: { username: name, password: "user-password" } };
    }

    it("needs no more than readwrite on its one key", async () => {
      const etcd = await user("READWRITE", "/tenure/least");
      await using lock = new EtcdLock({ etcd, name: "least" });
      const created = await lock.create(record(), CALL);
      const ending = new AbortController();
      const events = lock.watch({ signal: ending.signal, from: created })[Symbol.asyncIterator]();
      const updated = await lock.update(record({ holderIdentity: "" }), created, CALL);
      expect(await lock.get(CALL)).toEqual(updated);
      expect(await events.next()).toMatchObject({ value: { current: { version: updated.version } } });
      ending.abort();

      await using other = new EtcdLock({ etcd, name: "another" });
      for (const call of [() => other.get(CALL), () => other.create(record(), CALL)]) {
        const error = await failure(call());
        expect(error).toMatchObject({ code: "ERR_LOCK_FORBIDDEN", outcome: "not-applied" });
        expect(error.message).toContain("readwrite /tenure/another");
      }
      const refused = other
        .watch({ signal: AbortSignal.timeout(20_000) })
        [Symbol.asyncIterator]()
        .next();
      expect(await failure(refused)).toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
    });

    it("is refused a write with a role that may only read, and a read with one that may only write", async () => {
      await using reader = new EtcdLock({ etcd: await user("READ", "/tenure/half"), name: "half" });
      expect(await reader.get(CALL)).toBeUndefined();
      expect(await failure(reader.create(record(), CALL))).toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
      await using writer = new EtcdLock({ etcd: await user("WRITE", "/tenure/half"), name: "half" });
      expect(await failure(writer.get(CALL))).toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
      expect(await failure(writer.create(record(), CALL))).toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
      expect(await servers.get("/tenure/half")).toBeUndefined();
    });

    it("is not known with a wrong password, or with none", async () => {
      const { hosts, auth } = await user("READWRITE", "/tenure/known");
      for (const wrong of [{ username: present(auth).username, password: "canary-password" }, undefined]) {
        await using lock = new EtcdLock({ etcd: { hosts, auth: wrong }, name: "known" });
        const error = await failure(lock.create(record(), CALL));
        expect(error).toMatchObject({ code: "ERR_LOCK_UNAUTHENTICATED", outcome: "not-applied" });
        expect(error.message).not.toContain("canary");
      }
    });

    it("goes on with a new token when permissions changed, which makes the old one too old", async () => {
      await using lock = new EtcdLock({ etcd: await user("READWRITE", "/tenure/moved"), name: "moved" });
      const created = await lock.create(record(), CALL);
      await user("READ", "/somewhere/else");
      const updated = await lock.update(record({ leaderTransitions: 4 }), created, CALL);
      expect(await lock.get(CALL)).toEqual(updated);
    });

    it("goes on after a restart, which forgets all tokens: calls, and watches that stand", async () => {
      await using lock = new EtcdLock({
        etcd: await user("READWRITE", "/tenure/restarted"),
        name: "restarted",
      });
      let last = await lock.create(record(), CALL);
      const ending = new AbortController();
      const events = lock.watch({ signal: ending.signal, from: last })[Symbol.asyncIterator]();
      last = await lock.update(record({ leaderTransitions: 4 }), last, CALL);
      expect(await events.next()).toMatchObject({ value: { current: { version: last.version } } });
      const next = events.next();
      await present(servers.members[0]).restart();
      // The first call over the new connection, with a token that is not known any more.
      expect(await lock.get(CALL)).toEqual(last);
      last = await lock.update(record({ leaderTransitions: 5 }), last, CALL);
      // It may have come back before that write, or have forgotten where it was while nobody answered.
      const told = (await next).value;
      if (told?.kind === "resync") expect(await lock.get(CALL)).toEqual(last);
      else expect(told).toMatchObject({ kind: "changed", current: { version: last.version } });
      ending.abort();
    });
  });
}

await describeWith("etcd-3.7", "EtcdLock over TLS", () => {
  describe.each([false, true])("with client certificates: %s", (clientCertificates) => {
    let servers: EtcdServers;

    beforeAll(async () => {
      servers = await startEtcdServers({ version: "3.7", tls: true, clientCertificates });
    });

    afterAll(async () => await servers[Symbol.asyncDispose]());

    it("needs the right authority, and its own certificate where one is asked for", async () => {
      const tls = present(servers.tls);
      const { urls: hosts } = servers;
      const own = { privateKey: Buffer.from(tls.clientKey), certChain: Buffer.from(tls.clientCert) };
      const rootCertificate = Buffer.from(tls.ca);
      await using lock = new EtcdLock({
        etcd: { hosts, credentials: { rootCertificate, ...(clientCertificates && own) } },
        name: "app",
      });
      const created = await lock.create(record(), CALL);
      expect(await lock.get(CALL)).toEqual(created);

      const refused: EtcdOptions[] = [
        { hosts },
        { hosts: servers.endpoints },
        { hosts, credentials: { rootCertificate: Buffer.from(tls.clientCert) } },
        ...(clientCertificates ? [{ hosts, credentials: { rootCertificate } }] : []),
      ];
      for (const etcd of refused) {
        await using other = new EtcdLock({ etcd, name: "app" });
        expect(await failure(other.update(record(), created, CALL))).toMatchObject({
          code: "ERR_LOCK_UNAVAILABLE",
          outcome: "not-applied",
        });
      }
    });
  });
});
