/** Starts the store that its first argument names, says where, and waits to be killed. Run by interruption.test.ts. */
import { readlinkSync } from "node:fs";
import { type ServerControl, startEtcdServers, startPostgres, startRedis } from "../src/index.ts";

const [store] = process.argv.slice(2);
const servers: readonly ServerControl[] =
  store === "redis"
    ? [await startRedis({ persistence: "aof" })]
    : store === "postgres"
      ? [await startPostgres()]
      : (await startEtcdServers({ version: "3.6", members: 3 })).members;
const pids = servers.map(({ pid }) => pid);
const dataDir = /^.*tenure-testbed-[^/]+/.exec(readlinkSync(`/proc/${pids[0]}/cwd`))?.[0];
if (process.argv.includes("--paused")) for (const server of servers) await server.pause();
process.stdout.write(`${JSON.stringify({ dataDir, pids })}\n`);
setInterval(() => {}, 60_000);
