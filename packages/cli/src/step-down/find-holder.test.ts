import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { findHolder } from "./find-holder.ts";
import { HealthAddress } from "./health-address.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Something that answers every request like this. */
async function answering(status: number, body: unknown, headers = {}): Promise<HealthAddress> {
  const server = createServer((_, response) =>
    response.writeHead(status, { connection: "close", ...headers }).end(JSON.stringify(body)),
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new HealthAddress(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const leader = { identity: "a", isLeader: true, token: "1", since: null, lock: "x" };

it("is the address that says that it is the holder, and leads", async () => {
  const standby = await answering(200, { ...leader, identity: "b", isLeader: false });
  const holder = await answering(200, leader);
  expect(await findHolder([standby, holder], "a", 1_000)).toBe(holder);
});

it("is nobody who is somebody else, or says that it leads no more", async () => {
  const other = await answering(200, { ...leader, identity: "b" });
  await expect(findHolder([other], "a", 1_000)).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringMatching(/at none of these addresses: http:.* is b$/),
  });
  const former = await answering(200, { ...leader, isLeader: false });
  await expect(findHolder([former], "a", 1_000)).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining("leads no more"),
  });
});

it("is no page of something else, and no redirection is followed", async () => {
  for (const [status, body, headers] of [
    [200, { identity: 1, isLeader: "yes" }, {}],
    [404, {}, {}],
  ] as const) {
    const strange = await answering(status, body, headers);
    await expect(findHolder([strange], "a", 1_000)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining("is not the health port of a candidate"),
    });
  }
  const elsewhere = await answering(302, {}, { location: "http://127.0.0.1:1/leader" });
  await expect(findHolder([elsewhere], "a", 1_000)).rejects.toMatchObject({ exitCode: 3 });
});

it("takes http and https addresses only, without credentials", () => {
  for (const text of ["", "a:8080", "ftp://a", "http://u:canary@a", "http://a?x", "http://a#x"]) {
    expect(() => new HealthAddress(text)).toThrow(expect.objectContaining({ exitCode: 2 }));
  }
  expect(new HealthAddress("https://a/replica-1/").url).toBe("https://a/replica-1");
});
