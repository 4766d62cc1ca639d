import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EtcdServers, type RedisServer, startEtcdServers, startRedis } from "@tenure/testbed";
import { describeWith, describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { Replica } from "./replica.fixture.ts";
import { expectToMatch, schema } from "./schemas.fixture.ts";
import { expectFailure, RunningTenure, tenure, tenureJson } from "./tenure.fixture.ts";

interface StatusDocument {
  readonly state: string;
  readonly holder: string | null;
  readonly token: string | null;
  readonly renewedAgoMs: number | null;
  readonly expiresInMs: number | null;
  readonly leaseDurationMs: number | null;
  readonly transitions: number | null;
  readonly clock: { readonly source: string };
}

interface WatchDocument {
  readonly event: string;
  readonly holder: string | null;
  readonly token: string | null;
}

/** Where a test's lock is, and how to get there. */
interface Place {
  readonly url: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock: "store" | "this machine";
}

const folder = mkdtempSync(join(tmpdir(), "tenure-looking-"));
const TOKEN = join(folder, "token");
writeFileSync(TOKEN, "canary-token\n");
afterAll(() => rmSync(folder, { recursive: true }));

const replicas: Replica[] = [];
afterEach(async () => {
  for (const replica of replicas.splice(0)) await replica.destroy();
});

async function lead({ url, env }: Place, identity: string, ...options: string[]): Promise<Replica> {
  const health = ["--health-port", "0", "--step-down-token-file", TOKEN];
  const replica = new Replica({
    lock: url,
    identity,
    command: ["sleep", "1000"],
    options: ["--restart", ...health, ...options],
    env,
  });
  replicas.push(replica);
  await replica.waitFor("newLeader");
  return replica;
}

const healthUrl = async (replica: Replica): Promise<string> => (await replica.waitFor("healthServer")).url;

function testLooking(place: () => Promise<Place>): void {
  it("shows who leads, and 1 when nobody does", async () => {
    const here = await place();
    const status = () => tenureJson<StatusDocument>("status", ["status", here.url], here.env);
    expect(await status()).toMatchObject({
      exit: 1,
      document: { state: "absent", holder: null, token: null, transitions: null },
    });
    const leader = await lead(here, "pod-1", "--lease-duration", "10s");
    const term = await leader.waitFor("startedLeading");
    const { exit, document } = await status();
    expect(exit).toBe(0);
    expect(document).toMatchObject({
      state: "held",
      holder: "pod-1",
      leaseDurationMs: 10_000,
      transitions: 0,
    });
    expect(document.clock.source).toBe(here.clock);
    expect(BigInt(document.token ?? 0)).toBeGreaterThanOrEqual(BigInt(term.token));
    expect(Number(document.expiresInMs) + Number(document.renewedAgoMs)).toBe(10_000);
    const text = await tenure(["status", here.url], here.env);
    expect(text.stdout).toMatch(
      /Holder +pod-1\n +Renewed +.* ago, by .* clock and the holder's own\n +Expires +in /,
    );

    leader.signal("SIGTERM");
    await leader.exited;
    expect(await status()).toMatchObject({ exit: 1, document: { state: "free", holder: null } });
  });

  it("follows terms as they come and go, line by line, and ends with 0 on SIGINT", async () => {
    const here = await place();
    await using watch = new RunningTenure(["watch", here.url, "--json"], here.env);
    await watch.waitForStdout(1);
    const leader = await lead(here, "pod-1");
    await watch.waitForStdout(3);
    leader.signal("SIGTERM");
    await leader.exited;
    const last = () => watch.documents<WatchDocument>().at(-1);
    await expect.poll(() => last()?.event, { timeout: 20_000 }).toBe("released");
    const { exit, stderr } = await watch.interrupt();
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    const documents = watch.documents<WatchDocument>();
    const validate = schema("watch-event");
    for (const document of documents) expectToMatch(validate, document);
    const kinds = documents.map(({ event }) => event);
    expect(kinds.slice(0, 2)).toEqual(["seen", "acquired"]);
    expect(new Set(kinds.slice(2, -1))).toEqual(new Set(["renewed"]));
    const tokens = documents.slice(1).map(({ token }) => BigInt(token ?? 0));
    expect(tokens).toEqual(tokens.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it("says that a lease expired when it stood unchanged, and ends by itself with --count or --for", async () => {
    const here = await place();
    const times = ["--lease-duration", "4s", "--renew-deadline", "2500ms", "--retry-period", "1s"];
    const leader = await lead(here, "pod-1", ...times);
    const watching = tenure(["watch", here.url, "--terms", "--count", "2", "--json"], here.env);
    await leader.destroy();
    const { exit, stdout } = await watching;
    expect(exit).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(["seen", "expired"]);
    const after = await tenure(["watch", here.url, "--for", "1s"], here.env);
    expect(after).toMatchObject({ exit: 0, stderr: "" });
    expect(after.stdout).toMatch(/^\S+ seen +holder pod-1, token \d+, lease 4s, transitions 0\n$/);
  });

  it("asks the holder to step down, and nobody else", async () => {
    const here = await place();
    const [first, second] = [await lead(here, "pod-1"), await lead(here, "pod-2")];
    const at = async (...asked: Replica[]) =>
      (await Promise.all(asked.map(healthUrl))).flatMap((url) => ["--at", url]);
    const token = ["--token-file", TOKEN];
    const step = ["step-down", here.url];
    const refused = { env: here.env };
    await expectFailure(step, { ...refused, exit: 1, says: /held by pod-1: give --at .* --health-port/ });
    await expectFailure([...step, ...(await at(first))], { ...refused, exit: 2, says: /--token-file/ });
    await expectFailure([...step, ...(await at(second)), ...token], {
      ...refused,
      exit: 1,
      says: /The holder, pod-1, is at none of these addresses: http:.* is pod-2/,
    });
    const wrong = { ...here.env, TENURE_STEP_DOWN_TOKEN: "canary-2" };
    await expectFailure([...step, ...(await at(first))], { env: wrong, exit: 4, says: /does not accept/ });
    expect(first.count("stoppedLeading")).toBe(0);

    const both = await at(second, first);
    const { exit, document } = await tenureJson("step-down", [...step, ...both, ...token], here.env);
    expect(exit).toBe(0);
    expect(document).toMatchObject({ from: "pod-1", holder: "pod-2", outcome: "handed-over" });
    expect(await first.waitFor("stoppedLeading")).toMatchObject({ reason: "stepped-down" });
    // The word of a holder that is alone: it leads again.
    await first.destroy();
    const alone = await tenure([...step, ...(await at(second)), ...token], here.env);
    expect(alone).toMatchObject({ exit: 0, stderr: "" });
    expect(alone.stdout).toMatch(/^pod-2 stepped down, and leads again/);
  });
}

describeWithServers("looking at a lock of a real apiserver", (testbed) => {
  const env = { KUBECONFIG: testbed.adminKubeconfigPath };
  testLooking(async () => {
    const namespace = await testbed.createNamespace("looking");
    return { url: `k8s://${namespace}/app`, env, clock: "store" };
  });

  it("lists the leases of a namespace, or of all", async () => {
    const namespace = await testbed.createNamespace("looking");
    const list = (...args: string[]) =>
      tenureJson<{ readonly locks: readonly StatusDocument[] }>("ls", ["ls", ...args], env);
    const none = await tenure(["ls", `k8s://${namespace}`], env);
    expect(none).toEqual({ exit: 0, stdout: "", stderr: "No leases found.\n" });
    await lead({ url: `k8s://${namespace}/b`, env, clock: "store" }, "pod-1");
    // As `kubectl create` makes it: without a spec.
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    await testbed.requestOk("POST", leases, { metadata: { name: "a" } });
    const { document } = await list(`k8s://${namespace}`);
    expect(document.locks).toMatchObject([
      { namespace, name: "a", state: "free", holder: null, renewedAgoMs: null, transitions: 0 },
      { namespace, name: "b", state: "held", holder: "pod-1" },
    ]);
    const all = (await list("k8s://", "--all")).document.locks;
    expect(all).toEqual(expect.arrayContaining([expect.objectContaining({ namespace, name: "b" })]));
    const table = (await tenure(["ls", `k8s://${namespace}`], env)).stdout.split("\n");
    expect(table[0]).toMatch(/^NAME +HOLDER +RENEWED +EXPIRES +TRANSITIONS$/);
    expect(table[1]).toMatch(/^a +\(free\) +- +- +0$/);
    expect(table[2]).toMatch(/^b +pod-1 +.* ago +in .*s +0$/);
  });
});

await describeWith("redis", "looking at a lock of a real Redis", () => {
  let server: RedisServer;
  let count = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  testLooking(async () => ({ url: `redis://127.0.0.1:${server.port}/2/app-${count++}`, clock: "store" }));
});

await describeWith("etcd-3.6", "looking at a lock of a real etcd", () => {
  let servers: EtcdServers;
  let count = 0;
  beforeAll(async () => {
    servers = await startEtcdServers({ version: "3.6" });
  });
  afterAll(() => servers?.[Symbol.asyncDispose]());
  testLooking(async () => ({
    url: `etcd://${servers.endpoints[0]}/team/app-${count++}?prefix=/elections/`,
    clock: "this machine",
  }));
});
