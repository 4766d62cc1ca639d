import { createServer, type Server } from "node:http";
import type { LeaderElector } from "@tenure/core";
import type { Board } from "./board.ts";

/**
 * What every replica does, leader or not: answers.
 *
 * - `GET /` the board, as the elected background work last wrote it.
 * - `GET /readyz` 200 once the board can be read. Leading plays no part: a standby that were "not ready" would get no requests.
 * - `GET /leader` who leads, and whether it is this replica.
 */
export function createService(board: Board, elector: LeaderElector): Server {
  return createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(`${JSON.stringify(body)}\n`);
    };
    switch (`${request.method} ${request.url}`) {
      case "GET /":
        board.read().then(
          (content) => answer(200, { servedBy: elector.identity, ...content }),
          () => answer(503, { error: "The board cannot be read" }),
        );
        return;
      case "GET /readyz":
        board.read().then(
          () => answer(200, { ready: true }),
          () => answer(503, { ready: false }),
        );
        return;
      case "GET /leader":
        answer(200, {
          identity: elector.identity,
          isLeader: elector.isLeading(),
          leader: elector.leader ?? null,
        });
        return;
      default:
        answer(404, { error: "Not found" });
    }
  });
}
