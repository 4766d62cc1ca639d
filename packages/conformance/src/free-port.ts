import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below the ephemeral ranges of Linux (32768 up) and others (49152 up): while a server is down its port must not be
// handed out as the source port of somebody's connection, nor a client that retries connect to itself.
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;

/** A loopback TCP port that nothing listens on now. It may be taken by the time it is used: callers retry. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isFree(port)) return port;
  }
  throw new Error(`Found no free loopback port between ${FIRST_PORT} and ${LAST_PORT} in 100 tries`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1" }, () => probe.close(() => resolve(true)));
  });
}
