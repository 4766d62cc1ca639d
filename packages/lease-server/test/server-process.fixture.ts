import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { LeaseServerOptions } from "@tenure/lease-server";
import { onTestFinished } from "vitest";

const PROGRAM = fileURLToPath(new URL("./lease-server.fixture.ts", import.meta.url));

/** A lease-server that can be killed. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** Its URL, or the error that kept it from starting. */
  readonly said: string;
  /** As `kill -9` does it; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts one; resolves once it answers, or has failed to start. */
export async function startServerProcess(options: LeaseServerOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const closed = once(child, "close");
  const [said] = await once(createInterface({ input: child.stdout }), "line");
  return {
    child,
    said: String(said),
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}
