import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { APISERVER_ACTIONS, type ApiserverControl } from "./apiserver-control.ts";
import type { ControlAddress } from "./testbed-description.ts";

/** A control endpoint that is being served. */
export interface ControlServer {
  readonly address: ControlAddress;
  close(): Promise<void>;
}

/** Serves `apiserver` on loopback, so that test workers can take it away: `POST /stop` and so on, answered when done. */
export async function serveControl(apiserver: ApiserverControl): Promise<ControlServer> {
  const token = randomUUID();
  const server = createServer((request, response) => {
    const action = APISERVER_ACTIONS.find((name) => request.url === `/${name}`);
    if (
      request.headers.authorization !== `Bearer ${token}` ||
      request.method !== "POST" ||
      action === undefined
    ) {
      response.writeHead(404).end();
      return;
    }
    apiserver[action]().then(
      () => response.writeHead(204).end(),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, resolve);
  });
  server.unref();
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    address: { url: `http://127.0.0.1:${port}`, token },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The apiserver's control from another process. */
export function connectControl({ url, token }: ControlAddress): ApiserverControl {
  const ask = async (action: keyof ApiserverControl): Promise<void> => {
    const headers = { authorization: `Bearer ${token}`, connection: "close" };
    const answer = await fetch(`${url}/${action}`, { method: "POST", headers });
    if (!answer.ok)
      throw new Error(`Expected the testbed to ${action} its apiserver: ${await answer.text()}`);
  };
  return {
    stop: () => ask("stop"),
    kill: () => ask("kill"),
    start: () => ask("start"),
    pause: () => ask("pause"),
    resume: () => ask("resume"),
  };
}
