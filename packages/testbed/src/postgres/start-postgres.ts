import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Client, type QueryResultRow } from "pg";
import { clockOffset } from "../clock-offset.ts";
import { freePort } from "../free-port.ts";
import { needProgram } from "../obtain/find-program.ts";
import type { FoundProgram } from "../obtain/program-version.ts";
import { pollUntil } from "../poll.ts";
import type { ServerControl } from "../server-control.ts";
import { assertVersion, logTail, startOnFreePort } from "../server-process.ts";
import { startOwned } from "../start-owned.ts";
import type { Supervisor } from "../start-supervisor.ts";
import { SupervisedServer } from "../supervised-server.ts";
import type { ServerCommand } from "../supervisor-protocol.ts";
import { type ServerUser, serverUser } from "./server-user.ts";
import { usableBy } from "./usable-by.ts";

const USER = "tenure";
const DATABASE = "postgres";
const INITDB_TIMEOUT_MS = 60_000;

/** How {@link startPostgres} starts it. */
export interface StartPostgresOptions {
  /** Raw arguments after ours, e.g. `["-c", "max_connections=10"]`. */
  readonly config?: readonly string[] | undefined;
  /** Its wall clock is that far off; needs `"faketime"`. @defaultValue 0 */
  readonly clockOffsetSeconds?: number | undefined;
}

/**
 * A PostgreSQL, and the process that owns it: disposing ends both and removes the data. `stop` does not wait for
 * clients, and `kill` is PostgreSQL's immediate shutdown, after which it recovers from its log.
 */
export interface PostgresServer extends ServerControl, AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** A superuser. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `postgres://…` with the password. */
  readonly url: string;
  /** e.g. `"15.18"`, as the server says. */
  readonly version: string;
  /** Runs one statement on a connection of its own and returns the rows. */
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/**
 * Starts a PostgreSQL on a free loopback port, with a fresh data folder; as another user where we are root.
 * @throws Error that says what is missing and how to get it, or what the server said when it did not start.
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const found = await needProgram("postgres");
  return await startOwned(async (supervisor) => {
    const user = serverUser(["postgres", "nobody"]);
    // Others may pass through, and see nothing.
    if (user !== undefined) chmodSync(supervisor.dataDir, 0o711);
    const env = await clockOffset(options.clockOffsetSeconds, supervisor.dataDir);
    const program = usableBy(user, found, supervisor.dataDir);
    const password = randomUUID();
    const folder = await initialize(supervisor, program, user, password);
    return await startOnFreePort(supervisor, "postgres", freePort, async (port) => {
      const url = `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
      const query = queryAt(url);
      const command = postgresCommand(program, { ...program.env, ...env }, user, folder, port, options);
      const server = new SupervisedServer(supervisor, command, async () => {
        // Ours, not another that was quicker to take the port.
        const [row] = await query<{ readonly data_directory: string }>("SHOW data_directory");
        return row?.data_directory === folder;
      });
      await server.start();
      const [row] = await query<{ readonly server_version: string }>("SHOW server_version");
      assertVersion("postgres", row?.server_version.split(" ")[0] ?? "nothing", program.version);
      return Object.assign(server, {
        ...{ host: "127.0.0.1", port, user: USER, password, database: DATABASE },
        ...{ url, version: program.version, query },
      });
    });
  });
}

/** Makes a data folder, and returns its path. */
async function initialize(
  supervisor: Supervisor,
  program: FoundProgram,
  user: ServerUser | undefined,
  password: string,
): Promise<string> {
  const folder = join(supervisor.dataDir, "postgres");
  const passwordPath = join(supervisor.dataDir, "postgres.password");
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(passwordPath, password, { mode: 0o600 });
  if (user !== undefined) for (const path of [folder, passwordPath]) chownSync(path, user.uid, user.gid);
  const args = [
    ...["--pgdata", folder, "--username", USER, "--pwfile", passwordPath, "--auth", "scram-sha-256"],
    ...["--encoding", "UTF8", "--locale", "C", "--no-sync"],
  ];
  // By the supervisor, so that it ends with the rest; not in a clock's offset, which it has no use for.
  const path = join(dirname(program.path), "initdb");
  await supervisor.start({ name: "initdb", path, args, env: { ...program.env, TZ: "GMT" }, user });
  const how = await pollUntil(() => supervisor.exit("initdb"), {
    what: "initdb to end",
    timeoutMs: INITDB_TIMEOUT_MS,
  });
  if (how !== "exit code 0" || !existsSync(join(folder, "PG_VERSION"))) {
    throw new Error(`initdb ended (${how}):\n${logTail(supervisor, "initdb")}`);
  }
  return folder;
}

function postgresCommand(
  program: FoundProgram,
  env: Readonly<Record<string, string>>,
  user: ServerUser | undefined,
  folder: string,
  port: number,
  { config = [] }: StartPostgresOptions,
): ServerCommand {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    fsync: "off", // our crashes are those of the process: what it wrote, the kernel has
    shared_buffers: "16MB",
    dynamic_shared_memory_type: "mmap", // in the data folder, where nothing is left behind
    timezone: "GMT",
    log_timezone: "GMT",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return {
    name: "postgres",
    path: program.path,
    args: ["-D", folder, ...flags, ...config],
    env: { ...env, TZ: "GMT" },
    user,
    stopSignal: "SIGINT",
    killSignal: "SIGQUIT", // SIGKILL would leave a segment of shared memory
  };
}

function queryAt(url: string): PostgresServer["query"] {
  return async <Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> => {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
    });
    client.on("error", () => {}); // the query that it cuts off rejects
    try {
      await client.connect();
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end().catch(() => {}); // it may never have been connected
    }
  };
}
