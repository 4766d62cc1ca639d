import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { ask, LEASES, leaseBody, started, watch } from "../client.fixture.ts";

describe("a request", () => {
  it("makes a namespace that is not there, unless that is to be as strict as the real server", async () => {
    const elsewhere = LEASES.replace("default", "elsewhere");
    const { server } = await started();
    expect((await ask(server, "POST", elsewhere, leaseBody("a"))).status).toBe(201);
    expect((await ask(server, "GET", "/api/v1/namespaces/elsewhere")).status).toBe(200);
    const { server: strict } = await started({ strictNamespaces: true });
    expect(await ask(strict, "POST", elsewhere, leaseBody("a"))).toMatchObject({
      status: 404,
      body: { message: 'namespaces "elsewhere" not found' },
    });
  });

  it("makes no namespace in a dry run, nor with a name that none can have", async () => {
    const { server } = await started();
    await ask(server, "POST", `${LEASES.replace("default", "elsewhere")}?dryRun=All`, leaseBody("a"));
    expect((await ask(server, "GET", "/api/v1/namespaces/elsewhere")).status).toBe(404);
    expect((await ask(server, "POST", LEASES.replace("default", "No_Name"), leaseBody("a"))).status).toBe(
      422,
    );
  });

  it("takes its Leases along when a namespace is deleted", async () => {
    const { server } = await started();
    const elsewhere = LEASES.replace("default", "elsewhere");
    await ask(server, "POST", elsewhere, leaseBody("a"));
    const watching = await watch(server, `${elsewhere}?watch=1`);
    expect(await watching.next()).toBe("ADDED a");
    expect((await ask(server, "DELETE", "/api/v1/namespaces/elsewhere")).body.status.phase).toBe(
      "Terminating",
    );
    expect(await watching.next()).toBe("DELETED a");
    expect((await ask(server, "GET", elsewhere)).body.items).toEqual([]);
  });

  it("that is too large is told so", async () => {
    const { server } = await started();
    const body = leaseBody("a", "x", { annotations: { large: "x".repeat(3 * 1024 * 1024) } });
    expect(await ask(server, "POST", LEASES, body)).toMatchObject({
      status: 413,
      body: { reason: "RequestEntityTooLarge" },
    });
  });

  it("that is no HTTP, or has a method that there is not, is answered and its connection ended", async () => {
    const { server } = await started();
    expect(await raw(server.port, "GET / GARBAGE\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    const nonsense = await raw(server.port, `NONSENSE ${LEASES} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(nonsense).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/);
    expect(nonsense).toContain('"reason":"MethodNotAllowed"');
    expect(await raw(server.port, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect((await ask(server, "GET", "/readyz")).status).toBe(200);
  });

  it("needs its token where there are tokens, and is told what it lacks", async () => {
    const { server } = await started({
      tokens: [
        { token: "t", user: "worker", rules: [{ verbs: ["get"] }] },
        { token: "m", user: "master", groups: ["system:masters"] },
      ],
    });
    const as = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
    expect((await ask(server, "GET", LEASES)).body.message).toContain('User "system:anonymous" cannot list');
    expect((await ask(server, "GET", LEASES, undefined, as("other"))).status).toBe(401);
    expect((await ask(server, "GET", LEASES, undefined, as("t"))).status).toBe(403);
    expect((await ask(server, "GET", `${LEASES}/a`, undefined, as("t"))).status).toBe(404);
    expect((await ask(server, "GET", "/readyz")).status).toBe(200);
    expect((await ask(server, "GET", "/apis")).status).toBe(403);
    expect((await ask(server, "GET", "/apis", undefined, as("t"))).status).toBe(200);
    expect((await ask(server, "POST", "/-/faults", { rules: [] }, as("t"))).status).toBe(403);
    expect((await ask(server, "POST", "/-/faults", { rules: [] }, as("m"))).status).toBe(200);
  });

  it("may ask what it may do, of resources and of paths", async () => {
    const { server } = await started({
      tokens: [{ token: "t", user: "worker", rules: [{ verbs: ["get"] }] }],
    });
    const may = async (spec: object): Promise<boolean> => {
      const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
      const answered = await ask(server, "POST", path, { spec }, { authorization: "Bearer t" });
      expect(answered.status).toBe(201);
      return answered.body.status.allowed;
    };
    const lease = { group: "coordination.k8s.io", resource: "leases", namespace: "default", name: "a" };
    expect(await may({ resourceAttributes: { ...lease, verb: "get" } })).toBe(true);
    expect(await may({ resourceAttributes: { ...lease, verb: "update" } })).toBe(false);
    expect(await may({ nonResourceAttributes: { path: "/apis", verb: "get" } })).toBe(true);
    expect(await may({ nonResourceAttributes: { path: "/metrics", verb: "get" } })).toBe(false);
  });

  it("is told of with its verb, path, agent and status once it has ended", async () => {
    const { server, served } = await started();
    await ask(server, "PUT", `${LEASES}/a?dryRun=All`, leaseBody("b"), { "user-agent": "test/1" });
    await expect
      .poll(() => served)
      .toEqual([
        { method: "PUT", path: `${LEASES}/a?dryRun=All`, verb: "update", userAgent: "test/1", status: 400 },
      ]);
  });
});

describe("a fault", () => {
  it("is suffered by the request it is for, and what was done stays done", async () => {
    const { server, served } = await started({
      faults: {
        rules: [
          { verbs: ["create"], errorRate: 1, errorStatus: 429, retryAfterSeconds: 7, next: 1 },
          { verbs: ["create"], cutAnswerRate: 1, next: 1 },
          { verbs: ["get"], hangRate: 1, next: 1 },
        ],
      },
    });
    const refused = await ask(server, "POST", LEASES, leaseBody("a"));
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "7"]);
    await expect(ask(server, "POST", LEASES, leaseBody("a"))).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await ask(server, "POST", LEASES, leaseBody("a"))).body.reason).toBe("AlreadyExists");
    const hanging = ask(server, "GET", `${LEASES}/a`);
    expect((await ask(server, "GET", `${LEASES}/a`)).status).toBe(200); // sent second, and the hang was for one
    await server.close();
    await expect(hanging).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(served.at(-1)).toMatchObject({ verb: "get", status: 0 });
  });
});

/** Sends bytes, and gives what comes until the connection ends. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      received += chunk;
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(received));
  });
}
