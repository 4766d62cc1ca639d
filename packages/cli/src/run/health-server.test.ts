import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import type { LeaderStatus } from "./command-run.ts";
import { type HealthServer, startHealthServer } from "./health-server.ts";

const STATUS: LeaderStatus = {
  identity: "pod-1",
  isLeader: true,
  token: "9007199254740993",
  since: "2026-11-26T08:00:00.000Z",
  lock: "k8s://default/worker",
  leader: "pod-1",
};

let server: HealthServer | undefined;

afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
});

async function serve({
  token = undefined as string | undefined,
  ready = true,
  trouble = undefined as string | undefined,
  leads = true,
} = {}) {
  const steps: string[] = [];
  const health = { status: STATUS, ready, trouble, stepDown: () => steps.push("step-down") > 0 && leads };
  server = await startHealthServer(health, { host: "127.0.0.1", port: 0, stepDownToken: token });
  const { url } = server;
  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, { method, headers });
    return { status: response.status, body: await response.text() };
  };
  return { ask, steps };
}

it("tells who leads, with the token as a string", async () => {
  const { ask } = await serve();
  const { status, body } = await ask("GET", "/leader");
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual(STATUS);
});

it("is alive and ready, or says why not", async () => {
  const well = await serve();
  expect(await well.ask("GET", "/healthz")).toEqual({ status: 200, body: "ok\n" });
  expect(await well.ask("GET", "/readyz?verbose")).toEqual({ status: 200, body: "ok\n" });
  await server?.[Symbol.asyncDispose]();
  const ill = await serve({ ready: false, trouble: "the command outlived SIGKILL" });
  expect(await ill.ask("GET", "/healthz")).toEqual({ status: 503, body: "the command outlived SIGKILL\n" });
  expect((await ill.ask("GET", "/readyz")).status).toBe(503);
});

it("steps down for whoever shows the token, and for nobody else", async () => {
  const { ask, steps } = await serve({ token: "s3cret" });
  for (const headers of [{}, { authorization: "s3cret" }, { authorization: "Bearer s3cre" }]) {
    expect((await ask("POST", "/step-down", headers)).status).toBe(401);
  }
  expect((await ask("GET", "/step-down", { authorization: "Bearer s3cret" })).status).toBe(405);
  expect(steps).toEqual([]);
  const { status, body } = await ask("POST", "/step-down", { authorization: "Bearer s3cret" });
  expect(status).toBe(202);
  expect(JSON.parse(body)).toMatchObject({ identity: "pod-1" });
  expect(steps).toEqual(["step-down"]);
});

it("answers 409 where it does not lead, and 404 where stepping down is switched off", async () => {
  const standby = await serve({ token: "s3cret", leads: false });
  expect((await standby.ask("POST", "/step-down", { authorization: "Bearer s3cret" })).status).toBe(409);
  await server?.[Symbol.asyncDispose]();
  const off = await serve();
  expect((await off.ask("POST", "/step-down", { authorization: "Bearer s3cret" })).status).toBe(404);
  expect(off.steps).toEqual([]);
});

it("knows no other path and no other method", async () => {
  const { ask } = await serve();
  expect((await ask("GET", "/")).status).toBe(404);
  expect((await ask("DELETE", "/leader")).status).toBe(405);
});

it("rejects when the port is taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  const health = { status: STATUS, ready: true, trouble: undefined, stepDown: () => false };
  await expect(
    startHealthServer(health, { host: "127.0.0.1", port, stepDownToken: undefined }),
  ).rejects.toMatchObject({ code: "EADDRINUSE" });
  other.close();
});
