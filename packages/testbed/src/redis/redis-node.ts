import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { FoundProgram } from "../obtain/program-version.ts";
import type { ServerControl } from "../server-control.ts";
import { assertVersion, type PickPort, startOnFreePort } from "../server-process.ts";
import type { Supervisor } from "../start-supervisor.ts";
import { SupervisedServer } from "../supervised-server.ts";
import type { TlsFiles } from "../tls-files.ts";
import { type RedisAddress, redisCommand } from "./redis-command.ts";
import { parseInfo } from "./redis-info.ts";
import type { RedisReply } from "./resp.ts";

/** How one Redis process is started. */
export interface RedisNodeOptions {
  /** Names it among those of its supervisor. */
  readonly name: string;
  readonly program: FoundProgram;
  /** Raw arguments after ours, e.g. `["--replicaof", "127.0.0.1 20001"]`; a function gets the port. */
  readonly config?: readonly string[] | ((port: number) => Promise<readonly string[]>) | undefined;
  readonly persistence?: "none" | "aof" | undefined;
  readonly password?: string | undefined;
  readonly tls?: TlsFiles | undefined;
  readonly clientCertificates?: boolean | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** One Redis, Valkey or Sentinel process on a loopback port. */
export class RedisNode implements ServerControl {
  readonly host = "127.0.0.1";
  readonly port: number;
  /** `redis://…` or `rediss://…`, with the password if there is one. */
  readonly url: string;
  /** As the server says; Valkey's own version, not that of the Redis it resembles. */
  readonly version: string;
  /** The CA's certificate, PEM, with TLS. */
  readonly ca: string | undefined;
  readonly caPath: string | undefined;
  /** With TLS: what clients show where client certificates are asked for. */
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
  readonly #server: SupervisedServer;
  readonly #address: RedisAddress;

  private constructor(
    port: number,
    { program, tls, password }: RedisNodeOptions,
    makeServer: (node: RedisNode) => SupervisedServer,
  ) {
    this.port = port;
    const credentials = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
    this.url = `${tls === undefined ? "redis" : "rediss"}://${credentials}${this.host}:${port}`;
    this.version = program.version;
    this.ca = tls?.ca;
    this.caPath = tls?.caPath;
    this.clientCert = tls?.clientCert;
    this.clientKey = tls?.clientKey;
    const clientTls = tls && { ca: tls.ca, cert: tls.clientCert, key: tls.clientKey };
    this.#address = { host: this.host, port, password, tls: clientTls };
    this.#server = makeServer(this);
  }

  /** Starts one on a free port; resolves once it serves and says that it is the wanted version. */
  static async launch(
    supervisor: Supervisor,
    pickPort: PickPort,
    options: RedisNodeOptions,
    mode: "server" | "sentinel" = "server",
  ): Promise<RedisNode> {
    const { name, program } = options;
    return await startOnFreePort(supervisor, name, pickPort, async (port) => {
      const args = await redisArgs(supervisor.dataDir, port, options, mode);
      const env = { ...program.env, ...options.env };
      const command = { name, path: program.path, args, env };
      const node = new RedisNode(
        port,
        options,
        (self) => new SupervisedServer(supervisor, command, () => self.#isReady()),
      );
      await node.start();
      const info = await node.info("server");
      assertVersion(
        name,
        info.get("valkey_version") ?? info.get("redis_version") ?? "nothing",
        program.version,
      );
      return node;
    });
  }

  /** Sends a command on a connection of its own. @throws RedisReplyError when the reply is an error. */
  async command(...args: readonly (string | number)[]): Promise<RedisReply> {
    return await redisCommand(this.#address, args);
  }

  /** The fields of a section of INFO. */
  async info(section: string): Promise<ReadonlyMap<string, string>> {
    return parseInfo(String(await this.command("INFO", section)));
  }

  /** Ours, not another that was quicker to take the port; and done with loading its file. */
  async #isReady(): Promise<boolean> {
    const isOurs = (await this.info("server")).get("process_id") === String(this.pid);
    return isOurs && ((await this.info("persistence")).get("loading") ?? "0") === "0";
  }

  get pid(): number | undefined {
    return this.#server.pid;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async kill(): Promise<void> {
    await this.#server.kill();
  }

  async start(): Promise<void> {
    await this.#server.start();
  }

  async restart(): Promise<void> {
    await this.#server.restart();
  }

  async pause(): Promise<void> {
    await this.#server.pause();
  }

  async resume(): Promise<void> {
    await this.#server.resume();
  }
}

async function redisArgs(
  dataDir: string,
  port: number,
  { name, config = [], persistence = "none", password, tls, clientCertificates = false }: RedisNodeOptions,
  mode: "server" | "sentinel",
): Promise<string[]> {
  const folder = join(dataDir, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ports =
    tls === undefined
      ? ["--port", String(port)]
      : [
          ...["--port", "0", "--tls-port", String(port)],
          ...["--tls-cert-file", tls.serverCertPath, "--tls-key-file", tls.serverKeyPath],
          ...["--tls-ca-cert-file", tls.caPath, "--tls-auth-clients", clientCertificates ? "yes" : "no"],
          ...["--tls-replication", "yes"],
        ];
  const storage =
    mode === "sentinel" ? [] : ["--save", "", "--appendonly", persistence === "aof" ? "yes" : "no"];
  // An acknowledged write is on disk, as the tests that kill it need.
  const durable = mode === "server" && persistence === "aof" ? ["--appendfsync", "always"] : [];
  const auth = password === undefined ? [] : ["--requirepass", password, "--masterauth", password];
  const more = typeof config === "function" ? await config(port) : config;
  return ["--bind", "127.0.0.1", ...ports, "--dir", folder, ...storage, ...durable, ...auth, ...more];
}
