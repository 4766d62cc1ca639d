import { freePort } from "../free-port.ts";
import { needProgram } from "../obtain/find-program.ts";
import { startSupervisor } from "../start-supervisor.ts";
import { writeTlsFiles } from "../tls-files.ts";
import { RedisNode } from "./redis-node.ts";

/** Which Redis to start. */
export interface RedisProgramOptions {
  /** @defaultValue "redis" */
  readonly server?: "redis" | "redis-6.2" | "valkey" | undefined;
  /** Raw arguments after ours, e.g. `["--maxmemory", "1mb"]`. */
  readonly config?: readonly string[] | undefined;
  /** `"aof"` writes every command to disk before it is answered. @defaultValue "none" */
  readonly persistence?: "none" | "aof" | undefined;
  /** Of the default user. @defaultValue none */
  readonly password?: string | undefined;
}

/** How {@link startRedis} starts it. */
export interface StartRedisOptions extends RedisProgramOptions {
  /** Only with `"redis"`: the other two are built without TLS. @defaultValue false */
  readonly tls?: boolean | undefined;
  /** With `tls`: whether clients need a certificate. @defaultValue false */
  readonly clientCertificates?: boolean | undefined;
}

/** A Redis, and the process that owns it: disposing ends both and removes the data. */
export type RedisServer = RedisNode & AsyncDisposable;

/**
 * Starts a Redis (or Valkey) on a free loopback port, with an empty data folder that goes away with it.
 * @throws Error that says what is missing and how to get it, or what the server said when it did not start.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const { server = "redis", tls = false, clientCertificates, config, persistence, password } = options;
  if (tls && server !== "redis") throw new Error(`Expected server "redis" with TLS, got "${server}"`);
  const program = await needProgram(server);
  const supervisor = await startSupervisor();
  try {
    const node = await RedisNode.launch(supervisor, freePort, {
      name: "redis",
      program,
      config,
      persistence,
      password,
      tls: tls ? writeTlsFiles(supervisor.dataDir) : undefined,
      clientCertificates,
    });
    return Object.assign(node, { [Symbol.asyncDispose]: () => supervisor.stop() });
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}
