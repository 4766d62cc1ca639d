import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type LeaseServer, startLeaseServer } from "@tenure/lease-server";
import { type PollOptions, pollUntil } from "@tenure/testbed";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BoardContent } from "../board.ts";

interface Replica {
  readonly child: ChildProcess;
  readonly url: string;
}

let folder: string;
let server: LeaseServer;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenure-http-service-"));
  server = await startLeaseServer({ port: 0 });
  await writeFile(join(folder, "kubeconfig"), server.kubeconfigText());
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function startReplica(name: string): Promise<Replica> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("../main.ts", import.meta.url))], {
    env: {
      ...process.env,
      POD_NAME: name,
      PORT: "0",
      BOARD_FILE: join(folder, "board.json"),
      KUBECONFIG: join(folder, "kubeconfig"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, url: `http://127.0.0.1:${/port (\d+)$/.exec(line)?.[1]}` };
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

const patience = (what: string): PollOptions => ({ what, timeoutMs: 60_000 });
const board = (replica: Replica) => get<BoardContent & { servedBy: string }>(`${replica.url}/`);
const isLeader = async (replica: Replica) =>
  (await get<{ isLeader: boolean }>(`${replica.url}/leader`)).isLeader;

describe("an HTTP service whose background work is elected", () => {
  it("serves from every replica, while one of them edits", async () => {
    const replicas = await Promise.all([startReplica("one"), startReplica("two")]);
    await pollUntil(async () => (await board(replicas[0])).edition >= 3, patience("an edition"));

    const boards = await Promise.all(replicas.map(board));
    expect(new Set(boards.map(({ servedBy }) => servedBy)).size).toBe(2);
    expect(new Set(boards.map(({ writtenBy }) => writtenBy)).size).toBe(1);
    expect((await Promise.all(replicas.map(isLeader))).toSorted()).toEqual([false, true]);
  });

  it("goes on serving and editing when the editor is killed, with a larger fencing token", async () => {
    const replicas = await Promise.all([startReplica("one"), startReplica("two")]);
    await pollUntil(async () => (await board(replicas[0])).edition >= 1, patience("an edition"));
    const [editor, standby] = (await isLeader(replicas[0])) ? replicas : replicas.toReversed();
    if (editor === undefined || standby === undefined) throw new Error("There are two replicas");
    const before = await board(standby);

    editor.child.kill("SIGKILL");
    // Every request on the way is answered: `board` asserts it.
    await pollUntil(
      async () => (await board(standby)).writtenBy !== before.writtenBy,
      patience("another editor"),
    );
    const after = await board(standby);
    expect(after.edition).toBeGreaterThanOrEqual(before.edition);
    expect(BigInt(after.fencingToken)).toBeGreaterThan(BigInt(before.fencingToken));
  });

  it("serves before it leads, and while the lock's store is away", async () => {
    await server.close();
    const replica = await startReplica("one");
    expect(await board(replica)).toMatchObject({ edition: 0, writtenBy: null });
    expect(await isLeader(replica)).toBe(false);
    expect((await fetch(`${replica.url}/readyz`)).status).toBe(200);
  });
});
