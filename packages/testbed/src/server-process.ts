import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pollUntil } from "./poll.ts";
import type { Supervisor } from "./start-supervisor.ts";

const READY_TIMEOUT_MS = 60_000;
const PORT_ATTEMPTS = 5;

/** Chooses a loopback port that is free now. */
export type PickPort = () => Promise<number>;

/**
 * Starts a server on a port, and tries again with another when the server could not have it: somebody was quicker.
 * Several servers that need each other are started as one: `names` are all of them.
 */
export async function startOnFreePort<T>(
  supervisor: Supervisor,
  names: string | readonly string[],
  pickPort: PickPort,
  start: (port: number) => Promise<T>,
): Promise<T> {
  const all = typeof names === "string" ? [names] : names;
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await pickPort());
    } catch (error) {
      const isPortTaken = all.some(
        (name) =>
          supervisor.exit(name) !== undefined && /address already in use/i.test(logTail(supervisor, name)),
      );
      if (!isPortTaken || attempt === PORT_ATTEMPTS) throw error;
      for (const name of all) await supervisor.end(name, 0);
    }
  }
}

/**
 * Polls until `isReady` says so; its errors count as "not yet".
 * @throws Error with the end of the server's log when the server ends, or is not ready within a minute.
 */
export async function waitUntilReady(
  supervisor: Supervisor,
  name: string,
  isReady: () => Promise<boolean>,
): Promise<void> {
  await pollUntil(
    async () => {
      const exit = supervisor.exit(name);
      if (exit !== undefined) throw new Error(`${name} ended (${exit}):\n${logTail(supervisor, name)}`);
      return await isReady().catch(() => false); // refused until it listens
    },
    { what: () => `${name} to be ready:\n${logTail(supervisor, name)}`, timeoutMs: READY_TIMEOUT_MS },
  );
}

/** @throws Error when a server that was started says that it is another version than its executable did. */
export function assertVersion(name: string, said: string, wanted: string): void {
  if (said !== wanted) throw new Error(`Expected the ${name} that was started to say ${wanted}, got ${said}`);
}

function logTail(supervisor: Supervisor, name: string): string {
  return readFileSync(join(supervisor.dataDir, `${name}.log`), "utf8").slice(-3_000);
}
